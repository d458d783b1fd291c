#include "daemon/base/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/base/posix_calls.h"

namespace ntmd::base {
namespace {

Result<std::size_t> read_some(int fd, const Path& path, std::span<char> into) {
  const auto got = uninterrupted([&] { return ::read(fd, into.data(), into.size()); });
  if (got < 0) return system_fault(path, "read", errno);
  return static_cast<std::size_t>(got);
}

class SystemReadFile final : public ReadFile {
 public:
  SystemReadFile(Descriptor fd, Path path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<std::size_t> read(std::span<char> into) override { return read_some(fd_.get(), path_, into); }
  Result<FileState> state() override { return state_of(fd_.get(), path_); }

 private:
  Descriptor fd_;
  Path path_;
};

class SystemFiles final : public Files {
 public:
  Result<std::string> read_all(const Path& path, std::uint64_t cap) override;
  Result<std::unique_ptr<ReadFile>> open_read(const Path& path) override;
  Result<FileState> state(const Path& path) override;
  Result<std::vector<std::string>> list(const Path& folder) override;
  Result<std::unique_ptr<Draft>> replace(const Path& path, std::uint32_t mode, Lasting lasting) override {
    return open_draft(path, mode, lasting);
  }
  Status commit(std::span<const std::unique_ptr<Draft>> drafts) override { return commit_drafts(drafts); }
  Status flush(const Path& folder) override;
  Result<std::unique_ptr<ScratchFile>> scratch(const Path& folder) override { return open_scratch(folder); }
  Status make_folders(const Path& folder, std::uint32_t mode) override;
  Status remove(const Path& path) override;
};

std::unexpected<Error> not_regular(const Path& path) {
  return fail(Fault::bad_data, fmt::format("{}: no regular file, expected one", path.string()));
}

Result<std::string> SystemFiles::read_all(const Path& path, std::uint64_t cap) {
  const auto fd = open_for_reading(path, 0);
  if (!fd.open()) return system_fault(path, "open", errno);
  const auto state = state_of(fd.get(), path);
  if (!state) return std::unexpected(state.error());
  if (!state->regular) return not_regular(path);
  const auto too_large = [&] {
    return fail(Fault::bad_data, fmt::format("{}: over {} bytes, expected at most that", path.string(), cap));
  };
  if (state->size > cap) return too_large();
  std::string bytes(static_cast<std::size_t>(state->size) + 1, '\0');  // one more, to see the end in one call
  std::size_t size = 0;
  while (true) {
    if (size == bytes.size()) bytes.resize(bytes.size() * 2);
    const auto got = read_some(fd.get(), path, std::span(bytes).subspan(size));
    if (!got) return std::unexpected(got.error());
    if (*got == 0) break;
    size += *got;
    if (size > cap) return too_large();
  }
  bytes.resize(size);
  return bytes;
}

Result<std::unique_ptr<ReadFile>> SystemFiles::open_read(const Path& path) {
  auto fd = open_for_reading(path, O_NOFOLLOW);
  if (!fd.open()) {
    if (errno == ELOOP) {
      return fail(Fault::bad_data, fmt::format("{}: a symbolic link, expected a regular file", path.string()));
    }
    return system_fault(path, "open", errno);
  }
  const auto state = state_of(fd.get(), path);
  if (!state) return std::unexpected(state.error());
  if (!state->regular) return not_regular(path);
  if (state->links == 0) return fail(Fault::gone, fmt::format("{}: removed while it was opened", path.string()));
  if (state->links != 1) {
    return fail(Fault::bad_data, fmt::format("{}: has {} hard links, expected 1; copy the file instead of linking it",
                                             path.string(), state->links));
  }
  return std::make_unique<SystemReadFile>(std::move(fd), path);
}

Result<FileState> SystemFiles::state(const Path& path) {
  struct stat st = {};
  if (::lstat(path.c_str(), &st) != 0) return system_fault(path, "read its state", errno);
  return state_of(st);
}

Status SystemFiles::flush(const Path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.open() || ::syncfs(fd.get()) != 0) return system_fault(folder, "sync", errno);
  return {};
}

Result<std::vector<std::string>> SystemFiles::list(const Path& folder) {
  struct Close {
    void operator()(DIR* dir) const { ::closedir(dir); }
  };
  const std::unique_ptr<DIR, Close> dir(::opendir(folder.c_str()));
  if (!dir) return system_fault(folder, "list", errno);
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) break;
    const std::string_view name(static_cast<const char*>(entry->d_name));
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return system_fault(folder, "list", errno);
  std::ranges::sort(names);
  return names;
}

Status SystemFiles::make_folders(const Path& folder, std::uint32_t mode) {
  Path so_far;
  for (const auto& part : folder) {
    so_far /= part;
    if (::mkdir(so_far.c_str(), 0700) == 0) {
      if (::chmod(so_far.c_str(), mode) != 0) return system_fault(so_far, "set the mode of", errno);
      if (const auto synced = sync_folder(folder_of(so_far)); !synced) return synced;
      continue;
    }
    const int code = errno;
    struct stat st = {};
    if (::stat(so_far.c_str(), &st) != 0) return system_fault(so_far, "make the folder", code);
    if (!S_ISDIR(st.st_mode)) {
      return fail(Fault::bad_config, fmt::format("{}: no folder, expected one", so_far.string()));
    }
  }
  return {};
}

Status SystemFiles::remove(const Path& path) {
  if (::unlink(path.c_str()) != 0) return system_fault(path, "remove", errno);
  return sync_folder(folder_of(path));
}

}  // namespace

std::unique_ptr<Files> make_system_files() { return std::make_unique<SystemFiles>(); }

Instant FileState::modified() const {
  return Instant(std::chrono::floor<std::chrono::microseconds>(std::chrono::nanoseconds(modified_ns)));
}

}  // namespace ntmd::base
