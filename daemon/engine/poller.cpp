#include "daemon/engine/poller.h"

#include <algorithm>
#include <exception>

#include <fmt/format.h>

namespace ntmd::engine {
namespace {

/// Texts of a kind that a run's message holds.
constexpr std::size_t kTold = 3;

int weight(store::Outcome outcome) {
  switch (outcome) {
    case store::Outcome::unchanged:
      return 0;
    case store::Outcome::skipped:
      return 1;
    case store::Outcome::ok:
      return 2;
    case store::Outcome::empty_suspect:
      return 3;
    case store::Outcome::partial:
      return 4;
    case store::Outcome::held:
      return 5;
    case store::Outcome::refused:
      return 6;
    case store::Outcome::interrupted:
      return 7;
    case store::Outcome::failed:
      return 8;
  }
  return 8;
}

}  // namespace

store::Outcome graver(store::Outcome a, store::Outcome b) { return weight(a) >= weight(b) ? a : b; }

std::string Known::note_on(const std::string& part) const {
  const auto found = retracted.find(part);
  if (found == retracted.end()) return {};
  return fmt::format("{}: is still there and its delivery {} was retracted; ntmd accept puts it in force again", part,
                     found->second);
}

void PollReport::Texts::add(std::string_view text) {
  if (text.empty() || std::ranges::find(first, text) != first.end()) return;
  if (first.size() < kTold) {
    first.emplace_back(text);
  } else {
    ++more;
  }
}

void PollReport::tell() {
  message.clear();
  for (const auto* texts : {&faults_, &notes_}) {
    for (const auto& text : texts->first) message += fmt::format("{}{}", message.empty() ? "" : "; ", text);
    if (texts->more > 0) message += fmt::format("; and {} more", texts->more);
  }
}

void PollReport::note(std::string_view text) {
  notes_.add(text);
  tell();
}

void PollReport::fail(store::Outcome how, const base::Error& error) {
  outcome = graver(outcome, how);
  faults_.add(error.what);
  tell();
}

void PollReport::fail(const std::exception& bug) {
  fail(store::Outcome::failed, {base::Fault::bug, fmt::format("internal failure: {}; report it", bug.what())});
}

base::Result<store::Outcome> PollReport::deliver(store::StagedDelivery staged, const DeliverySink& sink,
                                                 std::optional<SpoolDraft> copy, Spool& spool) {
  const auto of_delivery = staged.head.counts;
  const auto reason = staged.head.reason;
  const SpoolName name{staged.head.run, staged.head.part};
  if (copy) {
    if (auto kept = copy->commit(); !kept) {
      fail(store::Outcome::failed, kept.error().within("spool"));
      return std::unexpected(kept.error());
    }
  }
  const auto taken = sink(std::move(staged));
  if (copy && (!taken || *taken == store::Outcome::unchanged)) {
    if (auto dropped = spool.drop(name); !dropped) note(dropped.error().what);
  }
  if (!taken) {
    fail(store::Outcome::failed, taken.error());
    return std::unexpected(taken.error());
  }
  outcome = graver(outcome, *taken);
  if (*taken == store::Outcome::unchanged) return taken;
  ++deliveries;
  counts.fetched += of_delivery.fetched;
  counts.loaded += of_delivery.loaded;
  counts.filtered += of_delivery.filtered;
  counts.quarantined += of_delivery.quarantined;
  if (!reason.empty()) note(reason);
  return taken;
}

PollReport Poller::poll(const PollOrder& order) {
  try {
    return order.plan->folder ? poll_folder(order) : poll_rest(order);
  } catch (const std::exception& bug) {
    PollReport report;
    report.fail(bug);
    return report;
  }
}

}  // namespace ntmd::engine
