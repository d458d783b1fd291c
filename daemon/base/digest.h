#pragma once
// Digests and random bytes. The only place that names the crypto libraries for them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ntmd::base {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);
std::string to_hex(std::span<const std::uint8_t> bytes);
inline std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

/// SHA-256 of bytes that come in pieces.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  void add(std::string_view bytes);
  /// Ends the stream; call once.
  Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `n` bytes from the kernel's generator.
std::string random_bytes(std::size_t n);

}  // namespace ntmd::base
