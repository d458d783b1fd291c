#include "daemon/base/posix_calls.h"

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

}  // namespace ntmd::base
