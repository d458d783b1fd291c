#include "tests/bench/parts/house.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "daemon/base/digest.h"
#include "daemon/base/log.h"
#include "daemon/settings/problems.h"

namespace ntmd::bench {
namespace {

constexpr std::string_view kIndicator = "1.1.1";
constexpr std::string_view kNumerator = "adults_with_smartphone";

}  // namespace

House::House(const std::string& config, model::Day day) : files_(base::make_system_files()), day_(day) {
  settings::Problems problems;
  auto setup = engine::load_setup(*files_, config, problems);
  if (!setup) throw std::runtime_error(problems.lines().front());
  expect(base::log::configure(setup->config.log));
  engine_ = value_of(engine::Engine::open(std::move(*setup), {*files_, clock_}));
}

store::StagedDelivery House::turning(std::size_t turn) {
  const auto& verdicts = *engine_->assessor().last();
  const auto& unit = verdicts.by_unit[turn * 197 % verdicts.by_unit.size()];
  const auto& rules = verdicts.criteria[unit.criteria]->indicators;
  const auto verdict =
      std::ranges::find_if(unit.indicators, [&](const auto& each) { return rules[each.rule].id == kIndicator; });
  const auto& source = engine_->setup().plans.front()->id;

  model::Figure figure;
  figure.unit = verdicts.units->at(unit.unit).code;
  figure.element = engine_->setup().elements->find(kNumerator)->id;
  figure.source = engine_->setup().sources->find(source).value();
  figure.period = {day_, day_};
  figure.value = verdict->measured == model::Truth::t ? 0 : verdict->denominator.value();
  figure.received = clock_.now();

  store::StagedDelivery staged;
  staged.head.part = fmt::format("turn-{}.csv", turn);
  staged.head.content_sha256 = base::sha256_hex(staged.head.part);
  staged.head.id = base::sha256_hex(fmt::format("{} {}", source, base::to_rfc3339_micros(figure.received)));
  staged.head.source = source;
  staged.head.connector = "figures-csv";
  staged.head.partition = source;
  staged.head.received = figure.received;
  staged.head.counts = {1, 1, 0, 0};
  staged.figures.push_back(figure);
  return staged;
}

}  // namespace ntmd::bench
