#pragma once
// The key of the person hashes: found or made, and never silently replaced.

#include <optional>

#include "connectors/map/pseudonym.h"
#include "daemon/base/files.h"
#include "daemon/base/result.h"
#include "daemon/engine/config.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// The secret `person_key`; where the secrets folder has none, `data_dir`/person_key (mode 0600), made on first use and
/// said so. The store holds a check value: a store that knows a key refuses to go on with another or with none
/// (bad_config), since hashes of two keys can never be compared.
base::Result<connectors::Pseudonyms> open_person_key(base::Files& files, const Config& config, store::Store& store);

/// The key that is there, by the same rules; nothing is made or written. Without one (`store`: nullptr where there is
/// none yet), a key for this once: what is made with it must not be kept.
base::Result<connectors::Pseudonyms> borrow_person_key(base::Files& files, const Config& config, store::Store* store);

/// The same key for a process that owns the store, before anything changes: nothing is made or noted, and nullopt where
/// the store knows no key under this id yet.
base::Result<std::optional<connectors::Pseudonyms>> find_person_key(base::Files& files, const Config& config,
                                                                    store::Store& store);

}  // namespace ntmd::engine
