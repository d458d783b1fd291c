#include "daemon/units/fold.h"

#include <catch2/catch.hpp>

#include "tests/unit/units/registers.h"

namespace ntmd::units {

TEST_CASE("case, spaces, titles of the office and of the province do not matter in a name") {
  CHECK(fold_keeping_accents("UBND xã Lâm Thao - Tỉnh Phú Thọ") == "xã lâm thao");
  CHECK(fold_keeping_accents("  XÃ   LÂM\tTHAO ") == "xã lâm thao");
  CHECK(fold_keeping_accents("Ủy ban nhân dân phường Hòa Bình") == "phường hoà bình");
  CHECK(fold_keeping_accents("Uỷ Ban Nhân Dân Xã Đạo Trù – tỉnh Phú Thọ") == "xã đạo trù");
  CHECK(fold_keeping_accents("UBND xa Lam Thao-Tinh Phu Tho") == "xa lam thao");
  CHECK(fold_keeping_accents("Xã Lâm\u00A0Thao\u200B") == "xã lâm thao");
}

TEST_CASE("a dash or the word tỉnh inside a name is kept") {
  CHECK(fold_keeping_accents("Xã Lâm - Thao") == "xã lâm - thao");
  CHECK(fold_keeping_accents("UBND tỉnh Phú Thọ") == "tỉnh phú thọ");
  CHECK(fold_keeping_accents("UBND") == "ubnd");
  CHECK(fold_keeping_accents("") == "");
  CHECK(fold_keeping_accents("-") == "-");
}

TEST_CASE("the tone may stand on either vowel of oa, oe, uy") {
  CHECK(fold_keeping_accents("Hòa") == fold_keeping_accents("Hoà"));
  CHECK(fold_keeping_accents("Hoè") == fold_keeping_accents("Hòe"));
  CHECK(fold_keeping_accents("THỦY") == fold_keeping_accents("Thuỷ"));
  CHECK(fold_keeping_accents("Qúy") == "quý");
  CHECK(fold_keeping_accents("Hoàng Cương") == "hoàng cương");
  CHECK(fold_keeping_accents("Hoá") != fold_keeping_accents("Hoà"));
}

TEST_CASE("marks behind their letter, in any order, equal the precomposed letter") {
  CHECK(fold_keeping_accents("Hu\u031Bng") == "hưng");
  CHECK(fold_keeping_accents("Thu\u031Bo\u031B\u0323ng") == "thượng");
  CHECK(fold_keeping_accents("Thu\u031Bo\u0323\u031Bng") == "thượng");
  CHECK(fold_keeping_accents("M\u00F4\u0323c") == "mộc");  // as Windows-1258 decodes
  CHECK(fold_keeping_accents("Ho\u0300a") == "hoà");
  CHECK(fold_keeping_accents("Ta\u0306\u0309") == "tẳ");
  CHECK(fold_keeping_accents("Ky\u0303") == "kỹ");
}

TEST_CASE("every Vietnamese letter has one plain form and one lower case") {
  CHECK(fold("ẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ") == "aaaaaaaaaaaaeeeeeeeeiioooooooooooouuuuuuuyyyy");
  CHECK(fold("ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯ") == "aaaaeeeiioooouuyadiuou");
  CHECK(fold("Đoan Hùng") == "doan hung");
  CHECK(fold("\u00D0oan") == "doan");  // eth, from converted legacy text
  CHECK(fold_keeping_accents("ĐỒNG LƯƠNG") == "đồng lương");
}

TEST_CASE("folding what is folded changes nothing") {
  for (const char* name :
       {"UBND UBND Xã Hạ Hoà - Tỉnh Phú Thọ - Tỉnh X", "TT. Thanh Thủy", "a\u0301\u0300", "Qúy - tỉnh x"}) {
    const std::string once = fold_keeping_accents(name);
    CHECK(fold_keeping_accents(once) == once);
    CHECK(fold(fold(name)) == fold(name));
    CHECK(fold(once) == fold(name));
  }
}

TEST_CASE("bytes that are no UTF-8 equal no letter") {
  CHECK(fold_keeping_accents("H\xF2"
                             "a") == "h\uFFFDa");
  CHECK(fold_keeping_accents("\xC3") == "\uFFFD");
}

TEST_CASE("a title is split off when it is written right or without accents") {
  const auto kind = [](std::string_view name) { return fold_with_kind(name).kind; };
  CHECK(kind("Xã Hy Cương") == UnitKind::xa);
  CHECK(kind("XA HY CUONG") == UnitKind::xa);
  CHECK(kind("Phường Dữu Lâu") == UnitKind::phuong);
  CHECK(kind("TT Lâm Thao") == UnitKind::thi_tran);
  CHECK(kind("TT. Lâm Thao") == UnitKind::thi_tran);
  CHECK(kind("thị trấn Lâm Thao") == UnitKind::thi_tran);
  CHECK(kind("Xà Phìn") == std::nullopt);
  CHECK(kind("Hy Cương") == std::nullopt);
  CHECK(fold_with_kind("UBND Xã Hy Cương").accented == "hy cương");
  CHECK(fold_with_kind("UBND Xã Hy Cương").plain == "hy cuong");
}

TEST_CASE("stored numbers and words of the unit kinds never change") {
  CHECK(static_cast<int>(UnitKind::xa) == 1);
  CHECK(static_cast<int>(UnitKind::phuong) == 2);
  CHECK(static_cast<int>(UnitKind::thi_tran) == 3);
  for (const std::string_view word : {"xa", "phuong", "thi_tran"}) {
    const auto parsed = parse_unit_kind(word);
    REQUIRE(parsed.has_value());
    CHECK(to_string(*parsed) == word);
  }
  CHECK(parse_unit_kind("Xã") == std::nullopt);
}

}  // namespace ntmd::units
