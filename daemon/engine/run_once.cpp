#include "daemon/engine/run_once.h"

#include "daemon/base/log.h"

namespace ntmd::engine {
namespace {

bool needs_attention(store::Outcome outcome) {
  return outcome == store::Outcome::failed || outcome == store::Outcome::held || outcome == store::Outcome::refused ||
         outcome == store::Outcome::interrupted;
}

}  // namespace

base::Result<OnceReport> run_once(Engine& engine, model::Day today) {
  OnceReport report;
  for (const auto& plan : engine.setup().plans) {
    auto run = engine.sync(plan, today);
    if (!run) return std::unexpected(run.error());
    report.attention = report.attention || needs_attention(run->outcome);
    report.runs.push_back(std::move(*run));
  }
  auto pass = engine.assess(today, true);
  if (!pass) return std::unexpected(pass.error());
  report.pass = std::move(*pass);
  report.attention = report.attention || !report.pass.held.empty();
  const auto published = engine.publish(report.pass);
  // Also where nothing could be published: then above all.
  if (auto delivered = engine.deliver(); !delivered) return std::unexpected(delivered.error());
  if (!published) return std::unexpected(published.error());
  base::log::info("run.done", {{"as_of", today.iso()},
                               {"units", static_cast<std::uint64_t>(report.pass.verdicts->by_unit.size())},
                               {"changes", static_cast<std::uint64_t>(report.pass.changes.size())},
                               {"generation", report.pass.verdicts->generation}});
  return report;
}

}  // namespace ntmd::engine
