#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "daemon/base/files.h"
#include "daemon/base/posix_calls.h"

namespace ntmd::base {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 18U;
constexpr std::uint64_t kLong = std::uint64_t{1} << 20U;

class SystemDraft final : public Draft {
 public:
  SystemDraft(Descriptor fd, Path path, std::string temporary, std::uint32_t mode, Lasting lasting)
      : fd_(std::move(fd)), path_(std::move(path)), temporary_(std::move(temporary)), mode_(mode), lasting_(lasting) {}
  SystemDraft(const SystemDraft&) = delete;
  SystemDraft& operator=(const SystemDraft&) = delete;
  ~SystemDraft() override {
    if (!committed_) ::unlink(temporary_.c_str());
  }

  Status write(std::string_view bytes) override {
    if (auto may = may_write(); !may) return may;
    if (const int code = write_all(fd_.get(), bytes); code != 0) return failed("write", code);
    return {};
  }

  Status copy(const Draft& from, std::uint64_t offset, std::uint64_t length) override;

  Status commit() override {
    if (auto settled = settle(); !settled) return settled;
    if (auto placed = place(); !placed) return placed;
    return synced() ? sync_folder(folder()) : Status{};
  }

  [[nodiscard]] Result<FileState> state() const override { return state_of(fd_.get(), path_); }

  /// The disk begins to write; a hint.
  void start_writing() { ::sync_file_range(fd_.get(), 0, 0, SYNC_FILE_RANGE_WRITE); }
  /// What was written is on the disk, if it is to be, seen by nobody.
  Status settle() {
    if (committed_) throw std::logic_error("Draft: committed twice");
    if (failed_) return fail_again();
    if (::fchmod(fd_.get(), mode_) != 0) return failed("set the mode of", errno);
    if (!synced()) find_places();
    if (synced() && uninterrupted([&] { return ::fsync(fd_.get()); }) != 0) return failed("sync", errno);
    return {};
  }
  /// Over its target; on the disk with the folder's next sync.
  Status place() {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return failed("replace", errno);
    committed_ = true;
    return {};
  }
  [[nodiscard]] bool synced() const { return lasting_ == Lasting::synced; }
  [[nodiscard]] Path folder() const { return folder_of(path_); }

 private:
  Status may_write() {
    if (committed_) throw std::logic_error("Draft: written after its commit");
    if (failed_) return fail_again();
    return {};
  }
  std::unexpected<Error> failed(std::string_view doing, int code) {
    failed_ = true;
    return system_fault(path_, doing, code);
  }
  std::unexpected<Error> short_source(const Path& source) {
    failed_ = true;
    return fail(
        Fault::bad_data,
        fmt::format("{}: has become shorter, expected what was written to it; it is written anew", source.string()));
  }
  [[nodiscard]] std::unexpected<Error> fail_again() const {
    return fail(Fault::retry_later, fmt::format("{}: not replaced: an earlier write failed", path_.string()));
  }
  /// The disk finds the room for a long stretch at once.
  Status make_room(std::uint64_t length);
  /// A hint: where a large file stands on the disk is settled, so that its renaming need not wait until it is written.
  void find_places() {
    const auto size = ::lseek(fd_.get(), 0, SEEK_CUR);
    if (size >= static_cast<off_t>(kLong)) ::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, size);
  }
  Status copy_by_hand(const SystemDraft& source, off_t at, std::uint64_t length);

  Descriptor fd_;
  Path path_;
  std::string temporary_;
  std::uint32_t mode_;
  Lasting lasting_;
  bool failed_ = false;
  bool committed_ = false;
};

Status SystemDraft::make_room(std::uint64_t length) {
  if (length < kLong) return {};
  const auto at = ::lseek(fd_.get(), 0, SEEK_CUR);
  if (at < 0) return failed("write", errno);
  const int outcome = uninterrupted([&] { return ::fallocate(fd_.get(), 0, at, static_cast<off_t>(length)); });
  // A file system that cannot find room ahead finds it while it writes.
  if (outcome != 0 && errno != EOPNOTSUPP && errno != ENOSYS) return failed("write", errno);
  return {};
}

Status SystemDraft::copy(const Draft& from, std::uint64_t offset, std::uint64_t length) {
  if (auto may = may_write(); !may) return may;
  const auto& source = static_cast<const SystemDraft&>(from);
  if (!source.committed_) throw std::logic_error("Draft: copied from one that is not committed");
  if (auto room = make_room(length); !room) return room;
  auto at = static_cast<off_t>(offset);
  while (length > 0) {
    // Within the kernel, where the file system can.
    const auto got =
        uninterrupted([&] { return ::copy_file_range(source.fd_.get(), &at, fd_.get(), nullptr, length, 0); });
    if (got < 0 && (errno == ENOSYS || errno == EOPNOTSUPP || errno == EINVAL || errno == EXDEV))
      return copy_by_hand(source, at, length);
    if (got < 0) return failed("write", errno);
    if (got == 0) return short_source(source.path_);
    length -= static_cast<std::uint64_t>(got);
  }
  return {};
}

Status SystemDraft::copy_by_hand(const SystemDraft& source, off_t at, std::uint64_t length) {
  std::vector<char> block(std::min<std::uint64_t>(kBlock, length));
  while (length > 0) {
    const auto wanted = std::min<std::uint64_t>(block.size(), length);
    const auto got = uninterrupted([&] { return ::pread(source.fd_.get(), block.data(), wanted, at); });
    if (got < 0) {
      failed_ = true;
      return system_fault(source.path_, "read", errno);
    }
    if (got == 0) return short_source(source.path_);
    if (const int code = write_all(fd_.get(), {block.data(), static_cast<std::size_t>(got)}); code != 0)
      return failed("write", code);
    at += got;
    length -= static_cast<std::uint64_t>(got);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Draft>> open_draft(const Path& path, std::uint32_t mode, Lasting lasting) {
  std::string temporary = (folder_of(path) / ("." + path.filename().string() + ".XXXXXX")).string();
  Descriptor fd(uninterrupted([&] { return ::mkostemp(temporary.data(), O_CLOEXEC); }));
  if (!fd.open()) return system_fault(path, "make a new file beside", errno);
  return std::make_unique<SystemDraft>(std::move(fd), path, std::move(temporary), mode, lasting);
}

Status commit_drafts(std::span<const std::unique_ptr<Draft>> drafts) {
  const auto own = [](const std::unique_ptr<Draft>& draft) -> SystemDraft& {
    return static_cast<SystemDraft&>(*draft);
  };
  for (const auto& draft : drafts) {
    if (own(draft).synced()) own(draft).start_writing();
  }
  for (const auto& draft : drafts) {
    if (auto settled = own(draft).settle(); !settled) return settled;
  }
  Status placed;
  std::set<Path> folders;
  for (const auto& draft : drafts) {
    placed = own(draft).place();
    if (!placed) break;
    if (own(draft).synced()) folders.insert(own(draft).folder());
  }
  for (const auto& folder : folders) {
    if (auto synced = sync_folder(folder); !synced && placed) placed = synced;
  }
  return placed;
}

}  // namespace ntmd::base
