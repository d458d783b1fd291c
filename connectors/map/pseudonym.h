#pragma once
// People as keyed hashes: the only thing that is kept of a citizen number (Law 91/2025/QH15; domain §9).

#include <cstdint>
#include <string_view>

#include "daemon/base/siphash.h"

namespace ntmd::connectors {

/// A keyed 64-bit hash per person, the same in every source as long as the key is. Immutable, thread-safe.
class Pseudonyms {
 public:
  Pseudonyms(base::SipKey key, std::uint32_t key_id) : key_(key), key_id_(key_id) {}
  [[nodiscard]] std::uint64_t of(std::string_view number) const { return base::siphash(key_, number); }
  [[nodiscard]] std::uint32_t key_id() const { return key_id_; }

 private:
  base::SipKey key_;
  std::uint32_t key_id_;
};

}  // namespace ntmd::connectors
