#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#include <sodium.h>

#include "daemon/base/digest.h"
#include "daemon/base/siphash.h"

using namespace ntmd::base;

TEST_CASE("SHA-256 gives the published digests, in one piece or in many") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256Stream stream;
  for (const auto* piece : {"", "a", "b", "c"}) stream.add(piece);
  CHECK(to_hex(stream.finish()) == sha256_hex("abc"));
  CHECK_THROWS_AS(stream.finish(), std::logic_error);
}

TEST_CASE("HMAC-SHA-256 gives the digests of RFC 4231, for short and long keys") {
  CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("SipHash-2-4 gives the values of its paper") {
  SipKey key{};
  std::iota(key.begin(), key.end(), std::uint8_t{0});
  std::string input(15, '\0');
  std::iota(input.begin(), input.end(), '\0');
  CHECK(siphash(key, {}) == 0x726fdb47dd0e0e31ULL);
  CHECK(siphash(key, input) == 0xa129ca6149be45e5ULL);
  key[0] = 1;
  CHECK(siphash(key, input) != 0xa129ca6149be45e5ULL);
}

TEST_CASE("SipHash-2-4 gives what libsodium gives, for every length") {
  const std::string text = random_bytes(64);
  const std::string drawn = random_bytes(16);
  SipKey key{};
  std::ranges::copy(drawn, key.begin());
  for (std::size_t size = 0; size <= text.size(); ++size) {
    std::array<unsigned char, crypto_shorthash_BYTES> out{};
    crypto_shorthash(out.data(), reinterpret_cast<const unsigned char*>(text.data()), size, key.data());
    std::uint64_t expected = 0;
    std::memcpy(&expected, out.data(), sizeof expected);
    CHECK(siphash(key, std::string_view(text).substr(0, size)) == expected);
  }
}

TEST_CASE("random bytes come in the number asked for and do not repeat, from any thread") {
  CHECK(random_bytes(0).empty());
  std::vector<std::string> drawn(8);
  {
    std::vector<std::jthread> threads;
    for (auto& slot : drawn) threads.emplace_back([&slot] { slot = random_bytes(16); });
  }
  for (const auto& bytes : drawn) CHECK(bytes.size() == 16);
  CHECK(std::set<std::string>(drawn.begin(), drawn.end()).size() == drawn.size());
}
