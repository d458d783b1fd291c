#pragma once
// A file that grows in large blocks.

#include <filesystem>
#include <string_view>
#include <vector>

namespace ntmd::bench {

/// Dated an hour back when it is closed, so that a folder takes it for settled. Throws std::system_error.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  void put(std::string_view text) {
    if (text.size() > block_.size() - used_) flush();
    text.copy(block_.data() + used_, text.size());
    used_ += text.size();
  }
  void close();

 private:
  void flush();

  std::filesystem::path path_;
  std::vector<char> block_;
  std::size_t used_ = 0;
  int descriptor_ = -1;
};

}  // namespace ntmd::bench
