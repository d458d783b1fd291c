#include "tests/bench/floor/block_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "tests/bench/floor/separators.h"

namespace ntmd::bench {
namespace {

constexpr std::size_t kBlock = 512U << 10U;

std::size_t read_some(int descriptor, char* out, std::size_t size) {
  const ssize_t got = read(descriptor, out, size);
  if (got < 0) throw std::runtime_error(std::string("read: ") + std::strerror(errno));
  return static_cast<std::size_t>(got);
}

}  // namespace

BlockSource::BlockSource(std::vector<std::string> files, std::string header)
    : files_(std::move(files)), header_(std::move(header)) {}

BlockSource::~BlockSource() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool BlockSource::open_next() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
  if (opened_ == files_.size()) return false;
  const std::string& path = files_[opened_++];
  descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::string found(header_.size(), '\0');
  if (descriptor_ < 0 || read_some(descriptor_, found.data(), found.size()) != found.size() || found != header_) {
    throw std::runtime_error(path + ": cannot be read, or has another header than expected");
  }
  return true;
}

bool BlockSource::next(Block& block) {
  block.bytes.resize(kBlock + kPadding);
  const std::scoped_lock lock(mutex_);
  for (;;) {
    if (descriptor_ < 0 && !open_next()) return false;
    std::size_t size = tail_.size();
    std::copy(tail_.begin(), tail_.end(), block.bytes.begin());
    const std::size_t got = read_some(descriptor_, block.bytes.data() + size, kBlock - size);
    size += got;
    if (got == 0) {
      if (!tail_.empty()) throw std::runtime_error(files_[opened_ - 1] + ": ends within a row");
      if (!open_next()) return false;
      continue;
    }
    block.size = whole_rows(block.bytes.data(), size);
    if (block.size == 0 && size == kBlock) throw std::runtime_error(files_[opened_ - 1] + ": a row is too long");
    tail_.assign(block.bytes.begin() + static_cast<std::ptrdiff_t>(block.size),
                 block.bytes.begin() + static_cast<std::ptrdiff_t>(size));
    std::fill_n(block.bytes.begin() + static_cast<std::ptrdiff_t>(block.size), kPadding, '\0');
    if (block.size != 0) return true;
  }
}

}  // namespace ntmd::bench
