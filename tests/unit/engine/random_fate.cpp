// What happens to the random province.

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "daemon/engine/counted.h"
#include "tests/unit/engine/random_province.h"

namespace ntmd::engine {
namespace {

constexpr std::string_view kUnits[] = {"00001", "00002", "00003", "00004", "00005"};
constexpr std::string_view kStocks[] = {
    "adults",      "adults_with_smartphone", "officials", "officials_with_smartphone", "schools",
    "working_age", "traceability_sites"};
constexpr std::string_view kFlows[] = {"dossiers", "dossiers_online", "dossiers_resolved", "dossiers_resolved_online",
                                       "telehealth_encounters"};
constexpr int kPeople = 24;

/// The last day of the month of `day`.
model::Day month_end(model::Day day) {
  const auto ymd = day.ymd();
  return model::Day(ymd.year() / ymd.month() / std::chrono::last);
}

}  // namespace

model::Day Fate::later_day(model::Day today) {
  const auto year = today.ymd().year();
  const model::Day marks[] = {
      month_end(today),
      month_end(today) + 1,
      model::Day(year / 12 / 31),
      model::Day((year + std::chrono::years(1)) / 1 / 1),
      model::Day((year + std::chrono::years(today.ymd().month() > std::chrono::March ? 1 : 0)) / 2 / 14),
      model::Day((year + std::chrono::years(today.ymd().month() > std::chrono::March ? 1 : 0)) / 2 / 15)};
  switch (roll(8)) {
    case 0: {
      const auto mark = one_of(marks);
      return mark > today ? mark : today + 1;
    }
    case 1:
      return today + static_cast<int>(10 + roll(35));
    default:
      return today + static_cast<int>(1 + roll(3));
  }
}

std::string Fate::figures(model::Day today) {
  std::string text = "unit,element,as_of,period_start,period_end,value\n";
  for (auto rows = 1 + roll(5); rows > 0; --rows) {
    const auto date = today + (static_cast<int>(roll(60)) - 55);
    text += fmt::format("{},{},{},,,{}\n", one_of(kUnits).substr(0, 5), one_of(kStocks), date.iso(),
                        roll(6) == 0 ? std::string(roll(2) == 0 ? "" : "0") : std::to_string(roll(10)));
  }
  if (roll(3) == 0) {  // a year's months up to some month, with a hole or an overlap now and then
    const auto unit = one_of(kUnits);
    const auto year = today.ymd().year() - std::chrono::years(roll(3) == 0 ? 1 : 0);
    const auto months = 1 + roll(12);
    for (unsigned month = 1; month <= months; ++month) {
      if (roll(25) == 0) continue;
      model::Day first(year / static_cast<int>(month) / 1);
      const auto last = month_end(first);
      if (roll(40) == 0) first = first + -1;
      for (const auto& element : kFlows) {
        if (roll(30) == 0) continue;
        text += fmt::format("{},{},,{},{},{}\n", unit, element, first.iso(), last.iso(), roll(9));
      }
    }
  }
  if (roll(8) == 0) text += "99999,adults,2024-11-01,,,1\n";  // held by it when the file is small
  return text;
}

std::string Fate::evidence(model::Day today) {
  static constexpr std::pair<std::string_view, std::string_view> kKinds[] = {
      {"1.1", "confirm_area"}, {"1.1", "confirm_commune"}, {"1.3", "decision"},  {"1.3", "plan"},
      {"2.3", "inspection"},   {"khu", "recognition"},     {"1.2", "exemption"}, {"1.1", "exemption"}};
  std::string text = "unit,indicator,kind,number,issued_on,issuer,valid_to,state,confirmed_value,sha256\n";
  for (auto rows = 2 + roll(24); rows > 0; --rows) {
    const auto& [indicator, kind] = one_of(kKinds);
    const auto issued = today + (static_cast<int>(roll(60)) - 55);
    const auto fate = roll(10);
    text += fmt::format("{},{},{},{},{},UBND,{},{},{},\n", one_of(kUnits), indicator, kind, roll(3), issued.iso(),
                        roll(2) == 0 ? (issued + static_cast<int>(roll(70))).iso() : std::string(),
                        fate == 0   ? "rejected"
                        : fate == 1 ? "withdrawn"
                                    : "accepted",
                        roll(5) == 0 ? std::string() : std::to_string(roll(9)));
  }
  return text;
}

std::string Fate::accounts() {
  std::string text = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n";
  for (auto rows = roll(25); rows > 0; --rows) {
    const auto person = roll(kPeople);
    text += fmt::format("{},0250900000{:02},AN,01/02/{},TK,01/02/2023,{}\n", kUnits[roll(4) == 0 ? roll(3) : 0], person,
                        person % 6 == 0 ? "2020" : "1990", roll(4) == 0 ? "CLOSED" : "ACTIVE");
  }
  if (roll(8) == 0) text += "00001,02509000000X,AN,01/02/1990,TK,01/02/2023,ACTIVE\n";
  return text;
}

Event Fate::file_event(const std::string& source, const std::string& name, std::string text) {
  auto& file = files_[source + '/' + name];
  const bool back = !file.texts.empty() && roll(4) == 0;
  if (back) text = one_of(file.texts);
  if (!file.texts.empty() && roll(8) == 0) text = file.texts.back();
  // A file put back may keep the time of its bytes.
  const bool old_time = back && roll(2) == 0;
  if (!old_time) file.received_us = 1'700'000'000'000'000 + step_ * 60'000'000;
  file.texts.push_back(text);
  Event event;
  event.kind = Event::Kind::deliver;
  event.source = source;
  event.file = name;
  event.text = std::move(text);
  event.received_us = old_time ? file.received_us - 3'600'000'000 : file.received_us;
  return event;
}

Event Fate::deliver(Province& province) {
  switch (roll(3)) {
    case 0:
      return file_event(roll(2) == 0 ? "numbers-a" : "numbers-b", fmt::format("n{}.csv", roll(4)),
                        figures(province.today()));
    case 1:
      return file_event(roll(2) == 0 ? "papers-a" : "papers-b", fmt::format("p{}.csv", roll(2)),
                        evidence(province.today()));
    default: {
      const auto& plans = province.engine().setup().plans;
      const auto& bank = plans[roll(static_cast<std::uint32_t>(plans.size()) - 4)]->id;  // banks come first by id
      if (const auto known = files_.lower_bound(bank + '/');
          known != files_.end() && known->first.starts_with(bank) && roll(2) == 0) {
        const auto after = files_.lower_bound(bank + '0');  // the character after the slash
        const auto count = static_cast<std::uint32_t>(std::distance(known, after));
        const auto recent = std::next(known, count - 1 - roll(std::min(count, 6U)));
        return file_event(bank, recent->first.substr(bank.size() + 1), accounts());
      }
      const auto date = province.today() + (static_cast<int>(roll(24)) - 20);
      return file_event(bank, fmt::format("{}_{}.csv", date.iso(), roll(2)), accounts());
    }
  }
}

/// Whether the runs are kept of what would be in force without `delivery`.
bool Fate::can_fall_back(Province& province, const std::string& delivery) {
  auto& store = province.engine().store();
  const auto gone = store.find_delivery(delivery);
  REQUIRE(gone);
  if ((*gone)->kind != store::LoadKind::snapshot) return true;
  const auto heads = store.deliveries((*gone)->source);
  REQUIRE(heads);
  std::vector<store::DeliveryHead> left;
  for (const auto& head : *heads) {
    if (head.id != delivery) left.push_back(head);
  }
  const auto element = province.engine().setup().elements->find("account_holders")->id;
  return std::ranges::all_of(snapshot_in_force(left, province.today()),
                             [&](const auto& head) { return store.runs_of(head.revision, element).has_value(); });
}

Event Fate::next(Province& province) {
  ++step_;
  Event event;
  const auto dice = roll(20);
  if (dice == 0) {
    const auto held = province.deliveries(store::Standing::held);
    if (!held.empty()) {
      event.kind = roll(3) == 0 ? Event::Kind::retract : Event::Kind::accept;
      event.delivery = one_of(held);
      return event;
    }
  }
  if (dice == 1) {
    const auto counting = province.deliveries(store::Standing::in_force);
    if (!counting.empty()) {
      event.kind = Event::Kind::retract;
      event.delivery = one_of(counting);
      if (can_fall_back(province, event.delivery)) return event;
      event = {};
    }
  }
  if (dice < 6) {
    event.kind = Event::Kind::day;
    event.day = later_day(province.today());
    return event;
  }
  return deliver(province);
}

}  // namespace ntmd::engine
