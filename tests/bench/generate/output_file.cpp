#include "tests/bench/generate/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

namespace ntmd::bench {
namespace {

constexpr std::size_t kBlock = 1U << 20U;
constexpr std::time_t kSettledSeconds = 3600;

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw std::system_error(errno, std::generic_category(), path.string());
}

}  // namespace

OutputFile::OutputFile(const std::filesystem::path& path)
    : path_(path), block_(kBlock), descriptor_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) fail(path_);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      block_(std::move(other.block_)),
      used_(std::exchange(other.used_, 0)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void OutputFile::flush() {
  for (std::size_t done = 0; done < used_;) {
    const ssize_t written = write(descriptor_, block_.data() + done, used_ - done);
    if (written < 0 && errno != EINTR) fail(path_);
    if (written > 0) done += static_cast<std::size_t>(written);
  }
  used_ = 0;
}

void OutputFile::close() {
  flush();
  const timespec then{std::time(nullptr) - kSettledSeconds, 0};
  const timespec times[2] = {then, then};
  if (futimens(descriptor_, times) != 0 || ::close(std::exchange(descriptor_, -1)) != 0) fail(path_);
}

}  // namespace ntmd::bench
