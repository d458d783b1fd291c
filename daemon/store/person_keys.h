#pragma once
// The keys of the person hashes as the store knows them: never a key, only where it is and what it is told by.
//
//   add ─────────────────────► in_force ──add of another as in_force──► set_aside
//                                 ▲  └───────switch of another──► retired ◄──┘
//   add ──► incoming ──switch─────┘
//              └──cancel──► cancelled
//
// At most one key is in force and at most one incoming. Ids are never given twice.

#include <cstdint>
#include <string>

#include "daemon/base/clock.h"

namespace ntmd::store {

/// Values are frozen: they are stored.
enum class KeyState : std::uint8_t {
  in_force = 1,   ///< people are counted by its hashes
  incoming = 2,   ///< everybody is hashed under it, too, until it takes the place of the one in force
  retired = 3,    ///< was in force until a switch; none of its hashes is kept
  cancelled = 4,  ///< never came into force; none of its hashes is kept, nor what it was told by
  set_aside = 5,  ///< was in force until another took its place at once; its hashes stay, and none is added
};

struct PersonKeyRow {
  std::uint32_t id = 0;
  std::string secret;       ///< name of the secret that holds it
  std::string check_value;  ///< hex
  KeyState state = KeyState::in_force;
  base::Instant since{};  ///< of the state; given here
  std::string reason;
};

}  // namespace ntmd::store
