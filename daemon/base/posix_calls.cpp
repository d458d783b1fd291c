#include "daemon/base/posix_calls.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <system_error>

namespace ntmd::base {
namespace {

Fault fault_of(int code) {
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      return Fault::gone;
    case EACCES:
    case EPERM:
    case EROFS:
      return Fault::denied;
    case ELOOP:
    case EISDIR:
    case ENAMETOOLONG:
      return Fault::bad_data;
    default:
      return Fault::retry_later;  // full or failing disks, limits, descriptors: they pass
  }
}

std::string_view remedy_of(int code) {
  switch (code) {
    case ENOSPC:
      return " (disk full); free some space";
    case EDQUOT:
      return " (disk quota used up); free some space";
    case EFBIG:
      return " (over the limit on file sizes); raise it, see ulimit -f";
    case EIO:
      return "; the disk is failing";
    default:
      return "";
  }
}

constexpr std::uint32_t kPermissionBits = 07777;

std::int64_t nanoseconds(const timespec& time) {
  return (static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000) + time.tv_nsec;
}

}  // namespace

std::unexpected<Error> system_fault(const Path& path, std::string_view doing, int code) {
  return fail(fault_of(code), fmt::format("{}: cannot {}: {}{}", path.string(), doing,
                                          std::generic_category().message(code), remedy_of(code)));
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = uninterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (put < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return 0;
}

FileState state_of(const struct stat& st) {
  return {.device = st.st_dev,
          .inode = st.st_ino,
          .size = static_cast<std::uint64_t>(st.st_size),
          .modified_ns = nanoseconds(st.st_mtim),
          .changed_ns = nanoseconds(st.st_ctim),
          .mode = st.st_mode & kPermissionBits,
          .owner = st.st_uid,
          .links = st.st_nlink,
          .regular = S_ISREG(st.st_mode)};
}

Result<FileState> state_of(int fd, const Path& path) {
  struct stat st = {};
  if (::fstat(fd, &st) != 0) return system_fault(path, "read its state", errno);
  return state_of(st);
}

Path folder_of(const Path& path) { return path.has_parent_path() ? path.parent_path() : Path("."); }

/// O_NONBLOCK: opening a FIFO must not wait for a writer; it changes nothing for regular files.
Descriptor open_for_reading(const Path& path, int flags) {
  return Descriptor(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags); }));
}

Status sync_folder(const Path& folder) {
  const auto fd = open_for_reading(folder, O_DIRECTORY);
  if (!fd.open()) return system_fault(folder, "open", errno);
  const int outcome = uninterrupted([&] { return ::fsync(fd.get()); });
  if (outcome != 0 && errno != EINVAL) return system_fault(folder, "sync", errno);  // EINVAL: it has no such call
  return {};
}

}  // namespace ntmd::base
