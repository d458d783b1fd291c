#include "daemon/engine/poller.h"

#include <array>

#include <fmt/format.h>

#include "connectors/rest/rest_exchange.h"
#include "daemon/base/secret.h"
#include "daemon/engine/pipeline.h"

namespace ntmd::engine {
namespace {

int weight(store::Outcome outcome) {
  switch (outcome) {
    case store::Outcome::unchanged: return 0;
    case store::Outcome::skipped: return 1;
    case store::Outcome::ok: return 2;
    case store::Outcome::empty_suspect: return 3;
    case store::Outcome::partial: return 4;
    case store::Outcome::held: return 5;
    case store::Outcome::refused: return 6;
    case store::Outcome::interrupted: return 7;
    case store::Outcome::failed: return 8;
  }
  return 8;
}

}  // namespace

store::Outcome graver(store::Outcome a, store::Outcome b) { return weight(a) >= weight(b) ? a : b; }

void PollReport::note(std::string_view text) {
  if (message.empty()) message = text;
}

void PollReport::fail(store::Outcome how, const base::Error& error) {
  outcome = graver(outcome, how);
  note(error.what);
}

base::Status PollReport::deliver(store::StagedDelivery staged, const DeliverySink& sink) {
  const auto of_delivery = staged.head.counts;
  const auto reason = staged.head.reason;
  const auto taken = sink(std::move(staged));
  if (!taken) {
    fail(store::Outcome::failed, taken.error());
    return std::unexpected(taken.error());
  }
  outcome = graver(outcome, *taken);
  if (*taken == store::Outcome::unchanged) return {};
  ++deliveries;
  counts.fetched += of_delivery.fetched;
  counts.loaded += of_delivery.loaded;
  counts.filtered += of_delivery.filtered;
  counts.quarantined += of_delivery.quarantined;
  if (!reason.empty()) note(reason);
  return {};
}

PollReport Poller::poll(const std::shared_ptr<const SourcePlan>& plan, const Known& known, model::Day today, const std::string& run,
                        const DeliverySink& sink) {
  if (plan->folder) return poll_folder(plan, known, today, run, sink);
  return poll_rest(plan, known, today, run, sink);
}

PollReport Poller::poll_rest(const std::shared_ptr<const SourcePlan>& plan, const Known& known, model::Day today, const std::string& run,
                             const DeliverySink& sink) {
  PollReport report;
  const auto& spec = *plan->rest;
  const auto secrets = base::SecretFolder(world_.files, setup_.config.secrets_dir);
  auto auth = connectors::resolve_auth(spec.auth, secrets, world_.clock);
  if (!auth) {
    report.fail(store::Outcome::failed, auth.error());
    return report;
  }
  const auto deadline = world_.clock.steady() + plan->schedule.deadline;
  auto cursor = known.cursor;
  bool all_before = true;
  for (const auto& window : connectors::windows_to_poll(spec, today, known.cursor)) {
    Arrival arrival;
    arrival.part = window.name;
    arrival.dated = window.period.last;
    arrival.window = window.period;
    arrival.received = world_.clock.now();
    arrival.today = today;
    Pipeline pipeline(plan, *setup_.units, *setup_.sources, pseudonyms_, arrival);
    const auto exchange = connectors::make_rest_exchange(spec, window, *auth);
    auto done = connectors::run_exchange(http_, *exchange, spec.retry, deadline, [&](connectors::Document&& document) -> base::Status {
      if (auto begun = pipeline.next_document(document.context); !begun) return base::fail_within(document.url, begun);
      if (auto fed = pipeline.feed(document.body); !fed) return base::fail_within(document.url, fed);
      return {};
    });
    if (!done) {
      all_before = false;
      report.fail(store::Outcome::failed, done.error().within(fmt::format("window {}", window.name)));
      // The other windows are asked on the next poll: the far side has just failed or refused.
      return report;
    }
    auto staged = pipeline.finish();
    if (!staged) {
      report.fail(store::Outcome::failed, staged.error().within(fmt::format("window {}", window.name)));
      return report;
    }
    staged->head.run = run;
    if (staged->head.standing == store::Standing::in_force) {
      staged->cursor = connectors::cursor_after(cursor, window, all_before);
      if (staged->cursor) cursor = staged->cursor;
    } else {
      all_before = false;
    }
    for (const auto& text : pipeline.notes()) report.note(text);
    if (auto taken = report.deliver(std::move(*staged), sink); !taken) return report;
  }
  return report;
}

}  // namespace ntmd::engine
