#pragma once
// An alert in words for people: subject, fact, expectation, remedy; in Vietnamese and English.

#include <string>

#include "daemon/publish/words.h"
#include "daemon/rules/alert.h"

namespace ntmd::publish {

/// Both languages of one text.
struct AlertText {
  std::string vi;
  std::string en;
  [[nodiscard]] const std::string& in(Language language) const { return language == Language::vi ? vi : en; }
};

/// What it is about, short: "Xã Hy Cương 1.1.1: chỉ tiêu không còn đạt".
AlertText alert_title(const rules::AlertSubject& subject, const rules::AlertFacts& facts);
/// One sentence that says all of it, as it stands in `phase`.
AlertText alert_text(const rules::AlertSubject& subject, const rules::AlertFacts& facts, rules::AlertPhase phase);

}  // namespace ntmd::publish
