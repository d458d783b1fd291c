#pragma once
// From the bytes of one delivery to what its transaction commits: decode, map, check, load. No store, no clock.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "connectors/map/pseudonym.h"
#include "daemon/base/digest.h"
#include "daemon/base/result.h"
#include "daemon/base/work_sharing.h"
#include "daemon/engine/key_piles.h"
#include "daemon/engine/source_plan.h"
#include "daemon/store/delivery.h"

namespace ntmd::engine {

/// What is known of the bytes before they are parsed.
struct Arrival {
  std::string part;                     ///< file name, or the window "2026-08"
  std::optional<model::Day> dated;      ///< from the file name or the window, when the connector takes it from there
  std::optional<model::Period> window;  ///< of a polled window: the period flows get
  base::Instant received{};
  model::Day today;  ///< dates after it are stored and wait
};

/// How a pipeline works where it has a choice; the answer is the same.
struct Workshop {
  OpenScratch open_scratch = {};  ///< none: nothing spills
  base::ShareWork share = {};     ///< whole files are read side by side by whoever has time; none: by nobody else
  std::size_t piece = 0;          ///< bytes that are read at once side by side; 0: as is best
};

/// One delivery on its way through decode, map, check and load. Bytes go in as they come. Memory: the figures and
/// evidence staged; of a snapshot a fixed amount, for its keys spill. One thread at a time.
class Pipeline {
 public:
  /// `sources` gives the source's id for the rows. `pseudonyms` must outlive the pipeline.
  Pipeline(std::shared_ptr<const SourcePlan> plan, const units::UnitRegister& units, model::NameTable& sources,
           const connectors::Pseudonyms& pseudonyms, Arrival arrival, Workshop workshop = {});
  ~Pipeline();
  Pipeline(Pipeline&&) noexcept;

  /// Where the bytes that are fed next may be put, so that they need not be copied. Empty: nowhere.
  std::span<char> room();
  /// bad_data when the delivery must be refused whole (no header, invalid UTF-8, unterminated quote, truncated JSON,
  /// HTML …); retry_later when what spills finds no room.
  base::Status feed(std::string_view bytes);
  /// Begins a further document of the same delivery (the next page, the next commune); `context` gives values to
  /// `$item.<key>`.
  base::Status next_document(std::span<const std::pair<std::string, std::string>> context);
  /// Ends the input and gives what to commit: head with id, partition, counts, content digest; standing in_force, held
  /// (with the reason; `expect` is judged here, except flips) or recorded (an empty snapshot).
  base::Result<store::StagedDelivery> finish();
  /// Messages about what was noticed but not refused, e.g. rows dated after today; bounded.
  [[nodiscard]] std::span<const std::string> notes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ntmd::engine
