#include "connectors/codec/byte_classes.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "connectors/codec/csv_marks.h"
#include "connectors/codec/utf8_scan.h"

using namespace ntmd::connectors;

namespace {

bool clean(const ByteClasses& classes, std::string_view text) { return classes.clean_utf8(text.data(), text.size()); }

/// Character of `code` as UTF-8 would write it, also where it must not.
std::string written(std::uint32_t code, std::size_t bytes) {
  std::string out;
  if (bytes == 1) return {static_cast<char>(code)};
  const std::uint32_t first = bytes == 2 ? 0xC0 : bytes == 3 ? 0xE0 : 0xF0;
  out += static_cast<char>(first | (code >> (6 * (bytes - 1))));
  for (std::size_t left = bytes - 1; left-- > 0;) out += static_cast<char>(0x80 | ((code >> (6 * left)) & 0x3F));
  return out;
}

struct Row {
  std::vector<std::string> fields;
  std::size_t size = 0;
  std::uint32_t newlines = 0;
  bool stray = false;
  bool swallowed = false;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  bool ends = false;
  bool operator==(const Row&) const = default;
};

template <class Split>
std::vector<Row> rows_of(const std::string& text, Split split) {
  std::vector<Row> rows;
  const char* p = text.data();
  while (p != nullptr && p != text.data() + text.size()) {
    Row row;
    const CsvSplit found = split(p, [&](std::uint32_t number, std::string_view field) {
      CHECK(number == row.fields.size());
      row.fields.emplace_back(field);
    });
    row.size = found.size;
    row.newlines = found.newlines;
    row.stray = found.stray_quote;
    row.swallowed = found.swallowed;
    row.from = found.swallowed_from;
    row.to = found.swallowed_to;
    row.ends = found.next != nullptr;
    if (!row.ends) row = Row{.fields = row.fields};
    rows.push_back(row);
    p = found.next;
  }
  return rows;
}

}  // namespace

TEST_CASE("every kind of instructions finds the same marks") {
  std::mt19937 random(1);
  const auto all = all_byte_classes();
  for (int round = 0; round < 200; ++round) {
    std::string text(kMarksBlock * 5, '\0');
    for (auto& c : text) c = random() % 3 == 0 ? ",\"\n\r"[random() % 4] : static_cast<char>(random());
    std::vector<std::uint64_t> expected(5);
    all.front().csv_marks(text.data(), 5, expected.data());
    for (const auto& classes : all) {
      std::vector<std::uint64_t> found(5);
      classes.csv_marks(text.data(), 5, found.data());
      CAPTURE(classes.name);
      CHECK(found == expected);
    }
  }
}

TEST_CASE("every kind of instructions knows clean UTF-8: each first byte with each second, third and fourth edge") {
  const std::vector<int> edges{0x00, 0x20, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xF0, 0xFF};
  std::size_t wrong = 0;
  for (const auto& classes : all_byte_classes()) {
    for (int first = 1; first < 256; ++first) {
      for (const int second : edges) {
        for (const int third : edges) {
          for (const int fourth : edges) {
            std::string text(29, 'x');  // the sequence lies over the end of a vector
            for (const int byte : {first, second, third, fourth}) text += static_cast<char>(byte);
            const bool expected = text.find('\0') == std::string::npos && is_utf8(text);
            if (clean(classes, text) != expected) ++wrong;
          }
        }
      }
    }
    CAPTURE(classes.name);
    CHECK(wrong == 0);
  }
}

TEST_CASE("every kind of instructions knows clean UTF-8: all code points, all places, cut anywhere") {
  for (const auto& classes : all_byte_classes()) {
    CAPTURE(classes.name);
    std::string all_points;
    for (std::uint32_t code = 1; code <= 0x10FFFF; ++code) {
      if (code >= 0xD800 && code <= 0xDFFF) continue;
      all_points += written(code, code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
    }
    CHECK(clean(classes, all_points));
    for (const auto& bad : {written(0x7F, 2), written(0x7FF, 3), written(0xFFFF, 4), written(0xD800, 3),
                            written(0xDFFF, 3), written(0x110000, 4), std::string("\x80"), std::string("\xC3"),
                            std::string("\xE1\xBA"), std::string("\xF0\x9F\x98"), std::string(1, '\0')}) {
      for (std::size_t before = 0; before < 70; ++before) {
        CHECK_FALSE(clean(classes, std::string(before, 'a') + bad));
        CHECK_FALSE(clean(classes, std::string(before, 'a') + bad + "b"));
        CHECK_FALSE(clean(classes, std::string(before, 'a') + bad + std::string(70, 'b')));
      }
    }
    const std::string name = "Nguyễn Thị Ổn 😀";
    for (std::size_t size = 0; size <= name.size(); ++size) {
      const auto part = name.substr(0, size);
      for (std::size_t before = 0; before < 40; ++before)
        CHECK(clean(classes, std::string(before, 'a') + part) == is_utf8(part));
    }
  }
}

TEST_CASE("rows found by marks are the rows found byte by byte") {
  std::mt19937 random(7);
  for (const auto& classes : all_byte_classes()) {
    CAPTURE(classes.name);
    for (int round = 0; round < 3000; ++round) {
      std::string text;
      const auto size = random() % 400;
      const auto quotes = random() % 12;
      while (text.size() < size) {
        const auto dice = random() % 40;
        if (dice < quotes) {
          text += '"';
        } else if (dice < 20) {
          text += ",\n\r,"[random() % 4];
        } else {
          text.append(random() % 20, 'x');
        }
      }
      text += '\n';
      TextArena arena;
      const char* const limit = text.data() + text.size();
      const auto expected = rows_of(text, [&](const char* p, auto put) { return split_csv_row(p, limit, arena, put); });
      CsvMarkedRows marked(classes);
      marked.start(text.data(), limit);
      const auto found = rows_of(text, [&](const char* p, auto put) { return marked.split(p, arena, put); });
      CAPTURE(text);
      REQUIRE(found.size() == expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i].ends) CHECK(found[i] == expected[i]);
        CHECK(found[i].ends == expected[i].ends);
      }
    }
  }
}
