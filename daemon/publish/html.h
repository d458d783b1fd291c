#pragma once
// HTML text put together front to back; whatever comes from data is escaped.

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/publish/words.h"

namespace ntmd::publish {

class Html {
 public:
  /// Markup as it is.
  Html& raw(std::string_view markup);
  /// Text, safe between tags and inside a quoted attribute. What is unprintable or no UTF-8 becomes U+FFFD.
  Html& text(std::string_view data);
  Html& number(std::int64_t value);
  /// Both languages; the page shows the chosen one.
  Html& both(Phrase phrase) { return both(phrase.vi, phrase.en); }
  Html& both(std::string_view vi, std::string_view en);
  /// A coloured word for a state.
  Html& badge(rules::State state);

  [[nodiscard]] const std::string& str() const& { return out_; }
  [[nodiscard]] std::string take() && { return std::move(out_); }

 private:
  std::string out_;
};

/// The class that colours and signs a state in page.css: "m", "n" …
std::string_view state_class(rules::State state);
std::string_view freshness_class(Freshness freshness);
std::string_view outcome_class(std::string_view outcome);

/// From the doctype to the end of the language switch. `root` leads to the published folder ("" or "../"); the title is
/// "vi · en". `inlined`: style in the page itself, else from page.css.
void begin_page(Html& html, const Snapshot& snapshot, std::string_view title, std::string_view root, bool inlined);
void end_page(Html& html, std::string_view root, bool inlined);

}  // namespace ntmd::publish
