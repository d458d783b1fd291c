#include "daemon/publish/html.h"

#include "daemon/base/utf8.h"
#include "schemas/embedded.h"

namespace ntmd::publish {

Html& Html::raw(std::string_view markup) {
  out_ += markup;
  return *this;
}

Html& Html::text(std::string_view data) {
  for (std::size_t at = 0; at < data.size();) {
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

Html& Html::number(std::int64_t value) { return raw(std::to_string(value)); }

Html& Html::both(std::string_view vi, std::string_view en) {
  if (vi == en) return text(vi);
  return raw("<span lang=vi>").text(vi).raw("</span><span lang=en>").text(en).raw("</span>");
}

Html& Html::badge(rules::State state) {
  return raw("<span class=\"b ").raw(state_class(state)).raw("\">").both(word(state)).raw("</span>");
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

void begin_page(Html& html, const Snapshot& snapshot, std::string_view title, std::string_view root, bool inlined) {
  const bool english = snapshot.language == "en";
  html.raw("<!doctype html>\n<html lang=").raw(english ? "en" : "vi");
  html.raw("><head><meta charset=utf-8><meta name=viewport content=\"width=device-width,initial-scale=1\"><title>");
  html.text(title).raw("</title><link rel=icon href=\"data:,\">");
  if (inlined) {
    html.raw("<style>\n").raw(schemas::embedded("schemas/page/page.css")).raw("</style>");
  } else {
    html.raw("<link rel=stylesheet href=\"").raw(root).raw("page.css\">");
  }
  html.raw("</head>\n<body>\n<input type=radio class=lg name=lg id=vi").raw(english ? "" : " checked");
  html.raw("><input type=radio class=lg name=lg id=en").raw(english ? " checked" : "").raw(">\n");
}

void end_page(Html& html, std::string_view root, bool inlined) {
  if (inlined) {
    html.raw("<script>\n").raw(schemas::embedded("schemas/page/page.js")).raw("</script>\n</body></html>\n");
  } else {
    html.raw("<script src=\"").raw(root).raw("page.js\"></script>\n</body></html>\n");
  }
}

}  // namespace ntmd::publish
