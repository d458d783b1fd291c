#include "daemon/publish/alert_text.h"

#include <catch2/catch.hpp>

using namespace ntmd;
using rules::AlertName;
using rules::AlertPhase;

namespace {

rules::AlertSubject subject(AlertName name) {
  switch (name) {
    case AlertName::unit_lost:
      return {name, "xa", "08515", "227", "", "", "", ""};
    case AlertName::pillar_lost:
      return {name, "xa", "08515", "227", "1.1", "", "", ""};
    case AlertName::source_failing:
      return {name, "", "", "", "", "", "bank-vcb", ""};
    case AlertName::delivery_held:
      return {name, "", "", "", "", "", "bank-vcb", "abc12345"};
    case AlertName::chain_broken:
      return {name, "", "", "", "", "", "", ""};
    default:
      return {name, "xa", "08515", "227", "1.1", "1.1.1", "", ""};
  }
}

rules::AlertFacts facts() {
  rules::AlertFacts out;
  out.unit_name = "Xã Hy Cương";
  out.name_vi = "Điện thoại thông minh";
  out.name_en = "Smartphones";
  out.reason = "below_threshold";
  out.numerator = 8496;
  out.denominator = 10000;
  out.value = "84.96";
  out.threshold = "85";
  out.gap = 4;
  out.slack = 0;
  out.deciding = {"1.1.1", "1.1.2"};
  out.source = "so-lieu-xa";
  out.delivery = "d1";
  out.detail = "what was said";
  return out;
}

}  // namespace

TEST_CASE("a fall says who, what, how far and where to look, in both languages") {
  const auto text = publish::alert_text(subject(AlertName::indicator_lost), facts(), AlertPhase::firing);
  CHECK(text.vi ==
        "Xã Hy Cương (08515), chỉ tiêu 1.1.1 Điện thoại thông minh: không còn đạt, dưới ngưỡng, hiện 84.96 % "
        "(8496/10000), cần "
        "85 %, còn thiếu 4; xem ntmd explain 08515 1.1.1");
  CHECK(
      text.en ==
      "Xã Hy Cương (08515), indicator 1.1.1 Smartphones: no longer met, below the threshold, is 84.96 % (8496/10000), "
      "expected 85 %, 4 more needed; see ntmd explain 08515 1.1.1");
  auto unit = facts();
  unit.reason = "lost";
  unit.value = "11/13";
  CHECK(
      publish::alert_text(subject(AlertName::unit_lost), unit, AlertPhase::firing).en ==
      "Xã Hy Cương (08515), Smartphones: no longer met, 11/13 indicators met, because of 1.1.1, 1.1.2; see ntmd status "
      "08515");
  CHECK(publish::alert_title(subject(AlertName::indicator_lost), facts()).en == "Indicator lost: Xã Hy Cương 1.1.1");
}

TEST_CASE("a count is no percentage, and what is not known is left out") {
  auto count = facts();
  count.denominator.reset();
  count.value = "0";
  count.threshold = "1";
  count.gap = 1;
  const auto text = publish::alert_text(subject(AlertName::indicator_lost), count, AlertPhase::firing).en;
  CHECK(text.find("is 0, expected 1, 1 more needed") != std::string::npos);
  rules::AlertFacts none;
  none.reason = "evidence_withdrawn";
  CHECK(publish::alert_text(subject(AlertName::indicator_lost), none, AlertPhase::firing).en ==
        "08515, indicator 1.1.1 : no longer met, evidence was withdrawn; see ntmd explain 08515 1.1.1");
}

TEST_CASE("every alert has words in both languages, firing and resolved, and a remedy while it fires") {
  for (const auto name : rules::alert_names()) {
    INFO(rules::to_string(name));
    const auto firing = publish::alert_text(subject(name), facts(), AlertPhase::firing);
    const auto resolved = publish::alert_text(subject(name), facts(), AlertPhase::resolved);
    for (const auto* text : {&firing.vi, &firing.en, &resolved.vi, &resolved.en})
      CHECK(text->find(": ") != std::string::npos);
    CHECK(firing.vi != firing.en);
    CHECK(firing.en.find("; ") != std::string::npos);
    CHECK(resolved.en.find("; see") == std::string::npos);
    const auto title = publish::alert_title(subject(name), facts());
    CHECK(title.vi != title.en);
    CHECK(title.en.find('\n') == std::string::npos);
  }
}
