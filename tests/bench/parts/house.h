#pragma once
// The engine on a prepared folder, in this process, for measures that are about parts of it.

#include <time.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/files.h"
#include "daemon/engine/engine.h"
#include "daemon/model/day.h"

namespace ntmd::bench {

class House {
 public:
  /// Throws std::runtime_error, as every function here does where the engine fails.
  House(const std::string& config, model::Day day);

  [[nodiscard]] engine::Engine& engine() { return *engine_; }
  [[nodiscard]] model::Day day() const { return day_; }

  /// A delivery of one figure that turns the first indicator of one unit from met to not met, or the other way round.
  /// `turn`: another unit for each.
  store::StagedDelivery turning(std::size_t turn);

 private:
  base::SystemClock clock_;
  std::unique_ptr<base::Files> files_;
  std::unique_ptr<engine::Engine> engine_;
  model::Day day_;
};

template <class T>
T value_of(base::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().what);
  return std::move(*result);
}
inline void expect(const base::Status& status) {
  if (!status) throw std::runtime_error(status.error().what);
}

/// What pieces of work took, in milliseconds: by the clock on the wall, and of the processor.
struct Took {
  std::vector<double> wall;
  std::vector<double> cpu;

  template <class Work>
  void measure(Work work) {
    const double cpu_before = processor();
    const auto begun = std::chrono::steady_clock::now();
    work();
    wall.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count());
    cpu.push_back(processor() - cpu_before);
  }

 private:
  static double processor() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
  }
};

}  // namespace ntmd::bench
