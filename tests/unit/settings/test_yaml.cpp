#include <catch2/catch.hpp>
#include <string>

#include "daemon/settings/reader.h"
#include "daemon/settings/yaml.h"

using namespace ntmd::settings;

namespace {

using Lines = std::vector<std::string>;

Node parsed(std::string_view text) {
  Problems problems;
  auto node = parse_yaml("a.yaml", text, problems);
  INFO(problems.error().what);
  REQUIRE(node);
  CHECK(problems.empty());
  return *std::move(node);
}

/// The faults of a text that has some.
Lines faults(std::string_view text) {
  Problems problems;
  parse_yaml("a.yaml", text, problems);
  CHECK_FALSE(problems.empty());
  return problems.lines();
}

}  // namespace

TEST_CASE("a document becomes a tree whose every part knows its line and column") {
  const Node root = parsed("id: portal\nwith:\n  base_url: \"https://x\"\n  list: [1, two]\n");
  REQUIRE(root.is_map());
  CHECK(root.find("id")->text == "portal");
  CHECK_FALSE(root.find("id")->quoted);
  CHECK(root.find("id")->place.str() == "a.yaml:1:5");
  const Node* with = root.find("with");
  REQUIRE(with);
  CHECK(with->entries[0].key_place.str() == "a.yaml:3:3");
  CHECK(with->find("base_url")->quoted);
  CHECK(with->find("base_url")->place.str() == "a.yaml:3:13");
  CHECK(with->find("list")->items[1].text == "two");
  CHECK(with->find("list")->items[1].place.str() == "a.yaml:4:13");
  CHECK(root.find("none") == nullptr);
  CHECK(with->find("list")->find("x") == nullptr);
}

TEST_CASE("columns count characters, so that Vietnamese text before a fault does not move it") {
  const Node root = parsed("{vi: \"Hạ tầng số\", en: \"x\"}\n");
  CHECK(root.find("en")->place.column == 24);
}

TEST_CASE("plain null, tilde and nothing are null; quoted ones are text") {
  const Node root = parsed("a: null\nb: ~\nc:\nd: \"null\"\ne: ''\nf: 08515\ng: 2024-12-01\nh: |\n  text\n");
  for (const auto* key : {"a", "b", "c"}) CHECK(root.find(key)->is_null());
  CHECK(root.find("d")->text == "null");
  CHECK(root.find("e")->is_scalar());
  CHECK(root.find("f")->text == "08515");
  CHECK(root.find("g")->text == "2024-12-01");
  CHECK(root.find("h")->text == "text\n");
  CHECK(root.find("h")->quoted);
}

TEST_CASE("an empty document, a comment only and a byte order mark are taken") {
  CHECK(parsed("").is_null());
  CHECK(parsed("# nothing yet\n").is_null());
  CHECK(parsed("---\n...\n").is_null());
  CHECK(parsed("").place.str() == "a.yaml:1:1");
  CHECK(parsed("\xef\xbb\xbfkey: 1\r\nother: 2\r\n").find("other")->text == "2");
}

TEST_CASE("a duplicate key is refused where the second one stands") {
  CHECK(faults("id: a\nport: 1\n\"id\": b\n") ==
        Lines{"a.yaml:3:1: duplicate key \"id\": already given in line 1, expected once; remove one of them"});
  CHECK(faults("a: {x: 1, y: 2, x: 3}\n").size() == 1);
}

TEST_CASE("anchors, aliases, merge keys and tags are refused, all of them at once") {
  CHECK(faults("base: &b {x: 1}\nuse: *b\n") ==
        Lines{"a.yaml:1:7: anchor \"&b\": not allowed, expected plain values; remove it",
              "a.yaml:2:6: alias: not allowed, expected the value itself; write it out"});
  CHECK(faults("a:\n  <<: {x: 1}\n") ==
        Lines{"a.yaml:2:3: merge key \"<<\": not allowed, expected the keys themselves; write them out"});
  CHECK_THAT(faults("a: !!str 5\n").at(0), Catch::StartsWith("a.yaml:1:4: tag "));
  CHECK_THAT(faults("a: !Ref x\nb: !x [1]\nc: !y {z: 1}\n").at(2), Catch::StartsWith("a.yaml:3:4: tag "));
  CHECK(faults("a: !<!x> 1\nid: 1\nid: 2\n").size() == 2);
}

TEST_CASE("what is refused is left out, and the rest is read on") {
  Problems problems;
  const auto root = parse_yaml("a.yaml", "id: &x a\nid: b\nuse: *x\nwith: {<<: {y: 1}, z: 2}\nlast: 3\n", problems);
  REQUIRE(root);
  CHECK(problems.size() == 4);
  CHECK(root->find("id")->text == "a");
  CHECK(root->find("last")->text == "3");
  MapReader reader(*root, "", problems);
  CHECK(reader.required("use") == nullptr);
  MapReader with(*reader.required("with"), "with", problems);
  CHECK(with.required("y") == nullptr);
  CHECK(with.required_text("z") == "2");
  CHECK(reader.text("id", "") == "a");
  CHECK(reader.required_text("last") == "3");
  reader.finish();
  with.finish();
  CHECK(problems.size() == 4);  // what was left out is no new fault
}

TEST_CASE("faults are sorted by file, line and column") {
  Problems problems;
  for (const auto* line : {"b.yaml:2:1: x", "a.yaml:10:2: x", "a.yaml:9:30: x", "a.yaml:9:4: x", "a.yaml: is gone"})
    problems.add(line);
  problems.sort();
  CHECK(problems.lines() ==
        Lines{"a.yaml: is gone", "a.yaml:9:4: x", "a.yaml:9:30: x", "a.yaml:10:2: x", "b.yaml:2:1: x"});
}

TEST_CASE("a key that is no text is refused") {
  for (const auto* text : {"? [a, b]\n: 1\n", "? {a: 1}\n: 1\n", "~: 1\n", ": 1\n"}) {
    const auto found = faults(text);
    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0], Catch::Contains("key: not a text"));
  }
}

TEST_CASE("a tab in the indentation is named as such, also where it would silently join two values") {
  const std::string what = "indentation: holds a tab, expected spaces; replace the tab";
  CHECK(faults("a:\n\tb: 1\n") == Lines{"a.yaml:2:1: " + what});
  CHECK(faults("- a\n\t- b\n") == Lines{"a.yaml:2:1: " + what});
  CHECK(faults("a:\n  b: 1\n \tc: 2\n") == Lines{"a.yaml:3:1: " + what});
  CHECK(parsed("a: 1\nb: |\n  x\n  \ty\n").find("b")->text == "x\n\ty\n");
}

TEST_CASE("what is no YAML is refused with its place") {
  for (const auto* text :
       {"a: [1, 2\n", "a: \"open\n", "a: b: c\n", "{a: 1\n", "a: }\n", "a: 1\n  b: 2\n", "@x: 1\n"}) {
    const auto found = faults(text);
    INFO(text);
    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0], Catch::StartsWith("a.yaml:") && Catch::Contains("YAML: "));
  }
}

TEST_CASE("a quote left open never swallows the rest of the file") {
  for (const auto* text : {"a: \"open\nb: 2\n", "a: 'open\nb: 2\n", "a: \"open\n   ", "a: \"open", "a: \"open\r\n"}) {
    const auto found = faults(text);
    INFO(text);
    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0], Catch::Contains("close the quote that is still open"));
  }
  CHECK(parsed("a: |+\n  x\n\n").find("a")->text == "x\n\n");
  CHECK(parsed("a: \"x\"\n").find("a")->text == "x");
}

TEST_CASE("more than one document in a file is refused") {
  const auto found = faults("a: 1\n---\nb: 2\n");
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], Catch::Contains("expected one in a file"));
}

TEST_CASE("invalid UTF-8 and control characters are refused with their place") {
  CHECK(faults("a: 1\nb: x\xff\n") ==
        Lines{"a.yaml:2:5: text: not UTF-8, expected UTF-8; save the file in that encoding"});
  CHECK(faults(std::string_view("a: \0", 4)).at(0).starts_with("a.yaml:1:4: text: holds the control character \\x00"));
  CHECK(faults("a: 1\n\x04secret: 2\n").at(0).starts_with("a.yaml:2:1: "));
}

TEST_CASE("nesting and size are capped with a named fault") {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  CHECK(parsed(nested(64)).is_list());
  CHECK_THAT(faults(nested(65)).at(0), Catch::Contains("a.yaml:1:65: nesting: deeper than 64 levels"));
  CHECK_THAT(faults(nested(100'000)).at(0), Catch::Contains("deeper than 64 levels"));
  CHECK_THAT(faults(std::string((8U << 20U) + 1, ' ')).at(0), Catch::Contains("expected at most 8388608"));
}

TEST_CASE("faults are listed once, in the order found, and make one configuration error") {
  Problems problems;
  const auto file = std::make_shared<const std::string>("b.yaml");
  problems.add(Place{file, 3, 4}, "one");
  problems.add("folder x: missing");
  problems.add(Place{file, 3, 4}, "one");
  CHECK(problems.lines() == Lines{"b.yaml:3:4: one", "folder x: missing"});
  CHECK(problems.error().fault == ntmd::base::Fault::bad_config);
  CHECK(problems.error().what == "b.yaml:3:4: one\nfolder x: missing");
}
