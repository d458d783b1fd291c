#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "daemon/engine/stage.h"
#include "daemon/settings/reader.h"

namespace ntmd::engine {
namespace {

using connectors::DayRef;
using connectors::RecordBatch;
using connectors::RowState;

/// Numbers as given: one figure per row and element.
class FiguresStage final : public Stage {
 public:
  FiguresStage(const StageContext& context, const connectors::FiguresLoad& load) : context_(context), load_(load) {
    for (const auto& value : load_.values) named_.push_back({&*context_.plan.elements.find(value.element), &value});
  }

  base::Status add(const RecordBatch& batch, connectors::Quarantine& quarantine) override {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      ++row_;
      if (batch.state[row] == RowState::filtered || batch.state[row] == RowState::skipped) ++filtered;
      if (batch.state[row] != RowState::good) continue;
      const bool kept = load_.element ? add_told(batch, row, quarantine) : add_named(batch, row, quarantine);
      if (kept) ++loaded;
    }
    return {};
  }

  void finish(store::StagedDelivery& delivery) override {
    delivery.head.kind = store::LoadKind::figures;
    delivery.head.partition = delivery.head.part;
    find_told_twice();
    delivery.figures = std::move(figures_);
  }

 private:
  struct Told {
    model::ElementId element = 0;
    model::Period period;
    std::int64_t value = 0;
  };
  using ElementEntry = std::pair<const std::string, connectors::ElementRef>;

  [[nodiscard]] std::optional<model::Day> day(const RecordBatch& batch, std::size_t row, const DayRef& ref) const {
    if (ref.from != DayRef::From::field) return context_.variables.day(ref);
    const auto& column = batch.fields[ref.field];
    return column.present[row] != 0 ? std::optional(column.day[row]) : std::nullopt;
  }
  void refuse(const RecordBatch& batch, std::size_t row, connectors::Quarantine& quarantine, const std::string& column,
              std::string_view rule, std::string_view message, connectors::Cell value = connectors::kNoValue) {
    quarantine.add(batch.raw->line[row], batch.raw->byte[row], column, rule, message, value);
  }

  /// The row names its element. Whether it is loaded; an empty value makes it filtered.
  bool add_told(const RecordBatch& batch, std::size_t row, connectors::Quarantine& quarantine) {
    const auto& column = context_.plan.fields[*load_.element].column;
    const auto name = batch.fields[*load_.element].text[row];
    if (last_ == nullptr || last_->first != name) {
      const auto found = context_.plan.elements.find(name);
      if (found == context_.plan.elements.end()) {
        refuse(batch, row, quarantine, column, "element", quarantine.keeps() ? unknown(column, name) : std::string(),
               name);
        return false;
      }
      last_ = &*found;
    }
    const bool stock = last_->second.kind == model::ElementKind::stock;
    const auto as_of = load_.as_of ? day(batch, row, *load_.as_of) : std::nullopt;
    const auto first = load_.period ? day(batch, row, load_.period->first) : std::nullopt;
    const auto last = load_.period ? day(batch, row, load_.period->second) : std::nullopt;
    if (stock && (!as_of || first || last)) {
      refuse(batch, row, quarantine, "", "period",
             fmt::format("{} is a stock, expected a date in as_of and no period", last_->first));
      return false;
    }
    if (!stock && (as_of || !first || !last)) {
      refuse(batch, row, quarantine, "", "period",
             fmt::format("{} is a flow, expected both days of the period and no as_of", last_->first));
      return false;
    }
    if (!stock && *first > *last) {
      refuse(batch, row, quarantine, "", "period",
             fmt::format("period from {} to {} ends before it begins, expected the first day first", first->iso(),
                         last->iso()));
      return false;
    }
    const auto& value = batch.fields[load_.value];
    if (value.present[row] == 0) {
      ++filtered;
      return false;
    }
    told_.assign(
        1, {last_->second.id, stock ? model::Period{*as_of, *as_of} : model::Period{*first, *last}, value.number[row]});
    return put(batch, row, quarantine);
  }
  [[nodiscard]] std::string unknown(const std::string& column, connectors::Cell name) const {
    std::vector<std::string> known;
    for (const auto& [each, ref] : context_.plan.elements) known.push_back(each);
    return fmt::format("column \"{}\" is no element that is known{}", column, settings::suggestion(name, known));
  }

  /// The plan names the elements. A row without any value is filtered.
  bool add_named(const RecordBatch& batch, std::size_t row, connectors::Quarantine& quarantine) {
    told_.clear();
    for (const auto& [element, value] : named_) {
      const auto number = number_of(*value, batch, row);
      if (!number) continue;
      const bool stock = element->second.kind == model::ElementKind::stock;
      const auto first = stock ? day(batch, row, *load_.as_of) : day(batch, row, load_.period->first);
      const auto last = stock ? first : day(batch, row, load_.period->second);
      if (!first || !last) continue;
      told_.push_back({element->second.id, {*first, *last}, *number});
    }
    if (told_.empty()) ++filtered;
    return !told_.empty() && put(batch, row, quarantine);
  }

  static std::optional<std::int64_t> number_of(const connectors::FigureValue& value, const RecordBatch& batch,
                                               std::size_t row) {
    if (value.field) {
      const auto& column = batch.fields[*value.field];
      return column.present[row] != 0 ? std::optional(column.number[row]) : std::nullopt;
    }
    const bool counts = std::ranges::all_of(value.where, [&](const connectors::Condition& condition) {
      return connectors::holds(condition, batch.fields[condition.field], row);
    });
    return counts ? 1 : 0;
  }

  /// What the row tells, all of it or, where a sum would be beyond any number, nothing.
  bool put(const RecordBatch& batch, std::size_t row, connectors::Quarantine& quarantine) {
    const auto unit = batch.fields[load_.unit].unit[row];
    for (const auto& told : load_.sum ? std::span<const Told>(told_) : std::span<const Told>()) {
      const auto cell = cells_.find({unit, told.element, told.period});
      std::int64_t sum = 0;
      if (cell == cells_.end() || !__builtin_add_overflow(figures_[cell->second].value, told.value, &sum)) continue;
      refuse(batch, row, quarantine, "", "sum", "adds up to more than 9223372036854775807, expected less");
      return false;
    }
    for (const auto& told : told_) put_one(batch, row, told.element, told.period, told.value);
    return true;
  }

  void put_one(const RecordBatch& batch, std::size_t row, model::ElementId element, model::Period period,
               std::int64_t value) {
    if (period.last > context_.variables.today) later.add(batch.raw->line[row]);
    const auto unit = batch.fields[load_.unit].unit[row];
    if (load_.sum) {
      const auto [cell, fresh] = cells_.try_emplace({unit, element, period}, figures_.size());
      if (!fresh) {
        figures_[cell->second].value += value;
        return;
      }
    }
    model::Figure figure;
    figure.unit = context_.units.code(unit);
    figure.element = element;
    figure.source = context_.source;
    figure.period = period;
    figure.value = value;
    figure.received = context_.received;
    figure.row = row_;
    figures_.push_back(figure);
    lines_.push_back(batch.raw->line[row]);
  }

  void find_told_twice() {
    std::vector<std::size_t> order(figures_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto cell = [&](std::size_t at) {
      const auto& figure = figures_[at];
      return std::tie(figure.element, figure.unit, figure.period);
    };
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return cell(a) < cell(b); });
    bool counted = false;  // this cell was
    for (std::size_t i = 1; i < order.size(); ++i) {
      const auto before = order[i - 1];
      const auto at = order[i];
      if (cell(before) != cell(at)) counted = false;
      if (cell(before) != cell(at) || figures_[before].value == figures_[at].value) continue;
      if (!std::exchange(counted, true)) ++told_twice.count;
      if (told_twice.first_line == 0 || lines_[at] < told_twice.first_line) told_twice.first_line = lines_[at];
    }
  }

  const StageContext context_;
  const connectors::FiguresLoad& load_;
  std::vector<std::pair<const ElementEntry*, const connectors::FigureValue*>> named_;
  const ElementEntry* last_ = nullptr;
  std::vector<Told> told_;  // by the row at hand
  std::uint32_t row_ = 0;
  std::vector<model::Figure> figures_;
  std::vector<std::uint64_t> lines_;  // by figure
  std::map<std::tuple<units::UnitRow, model::ElementId, model::Period>, std::size_t> cells_;
};

}  // namespace

std::unique_ptr<Stage> make_figures_stage(const StageContext& context, const connectors::FiguresLoad& load) {
  return std::make_unique<FiguresStage>(context, load);
}

}  // namespace ntmd::engine
