#include "daemon/rules/merge.h"

#include <algorithm>
#include <cmath>

namespace ntmd::rules {
namespace {

template <class T>
void take_in(std::vector<T>& into, const std::vector<T>& more) {
  into.insert(into.end(), more.begin(), more.end());
  std::ranges::sort(into);
  into.erase(std::ranges::unique(into).begin(), into.end());
}

void add(Told& sum, std::int64_t value) {
  std::int64_t total = 0;
  if (__builtin_add_overflow(*sum.value, value, &total)) {
    sum.missing = Reason::sum_too_large;
  } else {
    sum.value = total;
  }
}

bool can_be_added(std::span<const MergedPart> parts) {
  const bool renamed = parts.size() == 1 && parts.front().share == 1.0;
  return std::ranges::all_of(parts, [&](const MergedPart& part) {
    return part.share && part.told.speaks() && (!part.told.derived || renamed);
  });
}

std::int64_t share_of(std::int64_t value, double share) {
  return share == 1.0 ? value : static_cast<std::int64_t>(std::llround(static_cast<long double>(value) * share));
}

}  // namespace

Told sum_of_parts(std::span<const MergedPart> parts, bool flow, const Overdue& overdue) {
  Told sum;
  if (parts.empty() || !can_be_added(parts)) {
    sum.elsewhere =
        std::ranges::any_of(parts, [](const MergedPart& part) { return part.told.speaks() || part.told.elsewhere; });
    return sum;
  }
  sum.value = 0;
  const Told* oldest = &parts.front().told;
  for (const auto& part : parts) {
    const auto& told = part.told;
    if (told.value) {
      add(sum, share_of(*told.value, *part.share));
    } else if (!sum.missing) {
      sum.missing = told.missing;
    }
    const auto late = std::pair(overdue(told), oldest->period.last - told.period.last);
    if (late > std::pair(overdue(*oldest), 0)) oldest = &told;
    sum.jumped = sum.jumped || told.jumped;
    sum.disputed = sum.disputed || told.disputed;
    sum.derived = sum.derived || told.derived;
    take_in(sum.deliveries, told.deliveries);
    take_in(sum.parts, told.parts.empty() ? std::vector{part.unit} : told.parts);
  }
  if (sum.missing) sum.value.reset();
  sum.source = oldest->source;
  sum.period = oldest->period;
  if (flow) {
    for (const auto& part : parts) sum.period.first = std::min(sum.period.first, part.told.period.first);
  }
  return sum;
}

Told before_and_since(const Told& before, const Told& since) {
  Told both = since;
  both.jumped = both.jumped || before.jumped;
  both.disputed = both.disputed || before.disputed;
  both.derived = both.derived || before.derived;
  both.parts = before.parts;
  both.period.first = before.period.first;
  take_in(both.deliveries, before.deliveries);
  if (since.missing) return both;
  if (before.missing) {
    both.missing = before.missing;
  } else if (since.period.first <= before.period.last) {
    both.missing = Reason::window_overlap;
  } else if (since.period.first > before.period.last + 1) {
    both.missing = Reason::window_gap;
  } else {
    add(both, *before.value);
  }
  if (both.missing) both.value.reset();
  return both;
}

}  // namespace ntmd::rules
