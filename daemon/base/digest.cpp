#include "daemon/base/digest.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <new>
#include <stdexcept>
#include <tuple>

namespace ntmd::base {
namespace {

static_assert(crypto_hash_sha256_BYTES == std::tuple_size_v<Sha256>);
static_assert(crypto_auth_hmacsha256_BYTES == std::tuple_size_v<Sha256>);

/// Chooses the library's implementations, once for the process.
void ready() {
  static const int outcome = sodium_init();
  if (outcome < 0) throw std::runtime_error("libsodium: cannot start, expected a working random generator");
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

Sha256 sha256(std::string_view bytes) {
  Sha256Stream stream;
  stream.add(bytes);
  return stream.finish();
}

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
  Sha256 out{};
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(bytes), bytes.size());
  crypto_auth_hmacsha256_final(&state, out.data());
  sodium_memzero(&state, sizeof state);
  return out;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const auto byte : bytes) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0xfU];
  }
  return out;
}

/// OpenSSL's, which uses the processor's own instructions where it has them: whole files go through here.
struct Sha256Stream::State {
  State() : context(EVP_MD_CTX_new()) {
    if (context == nullptr) throw std::bad_alloc();
    if (EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1) {
      EVP_MD_CTX_free(context);
      throw std::runtime_error("OpenSSL: cannot begin a SHA-256, expected it among its digests");
    }
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  EVP_MD_CTX* context;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::add(std::string_view bytes) {
  if (!state_) throw std::logic_error("Sha256Stream: bytes added after its end");
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1)
    throw std::runtime_error("OpenSSL: cannot go on with a SHA-256");
}

Sha256 Sha256Stream::finish() {
  if (!state_) throw std::logic_error("Sha256Stream: finished twice");
  Sha256 out{};
  if (EVP_DigestFinal_ex(state_->context, out.data(), nullptr) != 1)
    throw std::runtime_error("OpenSSL: cannot end a SHA-256");
  state_.reset();
  return out;
}

std::string random_bytes(std::size_t n) {
  ready();
  std::string out(n, '\0');
  randombytes_buf(out.data(), out.size());
  return out;
}

}  // namespace ntmd::base
