#pragma once
// The files' bytes in blocks of whole rows, for any number of threads.

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace ntmd::bench {

/// Room for one block of a thread; what is in it begins and ends with a row, `kPadding` zeros follow.
struct Block {
  std::vector<char> bytes;
  std::size_t size = 0;
};

class BlockSource {
 public:
  /// Each file must begin with `header`.
  BlockSource(std::vector<std::string> files, std::string header);
  BlockSource(const BlockSource&) = delete;
  BlockSource& operator=(const BlockSource&) = delete;
  ~BlockSource();

  /// False when there is nothing more. Throws std::runtime_error when a file cannot be read or has another header.
  /// Thread-safe.
  bool next(Block& block);

 private:
  bool open_next();

  std::mutex mutex_;
  std::vector<std::string> files_;
  std::string header_;
  std::size_t opened_ = 0;
  int descriptor_ = -1;
  std::vector<char> tail_;  // of a row that is not whole yet
};

}  // namespace ntmd::bench
