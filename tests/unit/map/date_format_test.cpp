#include "connectors/map/date_format.h"

#include <catch2/catch.hpp>

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
