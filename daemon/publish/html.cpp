#include "daemon/publish/html.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/base/utf8.h"

namespace ntmd::publish {
namespace {

/// 1234567 with '.' gives 1.234.567.
std::string grouped(std::int64_t value, char separator) {
  auto digits = std::to_string(value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (auto at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, separator);
  }
  return digits;
}

/// "2024-12-20" as "20/12/2024".
std::string vietnamese_day(std::string_view iso) {
  if (iso.size() != 10) return std::string(iso);
  return fmt::format("{}/{}/{}", iso.substr(8, 2), iso.substr(5, 2), iso.substr(0, 4));
}

}  // namespace

Html& Html::raw(std::string_view markup) {
  out_ += markup;
  return *this;
}

Html& Html::text(std::string_view data) {
  static constexpr base::PlainAscii kPlain("&<>\"'");
  for (std::size_t at = 0; at < data.size();) {
    if (const auto run = kPlain.run(data, at); run != 0) {
      out_ += data.substr(at, run);
      at += run;
      continue;
    }
    const auto next = base::utf8_at(data, at);
    if (!next || base::is_unprintable(next->value)) {
      out_ += "\xEF\xBF\xBD";
      at += next ? next->size : 1;
      continue;
    }
    switch (next->value) {
      case U'&':
        out_ += "&amp;";
        break;
      case U'<':
        out_ += "&lt;";
        break;
      case U'>':
        out_ += "&gt;";
        break;
      case U'"':
        out_ += "&quot;";
        break;
      case U'\'':
        out_ += "&#39;";
        break;
      default:
        out_ += data.substr(at, next->size);
    }
    at += next->size;
  }
  return *this;
}

Html& Html::both(std::string_view vi, std::string_view en) {
  if (vi == en) return text(vi);
  return raw("<span lang=vi>").text(vi).raw("</span><span lang=en>").text(en).raw("</span>");
}

Html& Html::number(std::int64_t value) { return raw(std::to_string(value)); }

Html& Html::count(std::int64_t value) { return both(grouped(value, '.'), grouped(value, ',')); }

Html& Html::decimal(std::string_view value) {
  std::string vi(value);
  std::ranges::replace(vi, '.', ',');
  return both(vi, value);
}

Html& Html::day(model::Day day) {
  const auto iso = day.iso();
  return both(vietnamese_day(iso), iso);
}

Html& Html::moment(std::string_view iso) {
  constexpr std::size_t kDay = 10;
  const auto vi = fmt::format("{} {}", iso.substr(std::min(iso.size(), kDay + 1)), vietnamese_day(iso.substr(0, kDay)));
  return both(vi, iso);
}

Html& Html::badge(rules::State state) {
  return raw("<span class=\"b ").raw(state_class(state)).raw("\">").both(word(state)).raw("</span>");
}

Html& Html::tag(std::string_view look, Phrase phrase) {
  return raw("<span class=\"b w ").raw(look).raw("\">").both(phrase).raw("</span>");
}

std::string_view state_class(rules::State state) {
  switch (state) {
    case rules::State::met:
      return "m";
    case rules::State::not_met:
      return "n";
    case rules::State::error:
      return "e";
    case rules::State::no_data:
      return "d";
    case rules::State::stale:
      return "s";
    case rules::State::unconfirmed:
      return "u";
    case rules::State::exempt:
      return "x";
  }
  return "d";
}

std::string_view freshness_class(Freshness freshness) {
  switch (freshness) {
    case Freshness::fresh:
      return "m";
    case Freshness::warn:
      return "s";
    case Freshness::stale:
      return "n";
    case Freshness::never:
      return "d";
  }
  return "d";
}

std::string_view outcome_class(std::string_view outcome) {
  if (outcome == "ok" || outcome == "unchanged") return "m";
  if (outcome == "partial" || outcome == "empty_suspect" || outcome == "held" || outcome == "interrupted") return "s";
  if (outcome == "refused" || outcome == "failed") return "n";
  return "d";
}

void begin_page(Html& html, const Snapshot& snapshot, std::string_view title, std::string_view root) {
  const bool english = snapshot.language == "en";
  html.raw("<!doctype html>\n<html lang=").raw(english ? "en" : "vi").raw("><head><meta charset=utf-8>\n");
  html.raw("<meta name=viewport content=\"width=device-width,initial-scale=1\"><title>").text(title);
  html.raw("</title><link rel=icon href=\"data:,\"><link rel=stylesheet href=\"").raw(root).raw("page.css\"></head>\n");
  html.raw("<body><a class=skip href=\"#main\">").both("Đến nội dung", "Skip to content").raw("</a>\n");
  html.raw("<input type=radio class=lg name=lg id=vi").raw(english ? "" : " checked");
  html.raw("><input type=radio class=lg name=lg id=en").raw(english ? " checked" : "").raw(">\n");
}

void language_switch(Html& html) {
  html.raw("<div class=sw><label for=vi lang=vi>Tiếng Việt</label><label for=en lang=en>English</label></div>");
}

void end_page(Html& html, std::string_view root) {
  html.raw("<script src=\"").raw(root).raw("page.js\"></script>\n</body></html>\n");
}

}  // namespace ntmd::publish
