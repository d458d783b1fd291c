#pragma once
// The words people read, in Vietnamese and English, for what the rules say in codes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/model/evidence.h"
#include "daemon/publish/snapshot.h"
#include "daemon/rules/verdict.h"

namespace ntmd::publish {

enum class Language : std::uint8_t { vi, en };
/// "vi" or "en".
std::optional<Language> parse_language(std::string_view text);

/// One thing said in both languages; text that lives as long as the program.
struct Phrase {
  std::string_view vi;
  std::string_view en;
  [[nodiscard]] std::string_view in(Language language) const { return language == Language::vi ? vi : en; }
};

Phrase word(rules::State state);
Phrase word(rules::Reason reason);
Phrase word(rules::Flag flag);
Phrase word(model::Truth truth);
Phrase word(model::EvidenceKind kind);
Phrase word(model::EvidenceState state);
Phrase word(Freshness freshness);
/// Of a run's outcome by its name ("ok", "held" …). A name that is not known gives itself, so `outcome` must outlive
/// the phrase.
Phrase outcome_word(std::string_view outcome);
/// Of an alert by its name ("IndicatorLost" …), likewise.
Phrase alert_word(std::string_view name);

/// A sign per state that can be told apart without colour: "✓", "✗" …
std::string_view sign(rules::State state);

/// "cần thêm 4" / "4 more needed"; empty without a gap or when it is 0.
std::string gap_text(const rules::IndicatorVerdict& verdict, Language language);
/// "có thể giảm 100" / "can lose 100"; empty unless the figure passes.
std::string slack_text(const rules::IndicatorVerdict& verdict, Language language);

}  // namespace ntmd::publish
