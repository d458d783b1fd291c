#pragma once
// People as keyed hashes: the only thing that is kept of a citizen number (Law 91/2025/QH15; domain §9).

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/base/siphash.h"

namespace ntmd::connectors {

/// A key of the person hashes, with the id that tells its hashes from those of another.
struct PersonKey {
  base::SipKey key{};
  std::uint32_t id = 0;
  [[nodiscard]] std::uint64_t of(std::string_view number) const { return base::siphash(key, number); }
};

/// A keyed 64-bit hash per person, the same in every source as long as the key is. While the key is replaced there is
/// a second one, under which everybody is hashed as well. Immutable, thread-safe.
class Pseudonyms {
 public:
  Pseudonyms(base::SipKey key, std::uint32_t key_id) : key_{key, key_id} {}
  explicit Pseudonyms(const PersonKey& key, std::optional<PersonKey> incoming = {}) : key_(key), incoming_(incoming) {}
  [[nodiscard]] std::uint64_t of(std::string_view number) const { return key_.of(number); }
  [[nodiscard]] std::uint32_t key_id() const { return key_.id; }
  [[nodiscard]] const PersonKey& key() const { return key_; }
  /// The key that comes; nullopt: none does.
  [[nodiscard]] const std::optional<PersonKey>& incoming() const { return incoming_; }

 private:
  PersonKey key_;
  std::optional<PersonKey> incoming_;
};

}  // namespace ntmd::connectors
