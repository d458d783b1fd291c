// The replacement of the person key at work: begun, gone on with at each pass, finished, or gone back on.

#include <algorithm>

#include <fmt/format.h>

#include "daemon/base/log.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/person_key.h"

namespace ntmd::engine {
namespace {

base::Status go_back(const Setup& setup, store::Store& store, base::Files& files, model::Day day,
                     const std::string& reason) {
  const auto before = key_rotation(setup, store, files, day);
  if (!before) return std::unexpected(before.error());
  if (!before->in_force || !before->incoming) {
    return base::fail(base::Fault::bad_data,
                      "no key is on its way, expected a rotation under way; one that is over is "
                      "gone back on by another one");
  }
  if (auto done = store.cancel_person_key(reason); !done) return base::fail_within("person key", done);
  base::log::warn("person_key.rotation_cancelled", {{"old", before->in_force->id}, {"new", before->incoming->id}},
                  reason);
  return {};
}

}  // namespace

base::Result<KeyRotation> cancel_rotation(const Setup& setup, store::Store& store, base::Files& files, model::Day day,
                                          const std::string& reason) {
  if (auto there = check_key_in_force(files, setup.config, store); !there) return std::unexpected(there.error());
  if (auto done = go_back(setup, store, files, day, reason); !done) return std::unexpected(done.error());
  return key_rotation(setup, store, files, day);
}

base::Result<KeyRotation> Engine::rotate_key(const std::string& secret, const std::string& reason) {
  const auto before = key_rotation(setup_, *store_, world_.files, today());
  if (!before) return before;
  if (before->incoming) {
    return base::fail(base::Fault::bad_data,
                      fmt::format("key {} is on its way since {}, expected no rotation under way; see ntmd rotate-key "
                                  "--status, or --cancel it",
                                  before->incoming->id, base::to_rfc3339(before->incoming->since)));
  }
  if (!before->in_force)
    return base::fail(base::Fault::bad_data,
                      "the store has no person key yet, expected one to replace; run ntmd first");
  auto made = read_new_person_key(world_.files, setup_.config, *store_, secret);
  if (!made) return std::unexpected(made.error());
  made->row.reason = reason;
  if (auto added = store_->add_person_key(made->row); !added) return base::fail_within("person key", added);
  pseudonyms_ = std::make_shared<const connectors::Pseudonyms>(pseudonyms_->key(), made->key);
  base::log::warn("person_key.rotation_begun",
                  {{"old", pseudonyms_->key_id()}, {"new", made->row.id}, {"secret", made->row.secret}}, reason);
  return go_on_rotating(today());
}

base::Result<KeyRotation> Engine::cancel_rotation(const std::string& reason) {
  if (auto done = go_back(setup_, *store_, world_.files, today(), reason); !done) return std::unexpected(done.error());
  pseudonyms_ = std::make_shared<const connectors::Pseudonyms>(pseudonyms_->key());
  return key_rotation(setup_, *store_, world_.files, today());
}

base::Result<KeyRotation> Engine::go_on_rotating(model::Day day) {
  const auto judged = std::max(day, assessor_->last_assessed().value_or(day));
  auto rotation = key_rotation(setup_, *store_, world_.files, judged);
  if (!rotation || !rotation->incoming) return rotation;
  std::string waits;
  for (const auto& wait : rotation->waits)
    waits += fmt::format("{}{}: {}", waits.empty() ? "" : "; ", wait.source, wait.what);
  if (!waits.empty()) {
    if (waits != told_waits_)
      base::log::info("person_key.waits", {{"old", pseudonyms_->key_id()}, {"new", rotation->incoming->id}}, waits);
    told_waits_ = std::move(waits);
    return rotation;
  }
  // What a poll under way brings may have been hashed before the new key came.
  for (const auto& [run, source] : under_way_) {
    const auto plan = std::ranges::find(setup_.plans, source, [](const auto& each) { return each->id; });
    if (plan != setup_.plans.end() && counts_people(**plan)) return rotation;
  }
  if (auto done = store_->switch_person_key(); !done) return base::fail_within("person key", done);
  pseudonyms_ = std::make_shared<const connectors::Pseudonyms>(*pseudonyms_->incoming());
  told_waits_.clear();
  base::log::warn("person_key.replaced", {{"old", rotation->in_force->id}, {"new", rotation->incoming->id}},
                  fmt::format("key {} is in force; the secret \"{}\" of key {} is no longer needed",
                              rotation->incoming->id, rotation->in_force->secret, rotation->in_force->id));
  return key_rotation(setup_, *store_, world_.files, judged);
}

void Engine::try_to_end_rotation(model::Day day) {
  if (!pseudonyms_->incoming()) return;
  if (auto done = go_on_rotating(day); !done) base::log::error("person_key.not_replaced", {}, done.error().what);
}

base::Result<std::map<std::string, std::string>> Engine::to_hash_again(const std::string& source) {
  std::map<std::string, std::string> again;
  if (!pseudonyms_->incoming()) return again;
  const auto lacking = store_->without_incoming_key();
  if (!lacking) return std::unexpected(lacking.error());
  const auto deliveries = store_->deliveries(source);
  if (!deliveries) return std::unexpected(deliveries.error());
  std::map<std::string, const store::DeliveryHead*> newest;
  for (const auto& head : *deliveries) {
    auto& known = newest[head.part];
    if (known == nullptr || store::later_of_part(head, *known)) known = &head;
  }
  for (const auto& [part, head] : newest) {
    if (!std::ranges::binary_search(*lacking, head->revision)) continue;
    const auto otherwise = not_again_.find({head->id, pseudonyms_->incoming()->id});
    if (otherwise == not_again_.end())
      again.emplace(part, head->content_sha256);
    else
      reads_otherwise_[source] = otherwise->second;
  }
  return again;
}

void Engine::tell_hashed_again(const store::StagedDelivery& staged, const store::Store::Committed& committed) {
  const auto& head = staged.head;
  if (committed.rehashed) {
    base::log::info("delivery.hashed_again", {{"source", head.source},
                                              {"delivery", head.id},
                                              {"part", head.part},
                                              {"key", pseudonyms_->incoming() ? pseudonyms_->incoming()->id : 0U}});
  }
  if (!committed.reads_otherwise) return;
  auto text = fmt::format(
      "{}: names other people than when delivery {} came, expected the same under the new person "
      "key; wait for a newer export, or ntmd retract it",
      head.part, head.id);
  if (pseudonyms_->incoming()) not_again_.insert_or_assign({head.id, pseudonyms_->incoming()->id}, text);
  base::log::warn("delivery.reads_otherwise", {{"source", head.source}, {"delivery", head.id}}, text);
  reads_otherwise_[head.source] = std::move(text);
}

}  // namespace ntmd::engine
