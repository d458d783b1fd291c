#pragma once
// The people of a generated province: each one is a function of the seed and a number, so nothing is kept of them.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/generate/calendar.h"
#include "tests/bench/generate/random.h"

namespace ntmd::bench {

/// How the export of a later day differs from the first one.
enum class Change : std::uint8_t { none, scattered, few };

struct ProvincePlan {
  std::vector<std::string> communes;  ///< codes; the last has closed accounts only, the one before nobody
  Day first_day;                      ///< of the first export
  Day day;                            ///< of this export, at most one after the first
  WorkingAge age;
  std::uint64_t seed = 1;
  Change change = Change::none;
};

struct Person {
  std::array<char, 12> number{};  ///< citizen number
  std::array<char, 10> born{};    ///< dd/MM/yyyy
  std::uint32_t commune = 0;
  std::uint32_t second_commune = 0;  ///< of the last account, mostly the same
  std::uint32_t name = 0;
  bool counts = false;   ///< of working age on the day of the export
  bool changed = false;  ///< since the first export
  std::uint32_t draw = 0;
};

/// Thread-safe after it is made.
class People {
 public:
  explicit People(const ProvincePlan& plan);
  [[nodiscard]] Person person(std::uint64_t index) const;

 private:
  [[nodiscard]] Day birth(Draws& draws, bool female) const;
  [[nodiscard]] bool changes(std::uint64_t index, std::uint32_t commune) const;

  const ProvincePlan& plan_;
  std::vector<std::uint32_t> schedule_;    // a commune as often as its weight
  std::array<std::vector<Day>, 2> edges_;  // by sex: birthdays beside the limits of working age
  std::uint32_t few_ = 0;                  // communes that change when few do
};

}  // namespace ntmd::bench
