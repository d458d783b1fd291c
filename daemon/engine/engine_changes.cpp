// What an operator's word changes: a delivery's standing, what its bytes are read as, the day that judging goes on
// from.

#include <algorithm>

#include <fmt/format.h>

#include "daemon/base/digest.h"
#include "daemon/base/log.h"
#include "daemon/engine/delivery_name.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/replay.h"

namespace ntmd::engine {

base::Result<Engine::Changed> Engine::change_standing(const std::string& delivery, store::Standing standing,
                                                      const std::string& reason, model::Day day) {
  const auto found = store_->find_delivery(delivery);
  if (!found) return std::unexpected(found.error());
  if (*found) {
    const auto before = (*found)->standing;
    const auto refuse = [&](std::string_view expected) {
      return base::fail(base::Fault::bad_data, fmt::format("delivery {}: is {} already, expected {}", (*found)->id,
                                                           store::to_string(before), expected));
    };
    if (standing == store::Standing::retracted && before == standing) return refuse("one that is not");
    if (standing == store::Standing::in_force && before != store::Standing::held &&
        before != store::Standing::retracted)
      return refuse("one that is held or retracted");
  }
  sources_->forget();
  if (auto done = store_->set_standing(delivery, standing, reason); !done) return std::unexpected(done.error());
  base::log::warn("delivery.standing", {{"delivery", delivery}, {"standing", store::to_string(standing)}}, reason);
  std::string became = fmt::format("{} is {}", (*found)->id, store::to_string(standing));
  if (standing == store::Standing::in_force) {
    const auto but = why_not_seen(**found);
    if (!but) return std::unexpected(but.error());
    became += *but;
  }
  return judged_anew((*found)->id, became, day);
}

/// Why a delivery that was put in force may not show in the figures; empty: it does.
base::Result<std::string> Engine::why_not_seen(const store::DeliveryHead& head) {
  const auto deliveries = store_->deliveries(head.source);
  if (!deliveries) return std::unexpected(deliveries.error());
  for (const auto& other : *deliveries) {
    if (other.part != head.part || other.standing != store::Standing::in_force || !store::later_of_part(other, head))
      continue;
    return fmt::format("; a later one of {}, {}, is in force as well and goes before it", head.part, other.id);
  }
  const auto plan = std::ranges::find(setup_.plans, head.source, [](const auto& each) { return each->id; });
  if (plan == setup_.plans.end()) return "; its source is configured no more: it does not count";
  if (head.kind != store::LoadKind::snapshot) return std::string();
  for (const auto element : (*plan)->counted) {
    const auto runs = store_->runs_of(head.revision, element);
    if (runs) continue;
    if (runs.error().fault != base::Fault::gone) return std::unexpected(runs.error());
    return fmt::format("; what it counted is no longer kept: touch {} or send it again, until then it counts nobody",
                       head.part);
  }
  return std::string();
}

base::Result<Engine::Changed> Engine::judged_anew(const std::string& id, const std::string& became, model::Day day) {
  const auto pass = assess(day, true);
  if (!pass) return std::unexpected(pass.error());
  if (auto published = publish(*pass); !published) return std::unexpected(published.error());
  return Changed{id, pass->changes.size(), fmt::format("{}; {} statuses changed", became, pass->changes.size())};
}

base::Result<Engine::Changed> Engine::replay(const std::string& delivery, model::Day day) {
  const auto found = store_->find_delivery(delivery);
  if (!found) return std::unexpected(found.error());
  if (!*found) return base::fail(base::Fault::gone, fmt::format("delivery {}: not in the store", delivery));
  const auto& old = **found;
  const auto refused = store_->quarantine(old.id, 0);
  if (!refused) return std::unexpected(refused.error());
  auto staged = stage_again(setup_, *spool_, *pseudonyms_, old, today());
  if (!staged) return std::unexpected(staged.error());
  auto& head = staged->head;
  const bool retracted = old.standing == store::Standing::retracted;
  if (head.counts == old.counts && staged->quarantine == *refused) {
    return Changed{old.id, 0,
                   fmt::format("{} gives the same rows and refusals as before; nothing is changed{}", old.id,
                               retracted ? "; it was retracted, ntmd accept puts it in force again" : "")};
  }
  head.run = new_run_id();
  head.turn = old.turn;
  head.id = base::sha256_hex(old.id + '\n' + head.run).substr(0, old.id.size());
  const auto id = head.id;
  const auto counts = head.counts;
  if (auto copied = spool_->copy({old.run, old.part}, {head.run, head.part}); !copied)
    return base::fail_within("spool", copied);
  if (auto loaded = load(std::move(*staged), day); !loaded) return std::unexpected(loaded.error());
  const auto made = store_->find_delivery(id);
  if (!made) return std::unexpected(made.error());
  if (*made && (*made)->standing != store::Standing::in_force) {
    return Changed{id, 0,
                   fmt::format("{} is replayed as {}, which is {}: {}", old.id, id, store::to_string((*made)->standing),
                               (*made)->reason)};
  }
  auto replaced = retracted ? judged_anew(old.id, fmt::format("{} was retracted before", old.id), day)
                            : change_standing(old.id, store::Standing::retracted, "replayed as " + id, day);
  if (!replaced) return replaced;
  return Changed{id, replaced->statuses,
                 fmt::format("{} is replayed as {}: {} loaded, {} filtered, {} quarantined; {}", old.id, id,
                             counts.loaded, counts.filtered, counts.quarantined, replaced->text)};
}

base::Result<Pass> Engine::restart(model::Day day, const std::string& reason) {
  const auto last = assessor_->last_assessed();
  if (!last || !(day < *last)) {
    return base::fail(base::Fault::bad_data,
                      fmt::format("assess --restart-from {}: the last assessed day is {}, expected a day before it; "
                                  "a later one needs no restart",
                                  day.iso(), last ? last->iso() : "none"));
  }
  if (today() < day) {
    return base::fail(
        base::Fault::bad_data,
        fmt::format("assess --restart-from {}: today is {}, expected no day after it", day.iso(), today().iso()));
  }
  const auto record =
      fmt::format("{}: from {} back to {}: {}", base::to_rfc3339(world_.clock.now()), last->iso(), day.iso(), reason);
  alerting_->set_back(world_.clock.now() + std::chrono::days(day - today()));
  auto pass = judge(day, true, record);
  if (!pass) return pass;
  base::log::warn("assess.restarted", {{"from", last->iso()}, {"to", day.iso()}}, reason);
  if (auto published = publish(*pass); !published) return std::unexpected(published.error());
  return pass;
}

}  // namespace ntmd::engine
