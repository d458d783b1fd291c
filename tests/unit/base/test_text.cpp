#include <catch2/catch.hpp>
#include <string>

#include "daemon/base/json_writer.h"
#include "daemon/base/result.h"
#include "daemon/base/utf8.h"

using namespace ntmd::base;

TEST_CASE("fault numbers are stored and stay what they are") {
  CHECK(static_cast<int>(Fault::retry_later) == 1);
  CHECK(static_cast<int>(Fault::slow_down) == 2);
  CHECK(static_cast<int>(Fault::bad_data) == 3);
  CHECK(static_cast<int>(Fault::bad_config) == 4);
  CHECK(static_cast<int>(Fault::denied) == 5);
  CHECK(static_cast<int>(Fault::gone) == 6);
  CHECK(static_cast<int>(Fault::bug) == 7);
  CHECK(to_string(Fault::retry_later) == "retry_later");
  CHECK(to_string(Fault::gone) == "gone");
}

TEST_CASE("an error keeps its kind and gains its subject on the way up") {
  const Result<int> failed = fail(Fault::bad_data, "page 3: no rows");
  const Status higher = fail_within("source portal", failed);
  CHECK(higher.error().fault == Fault::bad_data);
  CHECK(higher.error().what == "source portal: page 3: no rows");
}

TEST_CASE("JSON is written with commas and escapes in their places") {
  JsonWriter json;
  json.begin_object().field("a", 1).field("b", "x\"\\\n\x01").key("c").begin_array().null().boolean(true).raw("1.50");
  json.begin_object().end_object().begin_array().end_array().end_array();
  json.field("d", std::uint64_t{18446744073709551615ULL}).field("e", std::string("Xã Hy Cương")).end_object();
  CHECK(json.str() ==
        R"({"a":1,"b":"x\"\\\n\u0001","c":[null,true,1.50,{},[]],"d":18446744073709551615,"e":"Xã Hy Cương"})");
}

TEST_CASE("JSON text that is not UTF-8 is written with U+FFFD for each bad byte") {
  JsonWriter json;
  json.text("a\xff\xc3(\xed\xa0\x80z");
  CHECK(json.str() == "\"a\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\"");
}

TEST_CASE("JSON breaks lines only down to the depth asked for") {
  JsonWriter json(2);
  json.begin_object().field("a", 1).key("units").begin_array();
  json.begin_object().field("code", "1").field("n", 2).end_object();
  json.begin_object().end_object().end_array().key("none").begin_array().end_array().end_object();
  CHECK(json.str() ==
        "{\n  \"a\": 1,\n  \"units\": [\n    {\"code\": \"1\",\"n\": 2},\n    {}\n  ],\n  \"none\": []\n}");
}

TEST_CASE("JSON that does not nest is a bug and is thrown") {
  CHECK_THROWS_AS(JsonWriter().end_object(), std::logic_error);
  CHECK_THROWS_AS(JsonWriter().number(1).number(2), std::logic_error);
  CHECK_THROWS_AS(JsonWriter().begin_object().key("a").end_object(), std::logic_error);
}

TEST_CASE("UTF-8 is strict: overlong forms, surrogates and what lies past U+10FFFF are faults with their place") {
  CHECK_FALSE(utf8_fault("Hòa, Hoà, 🇻🇳"));
  CHECK(utf8_fault("ab\x80") == 2);
  CHECK(utf8_fault("\xc0\xaf") == 0);
  CHECK(utf8_fault("x\xe0\x80\xaf") == 1);
  CHECK(utf8_fault("\xed\xa0\x80") == 0);
  CHECK(utf8_fault("\xf4\x90\x80\x80") == 0);
  CHECK(utf8_fault("ok\xe1\xba") == 2);
  for (const char32_t value : {U'a', U'ư', U'ộ', U'😀'}) {
    std::string text;
    append_utf8(text, value);
    REQUIRE(utf8_at(text, 0));
    CHECK(utf8_at(text, 0)->value == value);
    CHECK(utf8_at(text, 0)->size == text.size());
  }
}

TEST_CASE("text for a message is cut at its limit and shows nothing raw that moves the cursor") {
  CHECK(printable("Xã Hy Cương", 40) == "Xã Hy Cương");
  CHECK(printable("Xã Hy Cương", 2) == "Xã…");
  CHECK(printable("a\n\x1b[2J\xff\xe2\x80\xae", 40) == "a\\x0a\\x1b[2J\\xff\\u{202e}");
}
