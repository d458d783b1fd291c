#include "connectors/codec/csv.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace ntmd;
using namespace std::string_view_literals;
using namespace ntmd::connectors;

namespace {

struct Read {
  std::vector<std::string> rows;    // "line@byte: a|b"
  std::vector<std::string> faults;  // "line column rule"
  std::string error;
};

Read read_in_pieces(std::string_view text, std::vector<std::string> columns, std::size_t piece, CsvSpec spec = {}) {
  Read result;
  spec.columns = std::move(columns);
  auto reader = make_csv_reader(spec, [&](const RawBatch& batch) -> base::Status {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      std::string line = fmt::format("{}@{}:", batch.line[row], batch.byte[row]);
      for (const auto& column : batch.cells) line += fmt::format("|{}", column[row]);
      result.rows.push_back(line);
    }
    for (const auto& fault : batch.faults) {
      result.faults.push_back(fmt::format("{} {} {}", fault.line, fault.column, fault.rule));
    }
    return {};
  });
  for (std::size_t at = 0; at < text.size(); at += piece) {
    // A piece of its own, so that a view kept too long is seen by the sanitizer.
    const std::string bytes(text.substr(at, piece));
    if (const auto fed = reader->feed(bytes); !fed) {
      result.error = fed.error().what;
      return result;
    }
  }
  if (const auto ended = reader->finish(); !ended) result.error = ended.error().what;
  return result;
}

Read read(std::string_view text, std::vector<std::string> columns = {"a", "b"}, CsvSpec spec = {}) {
  return read_in_pieces(text, std::move(columns), std::max<std::size_t>(1, text.size()), std::move(spec));
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("columns are taken by header name in any order and further ones are ignored") {
  const auto got = read("x,b,a\n1,2,3\n4,5,6\n");
  CHECK(got.error.empty());
  CHECK(got.rows == Lines{"2@6:|3|2", "3@12:|6|5"});
}

TEST_CASE("quoted fields may hold commas, quotes and line breaks, and lines stay physical") {
  const auto got = read("a,b\n\"x,\"\"y\"\"\",1\n\"two\nlines\",2\n3,\"\"\n");
  CHECK(got.error.empty());
  CHECK(got.rows == Lines{"2@4:|x,\"y\"|1", "3@16:|two\nlines|2", "5@30:|3|"});
}

TEST_CASE("a byte order mark, CRLF, blank lines and a missing last line end are all fine") {
  const auto got = read(
      "\xEF\xBB\xBF"
      "a,b\r\n1,2\r\n\r\n\n\"3\",\"4\"\r\n5,6");
  CHECK(got.error.empty());
  CHECK(got.rows == Lines{"2@8:|1|2", "5@16:|3|4", "6@25:|5|6"});
}

TEST_CASE("a file with only its header is valid and has no rows") {
  CHECK(read("a,b\n").error.empty());
  CHECK(read("a,b").error.empty());
  CHECK(read("a,b").rows.empty());
}

TEST_CASE("an empty file is refused, also one with only a byte order mark or blank lines") {
  CHECK(read("").error.find("empty file, expected a header") != std::string::npos);
  CHECK(read("\xEF\xBB\xBF").error.find("empty file, expected a header") != std::string::npos);
  CHECK(read("\r\n\n").error.find("empty file, expected a header") != std::string::npos);
}

TEST_CASE("a missing column refuses the file and names it, with the nearest one found") {
  CHECK(read("a,bb\n1,2\n", {"a", "unit_code"}).error == "1:1: header: column \"unit_code\" is missing");
  CHECK(read("a,unit_cod\n", {"a", "unit_code"}).error ==
        "1:1: header: column \"unit_code\" is missing, did you mean \"unit_cod\"?");
  CHECK(read("a;b\n1;2\n").error.find("semicolons, expected commas") != std::string::npos);
}

TEST_CASE("a file without header never has its first row printed") {
  const auto got = read("025090000001,NGUYEN VAN AN\n", {"so_cccd", "ho_ten"});
  CHECK(got.error.find("missing") != std::string::npos);
  CHECK(got.error.find("0250") == std::string::npos);
  CHECK(got.error.find("NGUYEN") == std::string::npos);
}

TEST_CASE("two columns with one name refuse the file") {
  CHECK(read("a,b,a\n1,2,3\n").error == "1:1: header: columns 1 and 3 have the same name \"a\", expected each once");
  CHECK(read("a,b,x,x\n1,2,3,4\n").error == "1:1: header: columns 3 and 4 have the same name, expected each once");
}

TEST_CASE("web pages, UTF-16 and workbooks are told apart from CSV") {
  CHECK(read("<!DOCTYPE html><html>a,b\n").error.find("web page") != std::string::npos);
  CHECK(read("\xFF\xFE"
             "a\0,\0b\0\n\0"sv)
            .error.find("UTF-16") != std::string::npos);
  CHECK(read("PK\x03\x04zip").error.find("ZIP") != std::string::npos);
}

TEST_CASE("a row with too many or too few fields is quarantined and the next one is read") {
  const auto got = read("a,b\n1\n1,2,3\n4,5\n6");
  CHECK(got.rows == Lines{"4@12:|4|5"});
  CHECK(got.faults == Lines{"2  fields", "3  fields", "5  fields"});
}

TEST_CASE("an unterminated quote refuses the file and names the line where it opened") {
  CHECK(read("a,b\n1,2\n3,\"4\n5,6\n7,8\n").error ==
        "3:1: a quote is opened here and never closed, expected a closing quote");
  CHECK(read("a,b\n\"x\ny\",\"4\n5,6\n").error.starts_with("3:1: a quote is opened here and never closed"));
}

TEST_CASE("a quote that swallows rows until the next quoted field refuses the file instead of losing them") {
  const auto got = read("a,b\n1,\"AN\n2,x\n3,\"LE,TY\"\n4,y\n");
  CHECK(got.error.starts_with("2:1: a quote opened here closes in line 4 with text behind it"));
}

TEST_CASE("a quote in the middle of a field is that row's fault only") {
  const auto got = read("a,b\nx\"y,1\n\"x\"y,2\n3,4\n");
  CHECK(got.rows == Lines{"4@17:|3|4"});
  CHECK(got.faults == Lines{"2  quote", "3  quote"});
}

TEST_CASE("invalid UTF-8 and zero bytes quarantine their row and name the column, also in columns nobody asked for") {
  const auto got = read("a,b,name\n1,2,ok\n3,4,\xC3\x28\n5,\xED\xA0\x80,x\n6,7,x\0y\n8,9,\xE1\xBA\xA0\n"sv);
  CHECK(got.error.empty());
  CHECK(got.rows == Lines{"2@9:|1|2", "6@39:|8|9"});
  CHECK(got.faults == Lines{"3 name utf8", "4 b utf8", "5 name nul"});
}

TEST_CASE("an invalid header refuses the file") {
  CHECK(read("a,b,\xFF\n1,2,3\n").error.find("UTF-8") != std::string::npos);
}

TEST_CASE("a row over the cap is quarantined, a row without end refuses the file") {
  CsvSpec spec;
  spec.row_cap = 20;
  spec.skip_cap = 100;
  const auto got = read("a,b\n1,2\n" + std::string(30, 'x') + ",3\n4,5\n", {"a", "b"}, spec);
  CHECK(got.rows == Lines{"2@4:|1|2", "4@41:|4|5"});
  CHECK(got.faults == Lines{"3  row_too_long"});
  const auto endless = read("a,b\n1,2\n" + std::string(300, 'x'), {"a", "b"}, spec);
  CHECK(endless.error.starts_with("3:1: a row does not end within 100 bytes"));
}

TEST_CASE("any cut of the input gives the same rows, faults and refusals") {
  CsvSpec spec;
  spec.row_cap = 40;
  spec.skip_cap = 120;
  const std::vector<std::string> inputs = {
      "x,b,a\n1,2,3\n4,5,6\n",
      "a,b\n\"x,\"\"y\"\"\",1\n\"two\nlines\",2\n3,\"\"\n\n\"\"\"\",\"\n\"\r\n",
      "\xEF\xBB\xBF"
      "a,b\r\n1,2\r\n\r\n\n\"3\",\"4\"\r\n5,6",
      "a,b\n1\n1,2,3\n4,5\n6",
      "a,b\n1,2\n3,\"4\n5,6\n7,8\n",
      "a,b\n1,\"AN\n2,x\n3,\"LE,TY\"\n4,y\n",
      "a,b\nx\"y,1\n\"x\"y,2\n3,4\n",
      std::string("a,b,name\n1,2,ok\n3,4,\xC3\x28\n5,\xED\xA0\x80,x\n6,7,x\0y\n8,9,\xE1\xBA\xA0\n"sv),
      "a,b\n1,2\n" + std::string(50, 'x') + ",3\n4,5\n\"" + std::string(60, '\n') + "\",1\n7,8\n",
      "a,b\n1,2\n" + std::string(300, 'x'),
      "a,b\r\n1,\"2\"\r\n3,4\r",
      "",
      "\n\n",
      "<html>",
  };
  for (const auto& input : inputs) {
    CAPTURE(input);
    const auto whole = read_in_pieces(input, {"a", "b"}, 100000, spec);
    for (std::size_t piece = 1; piece <= 70; ++piece) {
      CAPTURE(piece);
      const auto cut = read_in_pieces(input, {"a", "b"}, piece, spec);
      CHECK(cut.error == whole.error);
      if (!whole.error.empty()) continue;
      CHECK(cut.rows == whole.rows);
      CHECK(cut.faults == whole.faults);
    }
  }
}

TEST_CASE("more rows than one batch keep their order, lines and bytes") {
  std::string text = "a,b\n";
  for (int i = 0; i < 10000; ++i) text += fmt::format("{},\"v{}\"\n", i, i);
  const auto got = read(text);
  REQUIRE(got.rows.size() == 10000);
  CHECK(got.rows[9999].starts_with("10001@"));
  CHECK(got.rows[9999].ends_with("|9999|v9999"));
  CHECK(read_in_pieces(text, {"a", "b"}, 4099).rows == got.rows);
}

TEST_CASE("an error of the sink stops the reader and is passed on") {
  CsvSpec spec;
  spec.columns = {"a"};
  auto reader = make_csv_reader(
      spec, [](const RawBatch&) -> base::Status { return base::fail(base::Fault::bad_data, "enough"); });
  const auto fed = reader->feed("a\n1\n2\n");
  REQUIRE_FALSE(fed);
  CHECK(fed.error().what == "enough");
}
