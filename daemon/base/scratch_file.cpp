#include "daemon/base/scratch_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/base/posix_calls.h"

namespace ntmd::base {
namespace {

class SystemScratch final : public ScratchFile {
 public:
  SystemScratch(Descriptor fd, Path folder) : fd_(std::move(fd)), folder_(std::move(folder)) {}

  Status append(std::string_view bytes) override {
    if (const int code = write_all(fd_.get(), bytes); code != 0)
      return system_fault(folder_, "write a temporary file in it", code);
    return {};
  }

  Status read(std::uint64_t offset, std::span<char> into) override {
    while (!into.empty()) {
      const auto got =
          uninterrupted([&] { return ::pread(fd_.get(), into.data(), into.size(), static_cast<off_t>(offset)); });
      if (got < 0) return system_fault(folder_, "read a temporary file in it", errno);
      if (got == 0) {
        return fail(Fault::bad_data, fmt::format("{}: a temporary file in it ends early, expected what was written; "
                                                 "check the disk",
                                                 folder_.string()));
      }
      offset += static_cast<std::uint64_t>(got);
      into = into.subspan(static_cast<std::size_t>(got));
    }
    return {};
  }

 private:
  Descriptor fd_;
  Path folder_;
};

}  // namespace

Result<std::unique_ptr<ScratchFile>> open_scratch(const Path& folder) {
  std::string name = (folder / ".scratch.XXXXXX").string();
  Descriptor fd(uninterrupted([&] { return ::mkostemp(name.data(), O_CLOEXEC); }));  // mode 0600
  if (!fd.open()) return system_fault(folder, "make a temporary file in it", errno);
  if (::unlink(name.c_str()) != 0) return system_fault(folder, "take a temporary file's name out of it", errno);
  return std::make_unique<SystemScratch>(std::move(fd), folder);
}

}  // namespace ntmd::base
