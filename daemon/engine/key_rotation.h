#pragma once
// How far the replacement of the person key has come.
//
//            rotate-key --new                                every source is hashed under both
//   at rest ─────────────────► rotating: both keys needed ─────────────────────────────────────► at rest, new key
//      ▲                          │   counted with the old one
//      └────── --cancel ──────────┘
//
// The state is in the store alone (store/person_keys.h), each arrow one transaction: a process that ends anywhere goes
// on from there. While it rotates, a snapshot is stored under both keys, and a poll reads files again that have not
// changed when what they brought lacks the new one. Counting goes on with the old key. The switch comes after the first
// pass for which every snapshot that is in force, will be, or is held has its people under the new key, of sources that
// are configured and of those that were, and no source that counts is being polled. No figure is told anew by it: the
// same people are as many under either key.

#include <optional>
#include <string>
#include <vector>

#include "daemon/base/files.h"
#include "daemon/base/json_writer.h"
#include "daemon/engine/setup.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// A delivery that the switch waits for.
struct KeyWait {
  std::string source;
  std::string delivery;
  std::string part;
  std::string what;  ///< what will end it, or who must do what
};

struct KeyRotation {
  std::optional<store::PersonKeyRow> in_force;  ///< nullopt: the store has none yet
  std::optional<store::PersonKeyRow> incoming;  ///< nullopt: none comes
  std::vector<std::string> ready;               ///< sources whose people in force are there under both
  std::vector<KeyWait> waits;                   ///< by source; empty while none comes
};

/// As of `day`. A source that never delivered has nobody to wait for.
base::Result<KeyRotation> key_rotation(const Setup& setup, store::Store& store, base::Files& files, model::Day day);

/// Goes back while the new key has not come into force: for who owns the store and has no engine, which needs both
/// keys. The one in force is enough here. Gives what is so then; bad_data when no rotation is under way.
base::Result<KeyRotation> cancel_rotation(const Setup& setup, store::Store& store, base::Files& files, model::Day day,
                                          const std::string& reason);

/// Whether its snapshots hold people.
bool counts_people(const SourcePlan& plan);

std::string rotation_text(const KeyRotation& rotation);
std::string rotation_json(const KeyRotation& rotation);

}  // namespace ntmd::engine
