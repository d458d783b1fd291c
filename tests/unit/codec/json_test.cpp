#include "connectors/codec/json.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "connectors/codec/json_value.h"

using namespace ntmd;
using namespace ntmd::connectors;

namespace {

struct Read {
  std::vector<std::string> rows;
  std::vector<std::string> faults;
  std::string error;
};

Read read(std::string_view text, const std::string& records, std::vector<std::string> columns,
          std::size_t piece = 1 << 20) {
  Read result;
  JsonSpec spec;
  spec.records = records;
  spec.columns = std::move(columns);
  auto reader = make_json_reader(spec, [&](const RawBatch& batch) -> base::Status {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      std::string line = fmt::format("{}:", batch.line[row]);
      for (const auto& column : batch.cells) line += has_value(column[row]) ? fmt::format("|{}", column[row]) : "|-";
      result.rows.push_back(line);
    }
    for (const auto& fault : batch.faults) result.faults.push_back(fmt::format("{} {}", fault.line, fault.rule));
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

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("an object is one record, an array one per element, by pointer") {
  CHECK(read(R"({"data":{"parent":{"n":1,"d":{"x":"y"}}}})", "/data/parent", {"/n", "/d/x"}).rows == Lines{"1:|1|y"});
  CHECK(read(R"({"data":[{"n":1},{"n":2}],"more":[{"n":3}]})", "/data", {"/n"}).rows == Lines{"1:|1", "2:|2"});
  CHECK(read(R"([{"n":1},{"n":[4,5]}])", "", {"/n"}).rows == Lines{"1:|1"});
  CHECK(read(R"({"n":[4,{"m":6}]})", "", {"/n/1/m", "/n/0"}).rows == Lines{"1:|6|4"});
}

TEST_CASE("null and absent have no value and differ from an empty text") {
  CHECK(read(R"([{"a":null,"b":""},{"b":false}])", "", {"/a", "/b"}).rows == Lines{"1:|-|", "2:|-|false"});
}

TEST_CASE("numbers keep what was written, however large or exact, in any cut") {
  const std::string text = R"([{"a":9007199254740993,"b":1e999},{"a":-0.10,"b":123456789012345678901234567890}])";
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    CAPTURE(piece);
    CHECK(read(text, "", {"/a", "/b"}, piece).rows ==
          Lines{"1:|9007199254740993|1e999", "2:|-0.10|123456789012345678901234567890"});
  }
}

TEST_CASE("texts and keys come whole in any cut, escapes included") {
  const std::string text = "\xEF\xBB\xBF{\"k\\u1ec7y\":{\"a\\nb\":\"Th\\u1ecb \\ud83d\\ude00 x\\\"y\"}, \"z\":[]}";
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    CAPTURE(piece);
    CHECK(read(text, "/kệy", {"/a\nb"}, piece).rows == Lines{"1:|Thị 😀 x\"y"});
  }
}

TEST_CASE("truncated text, trailing text, duplicate keys and web pages are refused") {
  CHECK(read(R"({"data":[{"n":1},{"n":)", "/data", {"/n"}).error.find("ends in the middle") != std::string::npos);
  CHECK(read(R"({"data":[]} x)", "/data", {"/n"}).error == "1:13: text after the end of the value, expected nothing");
  CHECK(read("{\"data\":[],\n \"data\":[]}", "/data", {"/n"}).error.find("stands twice") != std::string::npos);
  CHECK(read("\n<html>Request Rejected</html>", "/data", {"/n"}).error.find("web page") != std::string::npos);
  CHECK(read("", "/data", {"/n"}).error.find("empty") != std::string::npos);
  CHECK(read("[{\"a\":\"\xC3\x28\"}]", "", {"/a"}).error.find("no JSON here") != std::string::npos);
}

TEST_CASE("a duplicate among very many keys is found") {
  std::string text = "{";
  for (int i = 0; i < 5000; ++i) text += fmt::format("\"key{}\":1,", i);
  CHECK(parse_json(text + "\"other\":1}").has_value());
  CHECK_FALSE(parse_json(text + "\"key4711\":1}").has_value());
}

TEST_CASE("records that are not where they should be refuse the answer, null records are none") {
  CHECK(read(R"({"code":"OK"})", "/data/parent", {"/n"}).error.find("/data/parent") != std::string::npos);
  CHECK(read(R"({"data":{"parent":7}})", "/data/parent", {"/n"}).error.find("plain value") != std::string::npos);
  const auto none = read(R"({"data":{"parent":null}})", "/data/parent", {"/n"});
  CHECK(none.error.empty());
  CHECK(none.rows.empty());
}

TEST_CASE("a record or column of the wrong shape is that row's fault only") {
  const auto got = read(R"([{"n":1},5,{"n":{"m":2}},[1],{"n":3}])", "", {"/n"});
  CHECK(got.rows == Lines{"1:|1", "5:|3"});
  CHECK(got.faults == Lines{"2 type", "3 type", "4 type"});
}

TEST_CASE("depth, size and text length are capped") {
  JsonCaps caps;
  caps.depth = 10;
  CHECK_FALSE(parse_json(std::string(11, '[') + std::string(11, ']'), caps).has_value());
  CHECK(parse_json(std::string(10, '[') + std::string(10, ']'), caps).has_value());
  caps.bytes = 10;
  CHECK_FALSE(parse_json("[1,2,3,4,5,6]", caps).has_value());
  caps = {};
  caps.text = 5;
  CHECK_FALSE(parse_json("[\"123456\"]", caps).has_value());
  CHECK_FALSE(parse_json(std::string(200000, '['), {}).has_value());
}

TEST_CASE("a tree is asked by JSON pointer") {
  const auto tree = parse_json(R"({"a":{"b/c":[10,{"~":true}]},"n":null,"":1})");
  REQUIRE(tree);
  CHECK(tree->at("/a/b~1c/0")->text == "10");
  CHECK(tree->at("/a/b~1c/1/~0")->text == "true");
  CHECK(tree->at("/n")->is(JsonValue::Kind::null));
  CHECK(tree->at("/")->text == "1");
  CHECK(tree->at("") == &*tree);
  CHECK(tree->at("/a/b~1c/01") == nullptr);
  CHECK(tree->at("/a/x/y") == nullptr);
  CHECK(tree->at("a") == nullptr);
  CHECK(parse_json(" 12 ")->text == "12");
}
