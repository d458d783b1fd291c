#pragma once
// The store in one SQLite file.

#include <cstdint>
#include <memory>

#include "daemon/store/store.h"

namespace ntmd::store {

enum class Access : std::uint8_t {
  owner,   ///< takes the store's lock and holds it as long as the store lives: one daemon or one-shot run at a time
  shared,  ///< beside an owner: reads, and posts requests; every other write is refused as a bug
  reader,  ///< beside an owner or alone: reads, and leaves the folder as it found it
};

/// Holds the lock on `folder` for as long as it lives; the kernel frees it when the process dies, however it dies.
class OwnerLock {
 public:
  virtual ~OwnerLock() = default;
};
/// For work on the folder with no store open (restore, repair). An owner's store takes this lock itself: who has both,
/// in one process too, is denied. `denied` while somebody holds it; bad_config when the file cannot be locked at all.
base::Result<std::unique_ptr<OwnerLock>> lock_store(const base::Path& folder);
/// Whether somebody holds the lock now. False as well when there is no such folder.
bool is_locked(const base::Path& folder);

/// Opens `folder`/ntmd.db: WAL, synchronous=FULL, foreign keys, defensive. An owner makes the folder (0700) and the
/// file (0600), migrates it and checks its structure; `shared` and `reader` need both there (`gone`) and of this
/// version. `clock` dates what is recorded. `elements` and `sources` give the ids of names in all rows; names that the
/// file knows are added to them, at open and later. All three must outlive the store. Errors: `denied` when another
/// owner lives; bad_config for another program's database, a newer one or one that cannot be written; bad_data for a
/// damaged one. `held`: the lock on `folder`, by an owner that has it already and may keep it when the store is gone.
base::Result<std::unique_ptr<Store>> open_sqlite(const base::Path& folder, Access access, const base::Clock& clock,
                                                 model::NameTable& elements, model::NameTable& sources,
                                                 std::shared_ptr<OwnerLock> held = nullptr);

}  // namespace ntmd::store
