#include "daemon/engine/preview.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "daemon/engine/delivery_name.h"
#include "daemon/engine/local_day.h"
#include "daemon/engine/person_key.h"
#include "daemon/store/sqlite_store.h"

namespace ntmd::engine {
namespace {

constexpr std::size_t kSample = 5;
constexpr std::size_t kRefused = 5;

std::string when(const model::Period& period) {
  if (period.first == period.last) return period.last.iso();
  return fmt::format("{}..{}", period.first.iso(), period.last.iso());
}

/// Counts what a delivery holds by what it is about.
class Tally {
 public:
  void add(PreviewRow row, std::optional<std::int64_t> value, std::string_view group) {
    auto& [counted, units] = groups_[std::string(group)];
    counted.what = group;
    ++counted.rows;
    if (value) counted.total = counted.total.value_or(0) + *value;
    units.insert(row.unit);
    if (sample_.size() < kSample) sample_.push_back(std::move(row));
  }

  void move_into(PreviewDelivery& delivery) {
    for (auto& [name, group] : groups_) {
      group.first.units = group.second.size();
      delivery.groups.push_back(std::move(group.first));
    }
    delivery.sample = std::move(sample_);
  }

 private:
  std::map<std::string, std::pair<PreviewGroup, std::set<std::string>>> groups_;
  std::vector<PreviewRow> sample_;
};

base::Status count(const Setup& setup, store::StagedDelivery& staged, PreviewDelivery& into) {
  const auto& names = setup.elements->names();
  Tally tally;
  for (const auto& figure : staged.figures) {
    const auto& element = names.name(figure.element);
    tally.add({std::string(figure.unit.view()), element, when(figure.period), std::to_string(figure.value)},
              figure.value, element);
  }
  for (const auto& piece : staged.evidence) {
    tally.add({std::string(piece.unit.view()), fmt::format("{} {}", piece.indicator, model::to_string(piece.kind)),
               piece.issued_on.iso(), std::string(model::to_string(piece.state))},
              std::nullopt, model::to_string(piece.kind));
  }
  while (staged.runs) {
    const auto run = staged.runs->next();
    if (!run) return std::unexpected(run.error());
    if (*run == nullptr) break;
    const auto people = static_cast<std::int64_t>((*run)->keys.size());
    const auto& element = names.name((*run)->element);
    tally.add({std::string((*run)->unit.view()), element, into.head.dated ? into.head.dated->iso() : std::string(),
               std::to_string(people)},
              people, element);
  }
  tally.move_into(into);
  return {};
}

base::Result<std::unique_ptr<store::Store>> open_to_read(const Setup& setup, const World& world) {
  auto opened = store::open_sqlite(setup.config.data_dir, store::Access::reader, world.clock, setup.elements->names(),
                                   *setup.sources);
  if (!opened && opened.error().fault == base::Fault::gone) return nullptr;  // not made yet
  if (!opened) return base::fail_within("store", opened);
  return opened;
}

base::Result<Known> known_of(store::Store* store, const std::string& source) {
  Known known;
  if (store == nullptr) return known;
  auto ledger = store->ledger(source);
  if (!ledger) return base::fail_within(source, ledger);
  auto cursor = store->cursor(source);
  if (!cursor) return base::fail_within(source, cursor);
  const auto held = store->held_deliveries();
  if (!held) return base::fail_within(source, held);
  known.ledger = std::move(*ledger);
  known.cursor = std::move(*cursor);
  for (const auto& delivery : *held) {
    if (delivery.source == source) known.waiting.insert(delivery.part);
  }
  return known;
}

}  // namespace

base::Result<Preview> preview(const Setup& setup, const World& world, const SourcePlan& plan) {
  const auto store = open_to_read(setup, world);
  if (!store) return std::unexpected(store.error());
  const auto pseudonyms = borrow_person_key(world.files, setup.config, store->get());
  if (!pseudonyms) return std::unexpected(pseudonyms.error());
  auto known = known_of(store->get(), plan.id);
  if (!known) return std::unexpected(known.error());

  Preview out;
  out.run.source = plan.id;
  out.run.started = world.clock.now();
  auto keeps_nothing = std::make_shared<SourcePlan>(plan);
  keeps_nothing->spool = Spooling::digest;
  PollOrder order;
  order.plan = keeps_nothing;
  order.pseudonyms = std::make_shared<const connectors::Pseudonyms>(*pseudonyms);
  order.known = std::move(*known);
  order.today = local_day(out.run.started, setup.config.zone);
  order.deadline = world.clock.steady() + plan.schedule.deadline;
  order.sink = [&](store::StagedDelivery staged) -> base::Result<store::Outcome> {
    PreviewDelivery delivery;
    if (*store) {
      if (auto named = name_return(**store, staged); !named) return std::unexpected(named.error());
      const auto found = (*store)->find_delivery(staged.head.id);
      if (!found) return std::unexpected(found.error());
      delivery.known = found->has_value();
    }
    delivery.head = staged.head;
    if (auto counted = count(setup, staged, delivery); !counted) return std::unexpected(counted.error());
    delivery.refused = std::move(staged.quarantine);
    if (delivery.refused.size() > kRefused) delivery.refused.resize(kRefused);
    const auto outcome = delivery.known ? store::Outcome::unchanged : delivery.head.outcome;
    out.deliveries.push_back(std::move(delivery));
    return outcome;
  };
  // Only what spills goes there, into files without a name.
  Spool spool(world.files, std::filesystem::temp_directory_path());
  connectors::HttpDriver http(world.clock);
  const auto report = Poller(setup, world, http, spool).poll(order);
  out.run.ended = world.clock.now();
  out.run.outcome = report.outcome;
  out.run.counts = report.counts;
  out.run.deliveries = report.deliveries;
  out.run.message = report.message;
  for (const auto& entry : report.refused) out.refused_files.push_back(entry.name);
  return out;
}

}  // namespace ntmd::engine
