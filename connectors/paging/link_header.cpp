#include "connectors/paging/pager.h"

namespace ntmd::connectors {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Whether the space-separated `rel` value holds "next".
bool says_next(std::string_view rel) {
  std::string word;
  for (const char c : rel) {
    if (c != ' ') {
      word += lower(c);
      continue;
    }
    if (word == "next") return true;
    word.clear();
  }
  return word == "next";
}

struct Cursor {
  std::string_view text;
  std::size_t at = 0;

  [[nodiscard]] bool done() const { return at >= text.size(); }
  void skip(std::string_view set) {
    while (!done() && set.find(text[at]) != std::string_view::npos) ++at;
  }
  std::string_view until(std::string_view set) {
    const std::size_t begin = at;
    while (!done() && set.find(text[at]) == std::string_view::npos) ++at;
    return text.substr(begin, at - begin);
  }
  std::string quoted() {
    std::string out;
    for (++at; !done() && text[at] != '"'; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      out += text[at];
    }
    ++at;
    return out;
  }
};

}  // namespace

std::optional<std::string> next_of_link_header(std::string_view value) {
  Cursor in{value};
  while (true) {
    in.skip(" \t,");
    if (in.done() || value[in.at] != '<') return std::nullopt;
    ++in.at;
    const std::string_view target = in.until(">");
    if (in.done()) return std::nullopt;
    ++in.at;
    bool next = false;
    bool rel_seen = false;  // only the first rel counts
    while (true) {
      in.skip(" \t");
      if (in.done() || value[in.at] != ';') break;
      ++in.at;
      in.skip(" \t");
      std::string name;
      for (const char c : in.until("=;, \t")) name += lower(c);
      in.skip(" \t");
      std::string text;
      if (!in.done() && value[in.at] == '=') {
        ++in.at;
        in.skip(" \t");
        text = !in.done() && value[in.at] == '"' ? in.quoted() : std::string(in.until(";, \t"));
      }
      if (name == "rel" && !rel_seen) {
        rel_seen = true;
        next = says_next(text);
      }
    }
    if (next) return std::string(target);
    if (!in.done() && value[in.at] != ',') return std::nullopt;
  }
}

}  // namespace ntmd::connectors
