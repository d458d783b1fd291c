#pragma once
// A small province with everything that makes judging hard, at work on a store of its own, and random things that
// happen to it.

#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "daemon/engine/engine.h"
#include "tests/unit/base/temp_folder.h"

namespace ntmd::engine {

/// The day is told; each reading is a little later than the one before. Thread-safe: the HTTP driver looks, too.
class StepClock final : public base::Clock {
 public:
  void day(model::Day day) { noon_ = std::int64_t{day.since_epoch()} * 86'400'000'000 + 5 * 3'600'000'000; }
  [[nodiscard]] base::Instant now() const override {
    return base::Instant(std::chrono::microseconds(noon_ + 1000 * ++steps_));
  }
  [[nodiscard]] base::Steady steady() const override { return base::Steady{}; }

 private:
  std::atomic<std::int64_t> noon_{0};
  mutable std::atomic<std::int64_t> steps_{0};
};

/// Thousands of things happen.
void log_errors_only();

/// One thing that happens, told so that it can happen again elsewhere.
struct Event {
  enum class Kind : std::uint8_t { deliver, accept, retract, day, assess };
  Kind kind = Kind::assess;
  std::string source;  // deliver
  std::string file;
  std::string text;
  std::int64_t received_us = 0;
  std::string delivery;  // accept, retract
  model::Day day;        // day: the day that comes; assess: judged on it
};

/// The province's files, and an engine on them.
class Province {
 public:
  /// 100: no mass-change guard, which looks at what was decided on the way.
  /// `receipts`: a source of dossiers, too.
  explicit Province(const std::vector<std::string>& bank_sources = {"bank-x", "bank-y", "bank-z"},
                    int flips_max_pct = 100, bool receipts = false);

  void happen(const Event& event);
  /// Judges what changed (`full`: everything).
  Pass assess(bool full);
  /// Another process: closes the engine and opens one from the store.
  void restart();
  Engine& engine() { return *engine_; }
  [[nodiscard]] model::Day today() const { return today_; }
  /// Every text that was delivered, by its SHA-256.
  [[nodiscard]] const std::map<std::string, std::string>& texts() const { return texts_; }
  /// Ids of deliveries by standing.
  std::vector<std::string> deliveries(store::Standing standing);

  /// What is published of `verdicts`, and every operand, finding and truth in it, as text. Without `history` what
  /// depends on the way here is left out: decisions, generation, revisions and times of recording.
  std::string text(const rules::Verdicts& verdicts, bool history);
  /// As a process would judge that knows nothing but the store: facts read anew, every unit judged. Right after a pass
  /// it is what that pass is remembered to have said.
  std::string text_of_a_fresh_reader();

 private:
  void open();

  test::TempFolder folder_;
  std::unique_ptr<base::Files> files_ = base::make_system_files();
  StepClock clock_;
  connectors::Pseudonyms pseudonyms_{base::SipKey{1, 2, 3}, 1};
  std::unique_ptr<Engine> engine_;
  model::Day today_;
  std::map<std::string, std::string> texts_;
};

/// Makes events up; knows what the folders hold.
class Fate {
 public:
  explicit Fate(std::uint32_t seed) : random_(seed) {}

  Event next(Province& province);

 private:
  struct File {
    std::vector<std::string> texts;  // every one it ever had
    std::int64_t received_us = 0;    // of the last
  };
  std::uint32_t roll(std::uint32_t sides) { return static_cast<std::uint32_t>(random_()) % sides; }
  template <class Items>
  const auto& one_of(const Items& items) {
    return *std::next(std::begin(items), roll(static_cast<std::uint32_t>(std::size(items))));
  }
  Event deliver(Province& province);
  static bool can_fall_back(Province& province, const std::string& delivery);
  Event file_event(const std::string& source, const std::string& name, std::string text);
  std::string figures(model::Day today);
  std::string evidence(model::Day today);
  std::string accounts();
  model::Day later_day(model::Day today);

  std::mt19937 random_;
  std::map<std::string, File> files_;  // by source and name
  std::int64_t step_ = 0;
};

}  // namespace ntmd::engine
