#include "connectors/codec/zstd.h"

#include <catch2/catch.hpp>
#include <string>

using namespace ntmd;
using namespace ntmd::connectors;

namespace {

std::string packed(std::string_view text, std::size_t piece) {
  std::string out;
  const auto writer = make_zstd_writer([&](std::string_view bytes) -> base::Status {
    out += bytes;
    return {};
  });
  for (std::size_t at = 0; at < text.size(); at += piece) REQUIRE(writer->feed(text.substr(at, piece)));
  REQUIRE(writer->finish());
  return out;
}

base::Result<std::string> unpacked(std::string_view bytes, std::size_t piece, std::uint64_t cap = 1 << 30) {
  std::string out;
  const auto reader = make_zstd_reader(cap, [&](std::string_view text) -> base::Status {
    out += text;
    return {};
  });
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    if (auto fed = reader->feed(bytes.substr(at, piece)); !fed) return std::unexpected(fed.error());
  }
  if (auto done = reader->finish(); !done) return std::unexpected(done.error());
  return out;
}

std::string sample() {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "08515,adults,2024-12-01,,," + std::to_string(i * 7919 % 10'007) + "\n";
  return text;
}

}  // namespace

TEST_CASE("what was packed comes back, however it is cut") {
  for (const auto& text : {std::string(), std::string("x"), sample()}) {
    for (const std::size_t piece : {std::size_t{1} << 20U, std::size_t{4099}}) {
      const auto bytes = packed(text, piece);
      CHECK(unpacked(bytes, piece).value() == text);
      CHECK(unpacked(bytes, 17).value() == text);
    }
  }
}

TEST_CASE("a damaged, shortened, lengthened or too large frame is refused") {
  const auto text = sample();
  const auto bytes = packed(text, 1 << 20);
  for (const auto at : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
    auto damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    CHECK_FALSE(unpacked(damaged, 4096));
  }
  CHECK_FALSE(unpacked(std::string_view(bytes).substr(0, bytes.size() - 1), 4096));
  CHECK_FALSE(unpacked({}, 4096));
  CHECK_FALSE(unpacked(bytes + "x", 4096));
  CHECK_FALSE(unpacked(bytes, 4096, text.size() - 1));
  CHECK(unpacked(bytes, 4096, text.size()));
}
