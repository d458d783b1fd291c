// One owner per folder: a lock of ntmd.lock (OFD), which others can look at, and one of the folder itself (flock),
// which nobody can remove from under the store. The kernel drops both with their descriptors.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "daemon/store/sqlite_store.h"

namespace ntmd::store {
namespace {

/// Who looks whether the folder is locked holds it for a moment.
constexpr int kFolderTries = 20;
constexpr std::chrono::milliseconds kFolderPause{10};

class Opened {
 public:
  explicit Opened(int descriptor) : descriptor_(descriptor) {}
  Opened(Opened&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Opened& operator=(Opened&&) = delete;
  ~Opened() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

class BothLocks final : public OwnerLock {
 public:
  BothLocks(Opened file, Opened folder) : file_(std::move(file)), folder_(std::move(folder)) {}

 private:
  Opened file_;
  Opened folder_;
};

struct flock whole_file() {
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return whole;
}

std::string system_words(int code) { return std::error_code(code, std::generic_category()).message(); }

std::unexpected<base::Error> not_opened(const std::string& path, int code) {
  const bool full = code == ENOSPC || code == EDQUOT;
  return base::fail(
      full ? base::Fault::retry_later : base::Fault::bad_config,
      fmt::format(
          "{}: cannot be opened ({}), expected it readable and writable; check data_dir, its owner, room and mount",
          path, full ? "disk full" : system_words(code)));
}

std::unexpected<base::Error> not_locked(const std::string& path, int code) {
  if (code == EAGAIN || code == EACCES) {
    return base::fail(base::Fault::denied,
                      fmt::format("{}: held by another ntmd, expected to be the only one; stop the other first", path));
  }
  return base::fail(
      base::Fault::bad_config,
      fmt::format("{}: cannot be locked ({}), expected a file system with locks; set data_dir to a local disk", path,
                  system_words(code)));
}

Opened open_folder(const base::Path& folder) {
  return Opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// 0, or why not.
int lock_folder(int descriptor) {
  for (int i = 1;; ++i) {
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return 0;
    if (errno != EWOULDBLOCK || i == kFolderTries) return errno;
    std::this_thread::sleep_for(kFolderPause);
  }
}

}  // namespace

base::Result<std::unique_ptr<OwnerLock>> lock_store(const base::Path& folder) {
  const auto path = (folder / "ntmd.lock").string();
  Opened file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return not_opened(path, errno);
  auto whole = whole_file();
  if (::fcntl(file.get(), F_OFD_SETLK, &whole) != 0) return not_locked(path, errno);
  auto held = open_folder(folder);
  if (held.get() < 0) return not_opened(folder.string(), errno);
  if (const int code = lock_folder(held.get()); code != 0) return not_locked(folder.string(), code);
  return std::make_unique<BothLocks>(std::move(file), std::move(held));
}

bool is_locked(const base::Path& folder) {
  const Opened file(::open((folder / "ntmd.lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  auto whole = whole_file();
  if (file.get() >= 0 && ::fcntl(file.get(), F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK) return true;
  // It may be another file than the one that was locked.
  const auto held = open_folder(folder);
  return held.get() >= 0 && ::flock(held.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace ntmd::store
