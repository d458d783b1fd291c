#include "daemon/engine/key_rotation.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "daemon/engine/counted.h"

namespace ntmd::engine {
namespace {

/// What is done when the file in `folder` was read as something else than `head`; empty: it was not.
base::Result<std::string> remedy_of_other(const std::string& folder, const store::DeliveryHead& head,
                                          const base::FileState& state, store::Store& store) {
  const auto ledger = store.ledger(head.source);
  if (!ledger) return std::unexpected(ledger.error());
  const store::LedgerEntry* shown = nullptr;
  for (const auto& entry : *ledger) {
    if (entry.name == head.part && entry.size == state.size && entry.modified_ns == state.modified_ns &&
        entry.changed_ns == state.changed_ns && entry.device == state.device && entry.inode == state.inode)
      shown = &entry;
  }
  if (shown == nullptr || shown->sha256 == head.content_sha256) return std::string();
  std::string is = "a file that was refused";
  std::string accept;
  if (!shown->delivery.empty()) {
    const auto other = store.find_delivery(shown->delivery);
    if (!other) return std::unexpected(other.error());
    is = fmt::format("delivery {}", shown->delivery);
    if (*other) is += fmt::format(" ({})", store::to_string((*other)->standing));
    if (*other && (*other)->standing != store::Standing::in_force)
      accept = fmt::format("ntmd accept {} so that it counts instead, ", shown->delivery);
  }
  return fmt::format(
      "{} in {} is now {}, expected delivery {} to be read again; put its bytes back, {}or take its people out with "
      "ntmd retract {} --reason …",
      head.part, folder, is, head.id, accept, head.id);
}

/// What ends the wait for `head`.
base::Result<std::string> remedy(const SourcePlan& plan, const store::DeliveryHead& head, store::Store& store,
                                 base::Files& files) {
  if (plan.folder) {
    const auto state = files.state(base::Path(plan.folder->dir) / head.part);
    if (!state && state.error().fault == base::Fault::gone) {
      return fmt::format(
          "{} is no longer in {}, expected it there to be read again; put it back, wait for a newer "
          "export, or take its people out with ntmd retract {} --reason …",
          head.part, plan.folder->dir, head.id);
    }
    if (state) {
      auto other = remedy_of_other(plan.folder->dir, head, *state, store);
      if (!other || !other->empty()) return other;
    }
  }
  const auto runs = store.run_rows(plan.id, 1);
  if (!runs) return std::unexpected(runs.error());
  auto text = fmt::format("{} is read again by the next poll; ntmd sync {} polls now", head.part, plan.id);
  if (!runs->empty() && !runs->front().message.empty())
    text +=
        fmt::format(" (its last poll: {}; ntmd runs {} says why)", store::to_string(runs->front().outcome), plan.id);
  return text;
}

/// The snapshots of a source that count on `day`, will later, or would on someone's word.
std::vector<store::DeliveryHead> may_count(const std::vector<store::DeliveryHead>& heads, model::Day day) {
  auto needed = snapshot_in_force(heads, day);
  for (const auto& head : heads) {
    if (head.kind != store::LoadKind::snapshot) continue;
    const bool later = head.standing == store::Standing::in_force && head.dated > day;
    if (later || head.standing == store::Standing::held) needed.push_back(head);
  }
  return needed;
}

/// Sources that were taken out of the configuration count again when they come back.
base::Status wait_for_others(const Setup& setup, store::Store& store, const std::vector<model::Revision>& lacking,
                             model::Day day, KeyRotation& rotation) {
  if (lacking.empty()) return {};
  auto heads = store.deliveries();
  if (!heads) return std::unexpected(heads.error());
  std::map<std::string, std::vector<store::DeliveryHead>> by_source;
  for (auto& head : *heads) by_source[head.source].push_back(std::move(head));
  for (const auto& plan : setup.plans) by_source.erase(plan->id);
  for (const auto& [source, all] : by_source) {
    for (const auto& head : may_count(all, day)) {
      if (!std::ranges::binary_search(lacking, head.revision)) continue;
      rotation.waits.push_back({source, head.id, head.part,
                                fmt::format("the source is not configured, expected it to be read again; put it back, "
                                            "or take its people out with ntmd retract {} --reason …",
                                            head.id)});
    }
  }
  return {};
}

}  // namespace

bool counts_people(const SourcePlan& plan) {
  const auto* snapshot = std::get_if<connectors::SnapshotLoad>(&plan.records->load);
  return snapshot != nullptr && std::ranges::any_of(snapshot->derive, &connectors::Derive::secret);
}

base::Result<KeyRotation> key_rotation(const Setup& setup, store::Store& store, base::Files& files, model::Day day) {
  KeyRotation rotation;
  auto keys = store.person_keys();
  if (!keys) return base::fail_within("person key", keys);
  for (auto& key : *keys) {
    if (key.state == store::KeyState::in_force)
      rotation.in_force = std::move(key);
    else if (key.state == store::KeyState::incoming)
      rotation.incoming = std::move(key);
  }
  if (!rotation.incoming) return rotation;
  const auto lacking = store.without_incoming_key();
  if (!lacking) return base::fail_within("person key", lacking);
  for (const auto& plan : setup.plans) {
    if (!counts_people(*plan)) continue;
    const auto heads = store.deliveries(plan->id);
    if (!heads) return base::fail_within("person key", heads);
    const auto needed = may_count(*heads, day);
    bool ready = !needed.empty();
    for (const auto& head : needed) {
      if (!std::ranges::binary_search(*lacking, head.revision)) continue;
      ready = false;
      auto what = remedy(*plan, head, store, files);
      if (!what) return base::fail_within("person key", what);
      rotation.waits.push_back({plan->id, head.id, head.part, std::move(*what)});
    }
    if (ready) rotation.ready.push_back(plan->id);
  }
  if (auto done = wait_for_others(setup, store, *lacking, day, rotation); !done)
    return base::fail_within("person key", done);
  return rotation;
}

std::string rotation_text(const KeyRotation& rotation) {
  if (!rotation.in_force) return "no person key yet: the store has counted nobody\n";
  auto out = fmt::format("key {} is in force since {}, secret \"{}\"\n", rotation.in_force->id,
                         base::to_rfc3339(rotation.in_force->since), rotation.in_force->secret);
  if (!rotation.incoming) return out + "no other key is on its way\n";
  out += fmt::format("key {} is on its way since {}, secret \"{}\": {}\n", rotation.incoming->id,
                     base::to_rfc3339(rotation.incoming->since), rotation.incoming->secret, rotation.incoming->reason);
  out += "keep both secrets until it is in force; ntmd rotate-key --cancel --reason … goes back\n";
  for (const auto& source : rotation.ready) out += fmt::format("  {}: ready\n", source);
  for (const auto& wait : rotation.waits) out += fmt::format("  {}: waits: {}\n", wait.source, wait.what);
  if (rotation.waits.empty()) out += "nothing is missing: the next pass puts it in force\n";
  return out;
}

std::string rotation_json(const KeyRotation& rotation) {
  base::JsonWriter out(3);
  const auto write = [&](const char* name, const std::optional<store::PersonKeyRow>& key) {
    out.key(name);
    if (!key) {
      out.null();
      return;
    }
    out.begin_object().field("id", key->id).field("secret", key->secret).field("since", base::to_rfc3339(key->since));
    out.field("reason", key->reason).end_object();
  };
  out.begin_object();
  write("in_force", rotation.in_force);
  write("incoming", rotation.incoming);
  out.key("ready").begin_array();
  for (const auto& source : rotation.ready) out.text(source);
  out.end_array().key("waits").begin_array();
  for (const auto& wait : rotation.waits) {
    out.begin_object().field("source", wait.source).field("delivery", wait.delivery).field("part", wait.part);
    out.field("what", wait.what).end_object();
  }
  out.end_array().end_object();
  return std::move(out).take();
}

}  // namespace ntmd::engine
