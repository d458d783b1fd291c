#pragma once
// What the store says of each source, read again only when something came of it since.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/engine/setup.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

struct SourceState {
  std::vector<store::RunRow> runs;           ///< the newest, the last first
  std::optional<model::Day> newest;          ///< as `newest_data` of the day
  std::optional<base::Instant> success;      ///< the last
  std::optional<base::Instant> silent_from;  ///< what `silent_after` was asked with and gave
  std::optional<base::Instant> silent_after;
};

/// Owned by the thread that owns the store. Whoever changes runs, deliveries or their standing says so by `forget`.
class SourceMemory {
 public:
  SourceMemory(const Setup& setup, store::Store& store) : setup_(setup), store_(store) {}

  /// On another day everything is read again. Valid until the next call of any kind.
  base::Result<SourceState*> of(const std::string& source, model::Day day);
  void forget(std::string_view source);
  void forget() { known_.clear(); }

 private:
  const Setup& setup_;
  store::Store& store_;
  model::Day day_;
  std::map<std::string, SourceState, std::less<>> known_;
};

}  // namespace ntmd::engine
