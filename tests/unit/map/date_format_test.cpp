#include "connectors/map/date_format.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

using namespace ntmd;
using namespace ntmd::connectors;

TEST_CASE("dates are read as the pattern says and must be real") {
  const auto local = DateFormat::parse("dd/MM/yyyy").value();
  CHECK(local.read("29/02/2024") == model::Day::of(2024, 2, 29));
  for (const auto* text : {"29/02/2023", "31/04/2024", "00/01/2024", "01/13/2024", "1/1/2024", "01-01-2024", "01/01/24",
                           "01/01/2024 ", " 01/01/2024", "01/01/202x", "", "2024-01-01"}) {
    CAPTURE(text);
    CHECK_FALSE(local.read(text).has_value());
  }
  CHECK(local.has_shape("31/02/2024"));
  CHECK_FALSE(local.has_shape("31-02-2024"));
}

TEST_CASE("a time behind the day must be one, and an open end takes anything") {
  const auto stamp = DateFormat::parse("yyyyMMddHHmmss").value();
  CHECK(stamp.read("20240229235959") == model::Day::of(2024, 2, 29));
  CHECK_FALSE(stamp.read("20240229240000").has_value());
  CHECK_FALSE(stamp.read("20240229").has_value());
  const auto open = DateFormat::parse("yyyy-MM-dd*").value();
  CHECK(open.read("2024-12-01T08:00:00Z") == model::Day::of(2024, 12, 1));
  CHECK(open.read("2024-12-01") == model::Day::of(2024, 12, 1));
  CHECK(DateFormat::parse("yyyy-MM-ddTHH:mm:ssZ").value().read("2024-12-01T08:00:00Z") == model::Day::of(2024, 12, 1));
}

TEST_CASE("a pattern without a whole day, or with unknown letters, is refused") {
  for (const auto* pattern : {"dd/MM", "yyyy", "", "dd/MM/yy", "dd/MM/yyyy/dd", "dd-MMM-yyyy", "DD/MM/yyyy"}) {
    CAPTURE(pattern);
    CHECK_FALSE(DateFormat::parse(pattern).has_value());
  }
}

TEST_CASE(
    "every day is read as it is written, and what differs from it by a character is the day that this writes or none") {
  struct Written {
    DateFormat format;
    std::array<std::size_t, 3> at;  // of the year, the month, the day
  };
  std::vector<Written> patterns;
  for (const auto* pattern : {"dd/MM/yyyy", "yyyy-MM-dd", "MMddyyyy", "yyyyMMdd", "dd.yyyy.MM", "MM of yyyy, the dd"}) {
    const std::string_view text(pattern);
    if (const auto format = DateFormat::parse(text))
      patterns.push_back({*format, {text.find("yyyy"), text.find("MM"), text.find("dd")}});
  }
  REQUIRE(patterns.size() == 5);  // the last has letters that mean nothing
  std::mt19937 random(31);
  const auto number = [](std::string_view text, std::size_t at, std::size_t size) {
    int found = 0;
    for (const auto c : text.substr(at, size)) found = found < 0 || c < '0' || c > '9' ? -1 : found * 10 + (c - '0');
    return found;
  };
  for (auto day = model::Day::of(1895, 1, 1).value(); day < model::Day::of(2105, 1, 1).value(); day = day + 3) {
    const auto iso = day.iso();
    for (const auto& [format, at] : patterns) {
      auto text = format.pattern();
      text.replace(at[0], 4, iso, 0, 4).replace(at[1], 2, iso, 5, 2).replace(at[2], 2, iso, 8, 2);
      CHECK(format.read(text) == day);
      const auto changed = random() % text.size();
      const auto before = text[changed];
      text[changed] = static_cast<char>(random() % 3 == 0 ? random() : '0' + random() % 10);
      const bool literal = std::ranges::none_of(std::array{0U, 1U, 2U}, [&](auto part) {
        return changed >= at[part] && changed < at[part] + (part == 0 ? 4U : 2U);
      });
      const auto expected = literal && text[changed] != before
                                ? std::nullopt
                                : model::Day::of(number(text, at[0], 4), static_cast<unsigned>(number(text, at[1], 2)),
                                                 static_cast<unsigned>(number(text, at[2], 2)));
      CAPTURE(text);
      CHECK(format.read(text) == expected);
    }
  }
}
