#include "daemon/engine/run_once.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "daemon/base/log.h"

namespace ntmd::engine {

base::Result<OnceReport> run_once(Engine& engine, model::Day today) {
  OnceReport report;
  if (const auto last = engine.assessor().last_assessed(); last && today < *last) {
    auto pass = engine.assess(today, true);
    if (!pass) return std::unexpected(pass.error());
    report.pass = std::move(*pass);
    return report;
  }
  if (auto polled = poll_all(engine, today, report); !polled) return std::unexpected(polled.error());
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
