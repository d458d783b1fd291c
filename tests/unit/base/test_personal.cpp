#include "daemon/base/personal.h"

#include <catch2/catch.hpp>

using namespace ntmd::base;

TEST_CASE("a text with as many digits as a person's number has none left") {
  CHECK(mask_numbers("025085731503") == "############");
  CHECK(mask_numbers("CMND 131 234 567, Lâm Thao") == "CMND ### ### ###, Lâm Thao");
  CHECK(mask_numbers("2026-02-30") == "2026-02-30");
  CHECK(mask_numbers("12345678x") == "12345678x");
  CHECK(mask_numbers("").empty());
}

TEST_CASE("12 digits together are like a citizen number, fewer or more are not") {
  CHECK(holds_citizen_number("025085731503"));
  CHECK(holds_citizen_number("so 025085731503/UBND"));
  CHECK(holds_citizen_number("A025085731503"));
  CHECK(holds_citizen_number("1234567890123 025085731503"));
  CHECK_FALSE(holds_citizen_number("12/QD-UBND"));
  CHECK_FALSE(holds_citizen_number("02508573150"));
  CHECK_FALSE(holds_citizen_number("0250857315034"));
  CHECK_FALSE(holds_citizen_number("025085 731503"));
}
