#include "tests/bench/generate/people.h"

#include <algorithm>

namespace ntmd::bench {
namespace {

constexpr std::size_t kSchedule = 1U << 18U;
constexpr std::uint64_t kNumbers = 64'000'000;  // 64 provinces of a million serials each
constexpr std::uint32_t kNames = 1U << 12U;

constexpr std::array kProvinces{1,  2,  4,  6,  8,  10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34,
                                35, 36, 37, 38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68,
                                70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96, 97};
static_assert(kProvinces.size() * 1'000'000 == kNumbers);

template <std::size_t kDigits>
void put_number(char* out, std::uint64_t value) {
  for (std::size_t i = kDigits; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

/// The birthdays on which working age begins and ends on `on`, with the day before and after each.
std::vector<Day> edges(const WorkingAge& age, bool female, Day on) {
  std::vector<Day> found;
  Day born = on - std::chrono::days{100 * 366};
  for (bool before = age.holds(born, female, on); born <= on; born += std::chrono::days{1}) {
    const bool now = age.holds(born, female, on);
    if (now != before) found.insert(found.end(), {born - std::chrono::days{1}, born});
    before = now;
  }
  return found;
}

}  // namespace

People::People(const ProvincePlan& plan) : plan_(plan) {
  Draws draws(plan.seed ^ 0xC0117ULL);
  std::vector<std::uint64_t> upto;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < plan.communes.size(); ++i) {
    const bool nobody = plan.communes.size() > 2 && i + 2 == plan.communes.size();
    upto.push_back(sum += nobody ? 0 : 60 + draws.below(100));
  }
  schedule_.resize(kSchedule);
  for (std::size_t i = 0; i < kSchedule; ++i) {
    const std::uint64_t at = i * sum / kSchedule;
    schedule_[i] = static_cast<std::uint32_t>(std::upper_bound(upto.begin(), upto.end(), at) - upto.begin());
  }
  for (const bool female : {false, true}) edges_[female] = edges(plan.age, female, plan.first_day);
  few_ = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(plan.communes.size() / 100));
}

Day People::birth(Draws& draws, bool female) const {
  const auto days_old = [&](int from, int to) {
    const int days = from * 365 + static_cast<int>(draws.below(static_cast<std::uint32_t>((to - from) * 365)));
    return plan_.first_day - std::chrono::days{days};
  };
  const std::uint32_t group = draws.below(1024);
  Day born = group < 4     ? edges_[female][draws.below(static_cast<std::uint32_t>(edges_[female].size()))]
             : group < 900 ? days_old(15, 58)
             : group < 945 ? days_old(3, 15)
                           : days_old(58, 95);
  // Nobody's answer changes by the mere passing of the day between two exports: only what is meant to change does.
  const Day next = plan_.first_day + std::chrono::days{1};
  while (plan_.age.holds(born, female, plan_.first_day) != plan_.age.holds(born, female, next)) {
    born += std::chrono::days{1};
  }
  return born;
}

bool People::changes(std::uint64_t index, std::uint32_t commune) const {
  const std::uint64_t draw = mix(plan_.seed * 31 + index * 7 + 5);
  switch (plan_.change) {
    case Change::none:
      return false;
    case Change::scattered:
      return draw % 100 == 0;
    case Change::few:
      return commune < few_ && draw % 4 == 0;
  }
  return false;
}

Person People::person(std::uint64_t index) const {
  Draws draws(plan_.seed * 0x10001ULL + index);
  Person made;
  made.commune = schedule_[draws.below(kSchedule)];
  made.second_commune = draws.below(64) == 0 ? schedule_[draws.below(kSchedule)] : made.commune;
  const bool female = draws.below(2) == 1;
  const Day born = birth(draws, female);
  made.name = draws.below(kNames);
  made.draw = draws.below(1U << 30U);
  made.counts = plan_.age.holds(born, female, plan_.day);
  made.changed = changes(index, made.commune);

  // A quarter of those who changed are other people now; their numbers come from the upper half, which nobody has.
  const bool replaced = made.changed && made.draw % 4 == 0;
  const std::uint64_t number = (index * 2 + (replaced ? 1 : 0)) * 25'165'843ULL % kNumbers;
  const std::chrono::year_month_day parts{born};
  const int year = static_cast<int>(parts.year());
  put_number<3>(made.number.data(), static_cast<std::uint64_t>(kProvinces[number / 1'000'000]));
  made.number[3] = static_cast<char>('0' + (year >= 2000 ? 2 : 0) + (female ? 1 : 0));
  put_number<2>(made.number.data() + 4, static_cast<std::uint64_t>(year % 100));
  put_number<6>(made.number.data() + 6, number % 1'000'000);
  put_day(born, made.born.data());
  return made;
}

}  // namespace ntmd::bench
