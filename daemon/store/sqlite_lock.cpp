// One owner per folder: a lock of the open file (OFD), which the kernel drops with the last descriptor.

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "daemon/store/sqlite_store.h"

namespace ntmd::store {
namespace {

class FileLock final : public OwnerLock {
 public:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() override { ::close(descriptor_); }

 private:
  int descriptor_;
};

struct flock whole_file() {
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return whole;
}

std::string system_words(int code) { return std::error_code(code, std::generic_category()).message(); }

}  // namespace

base::Result<std::unique_ptr<OwnerLock>> lock_store(const base::Path& folder) {
  const auto path = (folder / "ntmd.lock").string();
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) {
    const int code = errno;
    return base::fail(
        code == ENOSPC || code == EDQUOT ? base::Fault::retry_later : base::Fault::bad_config,
        fmt::format("{}: cannot be opened ({}), expected a writable file; check data_dir, its owner, room and mount",
                    path, code == ENOSPC || code == EDQUOT ? "disk full" : system_words(code)));
  }
  auto lock = std::make_unique<FileLock>(descriptor);
  auto whole = whole_file();
  if (::fcntl(descriptor, F_OFD_SETLK, &whole) == 0) return lock;
  const int code = errno;
  if (code == EAGAIN || code == EACCES) {
    return base::fail(base::Fault::denied,
                      fmt::format("{}: held by another ntmd, expected to be the only one; stop the other first", path));
  }
  return base::fail(
      base::Fault::bad_config,
      fmt::format("{}: cannot be locked ({}), expected a file system with locks; set data_dir to a local disk", path,
                  system_words(code)));
}

bool is_locked(const base::Path& folder) {
  const int descriptor = ::open((folder / "ntmd.lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return false;
  const FileLock closes(descriptor);
  auto whole = whole_file();
  return ::fcntl(descriptor, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

}  // namespace ntmd::store
