#include "daemon/engine/run_once.h"

#include <deque>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "daemon/base/log.h"
#include "daemon/engine/poll_ahead.h"

namespace ntmd::engine {
namespace {

/// A second thread for as long as there is something to read or to count.
class Helper {
 public:
  explicit Helper(Engine& engine) : engine_(engine) {
    engine_.set_help([this](std::function<void()> task) { boost::asio::post(thread_, std::move(task)); });
  }
  ~Helper() { engine_.set_help({}); }
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

 private:
  Engine& engine_;
  boost::asio::thread_pool thread_{1};
};

using Begun = base::Result<std::unique_ptr<PollAhead>>;

/// Of folders that follow each other so many are begun before the one before them is committed, and so many read: what
/// was read and waits leaves no core idle.
constexpr std::size_t kAhead = 3;
constexpr std::size_t kReaders = 2;

/// One source after the other: they are committed in their order.
base::Status poll_all(Engine& engine, model::Day today, OnceReport& report) {
  const auto& plans = engine.setup().plans;
  const auto readers = std::make_shared<Readers>(kReaders);
  const auto begin = [&](const std::shared_ptr<const SourcePlan>& plan) -> Begun {
    auto run = engine.open_run(plan, today);
    if (!run) return std::unexpected(run.error());
    return std::make_unique<PollAhead>(engine, std::move(*run), today, readers);
  };
  std::deque<Begun> begun;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const auto wanted = [&](std::size_t next) {
      return next == i || (next < plans.size() && next <= i + kAhead && plans[next - 1]->folder && plans[next]->folder);
    };
    while (wanted(i + begun.size())) begun.push_back(begin(plans[i + begun.size()]));
    const auto poll = std::move(begun.front());
    begun.pop_front();
    if (!poll) return std::unexpected(poll.error());
    auto run = (*poll)->serve();
    if (!run) return std::unexpected(run.error());
    report.attention = report.attention || store::needs_attention(run->outcome);
    report.runs.push_back(std::move(*run));
  }
  return {};
}

}  // namespace

base::Result<OnceReport> run_once(Engine& engine, model::Day today) {
  OnceReport report;
  if (const auto last = engine.assessor().last_assessed(); last && today < *last) {
    auto pass = engine.assess(today, true);
    if (!pass) return std::unexpected(pass.error());
    report.pass = std::move(*pass);
    return report;
  }
  const Helper helper(engine);
  if (auto polled = poll_all(engine, today, report); !polled) return std::unexpected(polled.error());
  auto pass = engine.assess(today, true);
  if (!pass) return std::unexpected(pass.error());
  report.pass = std::move(*pass);
  report.attention = report.attention || !report.pass.held.empty();
  auto published = engine.publish(report.pass);
  if (published) published = engine.settle();
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
