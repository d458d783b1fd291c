#pragma once
// A folder of a test's own, removed with it.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ntmd::test {

class TempFolder {
 public:
  TempFolder() : path_((std::filesystem::temp_directory_path() / "ntmd-test-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no folder for the test: " + path_);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return std::filesystem::path(path_) / name;
  }
  [[nodiscard]] std::filesystem::path path() const { return path_; }
  /// Writes the file `name` with exactly `mode`.
  std::filesystem::path put(std::string_view name, std::string_view bytes, mode_t mode = 0644) const {
    const auto path = *this / name;
    std::ofstream(path, std::ios::binary) << bytes;
    if (::chmod(path.c_str(), mode) != 0) throw std::runtime_error("no mode for the test's file");
    return path;
  }

 private:
  std::string path_;
};

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace ntmd::test
