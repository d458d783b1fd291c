#pragma once
// The file system as ntmd uses it: whole small files, streamed large ones, atomic replacement.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/scratch_file.h"

namespace ntmd::base {

using Path = std::filesystem::path;

/// What `fstat` says; two equal ones around a read mean that the file did not change under it.
struct FileState {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  ///< since the epoch
  std::int64_t changed_ns = 0;
  std::uint32_t mode = 0;  ///< permission bits
  std::uint32_t owner = 0;
  std::uint64_t links = 0;
  bool regular = false;

  bool operator==(const FileState&) const = default;
  [[nodiscard]] Instant modified() const;
};

/// An open file, read front to back. Closed on destruction.
struct ReadFile {
  virtual ~ReadFile() = default;
  /// Fills `into` from the current place; 0 at the end.
  virtual Result<std::size_t> read(std::span<char> into) = 0;
  /// Of a symbolic link: of the link itself, so it is not `regular`.
  virtual Result<FileState> state() = 0;
};

/// What a power cut leaves of a file that was replaced.
enum class Lasting : std::uint8_t {
  synced,  ///< the new file: its bytes and its name are on the disk before `commit` returns
  /// The new file, the old one, or one that is short or full of zeros: the system writes it when it comes to it, within
  /// half a minute as systems are set, and not at all where the next one replaces it before. Only for what follows from
  /// other, synced data and is compared with it, and so made whole, at the next start.
  rebuilt
};

/// A file being replaced: written beside its target, seen by nobody until `commit`.
/// Destroyed uncommitted, it leaves no trace. Committed and kept, it can still be copied from.
struct Draft {
  virtual ~Draft() = default;
  virtual Status write(std::string_view bytes) = 0;
  /// Writes `length` bytes of `from`, a committed draft of the same Files, from `offset` on, whatever has become of its
  /// name. bad_data when there are not so many.
  virtual Status copy(const Draft& from, std::uint64_t offset, std::uint64_t length) = 0;
  /// fsync, rename over the target, fsync of the folder; one that is to be `rebuilt` only takes its place.
  virtual Status commit() = 0;
  /// Of the file itself, wherever its name leads by now.
  [[nodiscard]] virtual Result<FileState> state() const = 0;
};

/// Every call names the path in its errors. Thread-safe.
struct Files {
  virtual ~Files() = default;
  /// The whole file (a symbolic link is followed); a file over `cap` bytes is bad_data, a missing one `gone`.
  virtual Result<std::string> read_all(const Path& path, std::uint64_t cap) = 0;
  /// Regular files with one link only; symbolic links are not followed in the last step.
  virtual Result<std::unique_ptr<ReadFile>> open_read(const Path& path) = 0;
  virtual Result<FileState> state(const Path& path) = 0;
  /// Names (not paths) in byte order.
  virtual Result<std::vector<std::string>> list(const Path& folder) = 0;
  /// `mode` is exact: the umask does not narrow it.
  virtual Result<std::unique_ptr<Draft>> replace(const Path& path, std::uint32_t mode, Lasting lasting) = 0;
  /// Drafts of this very object, in this order, as if each was committed; but all contents go to the disk together
  /// before the first takes its place, and each folder is synced once, if need be. After a failure those before it are
  /// in place.
  virtual Status commit(std::span<const std::unique_ptr<Draft>> drafts) = 0;
  /// Everything that was written to the file system of `folder` is on the disk.
  virtual Status flush(const Path& folder) = 0;
  /// A new file without a name, on the file system of `folder`, which must be there.
  virtual Result<std::unique_ptr<ScratchFile>> scratch(const Path& folder) = 0;
  /// Missing folders of the path get exactly `mode`; those that exist stay as they are.
  virtual Status make_folders(const Path& folder, std::uint32_t mode) = 0;
  /// `gone` when there is no such file.
  virtual Status remove(const Path& path) = 0;
};

/// The real thing (POSIX).
std::unique_ptr<Files> make_system_files();

}  // namespace ntmd::base
