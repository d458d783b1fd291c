// Dossiers that come late, are corrected, moved, held and taken back: what changed, judged again, is what everything
// judged from nothing is, and the sums are those of a naive recount.

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "daemon/engine/verify.h"
#include "daemon/store/record_months.h"
#include "tests/unit/engine/random_province.h"

using namespace ntmd;
using engine::Event;
using engine::Province;
using model::Day;

namespace {

constexpr std::string_view kUnits[] = {"00001", "00002", "00003", "00004", "00005", "99999"};

struct Dossier {
  std::string number;
  std::string unit;
  char channel = '1';
  std::string state;
  Day received;
  std::optional<Day> ended;
};

/// What was in one file, and how it stands.
struct File {
  std::string name;
  std::int64_t received_us = 0;
  std::vector<Dossier> dossiers;
};

std::string stamp(Day day) {
  auto iso = day.iso();
  std::erase(iso, '-');
  return iso + "101500";
}

std::string text_of(const std::vector<Dossier>& dossiers) {
  std::string text;
  for (const auto& dossier : dossiers) {
    text += fmt::format(R"({{"MaHoSo":"{}","KenhThucHien":"{}","NgayTiepNhan":"{}","NgayKetThucXuLy":"{}",)"
                        R"("TrangThaiHoSo":"{}","DonViXuLy":"{}"}})"
                        "\n",
                        dossier.number, dossier.channel, stamp(dossier.received),
                        dossier.ended ? stamp(*dossier.ended) : "", dossier.state, dossier.unit);
  }
  return text;
}

/// Whether a code is a commune's on the day.
bool known(const std::string& unit, Day day) {
  if (unit == "00004") return day <= Day::of(2024, 12, 31).value();
  if (unit == "00005") return day >= Day::of(2025, 1, 1).value();
  return unit != "99999";
}

/// 00003 is another commune from November 2024 on.
bool same_commune(const std::string& unit, Day a, Day b) {
  const auto change = Day::of(2024, 11, 1).value();
  return unit != "00003" || (a < change) == (b < change);
}

class Life {
 public:
  explicit Life(std::uint32_t seed) : random_(seed) {}

  Event next(Province& province) {
    ++step_;
    Event event;
    const auto dice = roll(10);
    if (dice == 0) {
      event.kind = Event::Kind::day;
      event.day = province.today() + static_cast<int>(1 + roll(roll(3) == 0 ? 40 : 4));
      return event;
    }
    if (dice <= 2) {
      const auto standing = roll(2) == 0 ? store::Standing::in_force : store::Standing::held;
      const auto ids = province.deliveries(standing);
      if (!ids.empty()) {
        event.kind = standing == store::Standing::held ? Event::Kind::accept : Event::Kind::retract;
        event.delivery = ids[roll(static_cast<std::uint32_t>(ids.size()))];
        return event;
      }
    }
    event.kind = Event::Kind::deliver;
    event.source = "receipts";
    event.file = fmt::format("{:03}.ndjson", step_);
    event.received_us = 1'700'000'000'000'000 + (step_ - roll(6)) * 60'000'000 + roll(2);
    std::vector<Dossier> dossiers;
    for (auto count = 1 + roll(12); count > 0; --count) {
      Dossier dossier;
      dossier.number = fmt::format("H44.1-{:03}", roll(60));
      dossier.unit = kUnits[roll(40) == 0 ? 5 : roll(5)];
      dossier.channel = "123"[roll(3)];
      dossier.state = std::to_string(1 + roll(10));
      // Dates to come wait for their day, within the month: beyond it a month that nobody has told yet would be a hole.
      const auto end = store::last_day(store::month_of(province.today()));
      const auto days = roll(30) == 0 ? 3 : -static_cast<int>(roll(roll(4) == 0 ? 300 : 40));
      dossier.received = std::min(province.today() + days, end);
      if (roll(2) == 0) dossier.ended = std::min(dossier.received + static_cast<int>(roll(20)), end);
      dossiers.push_back(dossier);
    }
    event.text = text_of(dossiers);
    files_[event.file] = {event.file, event.received_us, std::move(dossiers)};
    return event;
  }

  /// What the window of `today` holds of the element in the unit; nullopt: no dossier of the unit is in force.
  std::optional<std::int64_t> count(Province& province, const std::string& unit, std::string_view element) {
    const auto year = province.today().ymd().year();
    const bool early = province.today() < Day(year / 2 / 15);
    const auto before = year - std::chrono::years(1);
    const Day first = early ? Day(before / 1 / 1) : Day(year / 1 / 1);
    const Day last = early ? Day(before / 12 / 31) : province.today();
    std::optional<std::int64_t> sum;
    for (const auto& [number, dossier] : in_force(province)) {
      if (dossier.unit != unit) continue;
      const bool done = dossier.state == "9" || dossier.state == "10";
      const bool resolved = element.starts_with("dossiers_resolved");
      const auto day = resolved ? dossier.ended.value_or(dossier.received) : dossier.received;
      if (!same_commune(unit, day, province.today())) continue;
      sum = sum.value_or(0);
      if (day < first || day > last) continue;
      if (resolved ? !done : dossier.state == "1" || dossier.state == "3") continue;
      if (element.ends_with("_online") && dossier.channel != '2') continue;
      ++*sum;
    }
    return sum;
  }

 private:
  std::map<std::string, Dossier> in_force(Province& province) {
    std::map<std::string, Dossier> found;
    std::map<std::string, std::pair<std::int64_t, std::string>> ranks;
    const auto heads = province.engine().store().deliveries("receipts");
    REQUIRE(heads);
    for (const auto& head : *heads) {
      if (head.standing != store::Standing::in_force) continue;
      const auto& file = files_.at(head.part);
      for (const auto& dossier : file.dossiers) {
        if (!known(dossier.unit, dossier.received)) continue;  // refused
        const std::pair rank(file.received_us, file.name);
        const auto [place, fresh] = ranks.try_emplace(dossier.number, rank);
        if (!fresh && rank < place->second) continue;
        place->second = rank;
        found[dossier.number] = dossier;
      }
    }
    return found;
  }
  std::uint32_t roll(std::uint32_t sides) { return static_cast<std::uint32_t>(random_()) % sides; }

  std::mt19937 random_;
  std::map<std::string, File> files_;
  std::int64_t step_ = 0;
};

std::string difference(const std::string& a, const std::string& b) {
  const auto [at, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (at == a.end() && other == b.end()) return {};
  const auto from = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, at - a.begin() - 300));
  return a.substr(from, 600) + "\n---- expected\n" + b.substr(from, 600);
}

}  // namespace

TEST_CASE("dossiers: what changed, judged again, is what everything judged from nothing is, and a naive recount") {
  engine::log_errors_only();
  std::size_t counted = 0;
  for (std::uint32_t life = 1; life <= 6; ++life) {
    CAPTURE(life);
    Province province({}, 100, true);
    Province hasty({}, 100, true);
    Life lived(life);
    for (int step = 0; step < 40; ++step) {
      CAPTURE(step);
      for (auto events = 1 + (static_cast<std::uint32_t>(step) + life) % 3; events > 0; --events) {
        const auto event = lived.next(province);
        province.happen(event);
        hasty.happen(event);
      }
      if (step % 9 == 8) province.restart();
      const auto pass = province.assess(false);
      REQUIRE(difference(province.text(*pass.verdicts, true), province.text_of_a_fresh_reader()).empty());
      for (const auto& unit : pass.verdicts->by_unit) {
        const auto code = std::string(pass.verdicts->units->at(unit.unit).code.view());
        for (const auto& verdict : unit.indicators) {
          for (const auto& operand : verdict.operands) {
            if (!operand.element_name.str().starts_with("dossiers")) continue;
            const auto expected = lived.count(province, code, operand.element_name);
            CAPTURE(code, operand.element_name, province.today().iso());
            // A window before the first dossier or after the last has no figure.
            if (operand.value) {
              CHECK(operand.value == expected);
              ++counted;
            } else {
              CHECK(expected.value_or(0) == 0);
            }
          }
        }
      }
    }
    const auto slow = province.assess(true);
    const auto quick = hasty.assess(true);
    REQUIRE(difference(hasty.text(*quick.verdicts, false), province.text(*slow.verdicts, false)) == "");
    auto report = engine::verify(province.engine().setup(), province.engine().store(), nullptr);
    REQUIRE(report);
    CHECK(report->differences == std::vector<std::string>{});
  }
  CHECK(counted > 1000);
}
