#pragma once
// What the real file system is asked with: descriptors, interrupted calls, and faults with their remedy. Private to
// base.

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "daemon/base/files.h"
#include "daemon/base/result.h"

namespace ntmd::base {

/// "<path>: cannot <doing>: <what the system says of errno `code`>".
std::unexpected<Error> system_fault(const Path& path, std::string_view doing, int code);

/// Calls again as long as a signal interrupts.
template <class Call>
auto uninterrupted(Call call) {
  auto outcome = call();
  while (outcome < 0 && errno == EINTR) outcome = call();
  return outcome;
}

/// Owns a descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_;
};

Result<FileState> state_of(int fd, const Path& path);
FileState state_of(const struct stat& st);
Path folder_of(const Path& path);
Descriptor open_for_reading(const Path& path, int flags);
/// Makes a rename, a new or a removed name survive a power cut.
Status sync_folder(const Path& folder);

/// Files::scratch, Files::replace and Files::commit of the real file system.
Result<std::unique_ptr<ScratchFile>> open_scratch(const Path& folder);
Result<std::unique_ptr<Draft>> open_draft(const Path& path, std::uint32_t mode, Lasting lasting);
Status commit_drafts(std::span<const std::unique_ptr<Draft>> drafts);

/// All of `bytes` from where `fd` stands. The errno, or 0.
int write_all(int fd, std::string_view bytes);

}  // namespace ntmd::base
