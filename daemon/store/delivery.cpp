#include "daemon/store/delivery.h"

#include <stdexcept>

namespace ntmd::store {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
      return "ok";
    case Outcome::unchanged:
      return "unchanged";
    case Outcome::partial:
      return "partial";
    case Outcome::empty_suspect:
      return "empty_suspect";
    case Outcome::held:
      return "held";
    case Outcome::refused:
      return "refused";
    case Outcome::failed:
      return "failed";
    case Outcome::interrupted:
      return "interrupted";
    case Outcome::skipped:
      return "skipped";
  }
  throw std::logic_error("Outcome: no such value");
}

std::string_view to_string(Standing standing) {
  switch (standing) {
    case Standing::in_force:
      return "in_force";
    case Standing::held:
      return "held";
    case Standing::retracted:
      return "retracted";
    case Standing::recorded:
      return "recorded";
  }
  throw std::logic_error("Standing: no such value");
}

base::Result<std::vector<Run>> read_runs(RunReader* reader) {
  std::vector<Run> runs;
  while (reader != nullptr) {
    const auto run = reader->next();
    if (!run) return std::unexpected(run.error());
    if (*run == nullptr) break;
    runs.push_back(**run);
  }
  return runs;
}

}  // namespace ntmd::store
