#include "connectors/codec/ndjson.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <random>

using namespace ntmd;
using namespace ntmd::connectors;

namespace {

struct Read {
  std::vector<std::string> rows;
  std::vector<std::string> faults;
  std::string error;
  bool operator==(const Read&) const = default;
};

Read read(std::string_view text, std::vector<std::string> columns = {"/a", "/b"}, std::size_t piece = 1 << 20,
          bool scan = true, std::size_t row_cap = 1 << 20) {
  Read result;
  NdjsonSpec spec;
  spec.columns = std::move(columns);
  spec.scan = scan;
  spec.row_cap = row_cap;
  spec.skip_cap = 4 * row_cap;
  auto reader = make_ndjson_reader(spec, [&](const RawBatch& batch) -> base::Status {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      std::string line = fmt::format("{}@{}:", batch.line[row], batch.byte[row]);
      for (const auto& column : batch.cells) line += has_value(column[row]) ? fmt::format("|{}", column[row]) : "|-";
      result.rows.push_back(line);
    }
    for (const auto& fault : batch.faults)
      result.faults.push_back(
          fmt::format("{}@{} {} {}: {}", fault.line, fault.byte, fault.rule, fault.column, fault.message));
    return {};
  });
  REQUIRE(reader);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const std::string bytes(text.substr(at, piece));
    if (const auto fed = (*reader)->feed(bytes); !fed) {
      result.error = fed.error().what;
      return result;
    }
  }
  if (const auto ended = (*reader)->finish(); !ended) result.error = ended.error().what;
  return result;
}

/// The rules of the faults alone.
std::vector<std::string> rules(const Read& read) {
  std::vector<std::string> out;
  for (const auto& fault : read.faults) out.push_back(fault.substr(0, fault.find(' ', fault.find(' ') + 1)));
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("each line is one record; what is not among the columns is skipped") {
  CHECK(read("{\"a\":\"x\",\"c\":[1,{\"d\":null}],\"b\":2}\n{\"b\":true,\"a\":null}\n").rows ==
        Lines{"1@0:|x|2", "2@35:|-|true"});
  CHECK(read("{\"a\":{\"b\":\"deep\"}}\n", {"/a/b"}).rows == Lines{"1@0:|deep"});
  CHECK(read("{\"b\":\"\"}\n{}\n").rows == Lines{"1@0:|-|", "2@9:|-|-"});
}

TEST_CASE("a byte order mark, CRLF, lines of white space and a last line without an end are no faults") {
  const auto got = read("\xEF\xBB\xBF{\"a\":1}\r\n\r\n  \n{\"a\":2}");
  CHECK(got.rows == Lines{"1@3:|1|-", "4@17:|2|-"});
  CHECK(got.faults.empty());
  CHECK(got.error.empty());
  CHECK(read("").error.empty());
}

TEST_CASE("texts come unescaped, numbers as written") {
  CHECK(read("{\"a\":\"x\\u00e3 \\\"L\\u1ec7\\\"\\n\\/\",\"b\":-12.50}\n").rows == Lines{"1@0:|xã \"Lệ\"\n/|-12.50"});
  CHECK(read("{\"a\":\"\\ud83d\\ude00\",\"b\":1e3}\n").rows == Lines{"1@0:|😀|1e3"});
  CHECK(read("{\"\\u0061\":123456789012345678901234567890}\n").rows == Lines{"1@0:|123456789012345678901234567890|-"});
}

TEST_CASE("a bad line is a fault with its place, the next ones are read") {
  const auto got = read(
      "{\"a\":1,}\n{\"a\":1,\"a\":2}\n{\"a\":[1]}\n[1]\n7\n{\"a\":\"\xC3\"}\n{\"a\":01}\n{\"a\":1} "
      "x\n{\"a\":\"\\ud800\"}\n"
      "{\"a\":nul}\n{\"a\" 1}\n{\"a\":\"x\ty\"}\n{\"c\":{\"d\":1,\"d\":2},\"a\":3}\n{\"a\":9}\n");
  CHECK(rules(got) == Lines{"1@0 json", "2@9 duplicate_key", "3@23 type", "4@33 type", "5@37 type", "6@39 utf8",
                            "7@49 json", "8@58 json", "9@68 json", "10@83 json", "11@93 json", "12@101 json",
                            "13@113 duplicate_key"});
  CHECK(got.rows == Lines{"14@139:|9|-"});
  CHECK(got.faults[1] == "2@9 duplicate_key : line at character 10: a key stands twice in one object, expected once");
  CHECK(got.faults[0].starts_with("1@0 json : line at character 8: "));
}

TEST_CASE("what stands in a bad line is never told") {
  for (const auto* line : {"{\"025090000001\":1,\"025090000001\":2}\n", "{\"a\":025090000001}\n", "025090000001\n",
                           "{\"a\":\"025090000001\n", "{\"a\":{\"025090000001\":1}}\n"}) {
    const auto got = read(line);
    REQUIRE(got.faults.size() == 1);
    CHECK(got.faults[0].find("0250900") == std::string::npos);
  }
}

TEST_CASE("a line that is too long is a fault, one that never ends refuses the file") {
  const std::string text = "{\"a\":1}\n{\"a\":\"" + std::string(200, 'x') + "\"}\n{\"a\":2}\n";
  for (const std::size_t piece : {1, 7, 1000}) {
    const auto got = read(text, {"/a"}, piece, true, 100);
    CHECK(got.rows == Lines{"1@0:|1", "3@217:|2"});
    CHECK(rules(got) == Lines{"2@8 row_too_long"});
    CHECK(read("{\"a\":1}\n{\"a\":\"" + std::string(500, 'x'), {"/a"}, piece, true, 100).error ==
          "2:1: a line does not end within 400 bytes, expected at most 100");
  }
}

TEST_CASE("nesting has a cap") {
  CHECK(rules(read("{\"c\":" + std::string(100, '[') + std::string(100, ']') + "}\n{\"a\":1}\n")) == Lines{"1@0 json"});
  CHECK(read("{\"c\":" + std::string(40, '[') + std::string(40, ']') + ",\"a\":1}\n").rows == Lines{"1@0:|1|-"});
}

TEST_CASE("another format, and a file that ends in the middle of a line, are refused whole") {
  CHECK(read("\n<html>\n").error == "2:1: the file begins with '<' like a web page, expected NDJSON");
  CHECK(read("[\n{\"a\":1}\n]\n").error.starts_with("1:1: the file begins with '['"));
  CHECK(read("\xFF\xFE{\0").error.starts_with("1:1: the file is UTF-16"));
  CHECK(read("PK\x03\x04....").error.starts_with("1:1: the file is compressed"));
  const auto cut = read("{\"a\":1}\n{\"a\":\"tw");
  CHECK(cut.error ==
        "2:9: the file ends in the middle of a line, expected a whole object and a line end; send it again");
  CHECK(read("{\"a\":1}\n{\"a\":x").faults.size() == 1);
}

TEST_CASE("the scanner and the JSON library give the same, whatever is done to the lines, in pieces of any size") {
  const std::string good =
      "{\"a\":\"H44.128-260803-00017\",\"x\":\"Nguy\xE1\xBB\x85n V\\u0103n "
      "\\\"A\\\"\",\"b\":2,\"n\":null,\"l\":[{\"m\":\"1\",\"d\":\"\"},{}],\"t\":true}\n"
      "{\"b\":\"2\",\"a\":\"x\",\"f\":-0.25,\"e\":1E+2,\"o\":{\"p\":{\"q\":[[],[1,2]]}}}\r\n"
      "\n"
      "{ \"a\" : \"\\ud83d\\ude00\\u1ec7\" , \"b\" : false }\n"
      "{}\n";
  std::mt19937 random(20260803);
  const auto roll = [&](std::size_t sides) { return random() % sides; };
  constexpr std::string_view kBytes = "{}[]\",:\\u0aeE+-.19tfn \n\t\r\x00\x80\xC3\xE1\xFF";
  for (int round = 0; round < 6000; ++round) {
    std::string text = good;
    for (auto changes = roll(4); changes > 0; --changes) {
      const auto at = roll(text.size());
      switch (roll(4)) {
        case 0:
          text[at] = kBytes[roll(kBytes.size())];
          break;
        case 1:
          text.erase(at, 1 + roll(3));
          break;
        case 2:
          text.insert(at, 1, kBytes[roll(kBytes.size())]);
          break;
        default: {
          const auto from = roll(text.size());
          text.insert(at, std::string(text.substr(from, 1 + roll(24))));
        }
      }
      if (text.empty()) text = "{";
    }
    CAPTURE(text, round);
    const auto library = read(text, {"/a", "/b"}, std::size_t{1} << 20U, false);
    CHECK(read(text) == library);
    CHECK(read(text, {"/a", "/b"}, 1 + roll(40)) == library);
  }
}

TEST_CASE("lines may have more or other members than the line before") {
  std::string text;
  Lines expected;
  for (int members = 1; members < 40; ++members) {
    std::string line = "{";
    for (int i = 0; i < members; ++i) line += fmt::format("{}\"k{}\":\"{}\"", i == 0 ? "" : ",", i, members);
    expected.push_back(
        fmt::format("{}@{}:|{}|{}", members, text.size(), members, members < 9 ? "-" : fmt::to_string(members)));
    text += line + "}\n";
  }
  CHECK(read(text, {"/k0", "/k8"}).rows == expected);
  const auto turned =
      read("{\"a\":\"1\",\"b\":\"2\"}\n{\"b\":\"3\",\"a\":\"4\"}\n{\"b\":\"5\",\"c\":\"x\",\"a\":\"6\"}\n");
  CHECK(turned.rows == Lines{"1@0:|1|2", "2@18:|4|3", "3@36:|6|5"});
}
