#pragma once
// HTML text put together front to back; whatever comes from data is escaped.

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/model/day.h"
#include "daemon/publish/words.h"

namespace ntmd::publish {

class Html {
 public:
  /// Markup as it is.
  Html& raw(std::string_view markup);
  /// Text, safe between tags and inside a quoted attribute. What is unprintable or no UTF-8 becomes U+FFFD.
  Html& text(std::string_view data);
  /// Both languages; the page shows the chosen one.
  Html& both(Phrase phrase) { return both(phrase.vi, phrase.en); }
  Html& both(std::string_view vi, std::string_view en);

  /// As digits only, for attributes and small numbers.
  Html& number(std::int64_t value);
  /// For people: "12.345" in Vietnamese, "12,345" in English.
  Html& count(std::int64_t value);
  /// "84.96", as published: "84,96" in Vietnamese.
  Html& decimal(std::string_view value);
  /// "20/12/2024" in Vietnamese, "2024-12-20" in English.
  Html& day(model::Day day);
  /// What `Printing::moment` gives: "10:04 20/12/2024", "2024-12-20 10:04".
  Html& moment(std::string_view iso);

  /// Name and sign of a state; its colour is not needed to tell it.
  Html& badge(rules::State state);
  /// The same look for another word, without a sign: `look` is a class of page.css.
  Html& tag(std::string_view look, Phrase phrase);

  [[nodiscard]] const std::string& str() const& { return out_; }
  [[nodiscard]] std::string take() && { return std::move(out_); }

 private:
  std::string out_;
};

/// The class that colours and signs a state in page.css: "m", "n" …
std::string_view state_class(rules::State state);
std::string_view freshness_class(Freshness freshness);
std::string_view outcome_class(std::string_view outcome);

/// From the doctype to the language choice. `root` leads to the published folder: "" or "../".
void begin_page(Html& html, const Snapshot& snapshot, std::string_view title, std::string_view root);
/// What a reader clicks to choose the language; stands in the header.
void language_switch(Html& html);
void end_page(Html& html, std::string_view root);

}  // namespace ntmd::publish
