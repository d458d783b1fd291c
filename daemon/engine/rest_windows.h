#pragma once
// The windows of one poll of a REST source, one after the other, whoever drives their exchanges.

#include <memory>
#include <string>
#include <vector>

#include "connectors/rest/rest_exchange.h"
#include "daemon/engine/pipeline.h"
#include "daemon/engine/poller.h"

namespace ntmd::engine {

/// `next`, then `take` for each document of that exchange, then `end`; again until `next` gives none. One thread at a
/// time; the references must outlive it.
class RestWindows {
 public:
  RestWindows(const Setup& setup, const World& world, Spool& spool, PollOrder order);

  /// The next window's exchange; nullptr when all are done, or one failed: the far side has just failed or refused, the
  /// others are asked next time.
  std::unique_ptr<connectors::Exchange> next();
  base::Status take(connectors::Document&& document);
  /// The exchange is over: delivers the window, or says why not.
  void end(const base::Status& exchanged);

  /// `next`, `end` or what came between has thrown: no other window is asked.
  void broke(const std::exception& bug);

  [[nodiscard]] const PollOrder& order() const { return order_; }
  /// Once, when `next` gave none.
  [[nodiscard]] PollReport take_report() { return std::move(report_); }

 private:
  void fail(const base::Error& error);

  const Setup& setup_;
  World world_;
  Spool* spool_;
  PollOrder order_;
  PollReport report_;
  base::Result<connectors::ResolvedAuth> auth_;
  std::vector<connectors::RestWindow> windows_;
  std::size_t at_ = 0;  // of the window under way, or the next
  std::optional<Pipeline> pipeline_;
  std::optional<SpoolDraft> copy_;
  bool all_before_ = true;
  bool over_ = false;
};

}  // namespace ntmd::engine
