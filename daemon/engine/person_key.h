#pragma once
// The keys of the person hashes: found or made, and never silently replaced.
//
// The store knows which key is in force, and which one comes while it is replaced (store/person_keys.h), each by a
// check value. A key is looked for under the name it was given with, then as `person_key`, each in secrets_dir, then in
// data_dir: the first file that fits the check value is it. So the old key's file may go once the new one is in force,
// and the new one may then take the name `person_key`.

#include <optional>
#include <string>

#include "connectors/map/pseudonym.h"
#include "daemon/base/files.h"
#include "daemon/base/result.h"
#include "daemon/engine/config.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// The key in force and, in a rotation, the one that comes. For a new store the secret `person_key`; where there is
/// none, `data_dir`/person_key (mode 0600), made on first use and said so. A store that knows a key refuses to go on
/// with another or without (bad_config, naming the files), since hashes of two keys can never be compared; so it does
/// while either key of a rotation is missing. A `person_key_id` that the store does not know yet is someone's word that
/// the key was replaced at once: what was counted with the old one is united with nothing until it comes again.
base::Result<connectors::Pseudonyms> open_person_key(base::Files& files, const Config& config, store::Store& store);

/// The key in force, by the same rules; nothing is made or written. Without one (`store`: nullptr where there is none
/// yet), a key for this once: what is made with it must not be kept.
base::Result<connectors::Pseudonyms> borrow_person_key(base::Files& files, const Config& config, store::Store* store);

/// The same keys for a process that owns the store, before anything changes: nothing is made or noted, and nullopt
/// where the store knows no key under this id yet.
base::Result<std::optional<connectors::Pseudonyms>> find_person_key(base::Files& files, const Config& config,
                                                                    store::Store& store);

/// Whether the key that the store has in force, if any, is there. One that comes need not be.
base::Status check_key_in_force(base::Files& files, const Config& config, store::Store& store);

/// `held` as the store's keys are now, whatever became of the secrets; nullopt: a key is needed that it does not have.
base::Result<std::optional<connectors::Pseudonyms>> fit_person_key(const connectors::Pseudonyms& held,
                                                                   store::Store& store);

/// A key that may take the place of the one in force, and what the store is to know of it.
struct NewPersonKey {
  store::PersonKeyRow row;
  connectors::PersonKey key;
};
/// The secret `name`; an empty name: made now, as data_dir/person_key_N. bad_config when it is not there, is shorter
/// than 16 bytes, or was a key of this store before. The store is left as it is.
base::Result<NewPersonKey> read_new_person_key(base::Files& files, const Config& config, store::Store& store,
                                               const std::string& name);

/// The name of a secret that was given by name or by its file's path, which must lie in secrets_dir or data_dir. What
/// is no name, or could be a key and has no such file, is refused and never told again.
base::Result<std::string> person_key_name(base::Files& files, const Config& config, const std::string& given);

}  // namespace ntmd::engine
