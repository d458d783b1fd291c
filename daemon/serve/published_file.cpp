#include "daemon/serve/published_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

namespace ntmd::serve {
namespace {

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>((high * 16) + low);
    i += 2;
  }
  return out;
}

}  // namespace

std::optional<std::vector<std::string>> path_of_target(std::string_view target) {
  const auto path = percent_decode(target.substr(0, target.find_first_of("?#")));
  if (!path || !path->starts_with('/')) return std::nullopt;
  if (path == "/") return std::vector<std::string>{"index.html"};
  std::vector<std::string> parts(1);
  for (const char c : std::string_view(*path).substr(1)) {
    if (c == '/') {
      parts.emplace_back();
    } else if (is_plain(c)) {
      parts.back() += c;
    } else {
      return std::nullopt;
    }
  }
  for (const auto& part : parts) {
    if (part.empty() || part.front() == '.') return std::nullopt;
  }
  return parts;
}

std::optional<PublishedFile> open_published(const base::Path& folder, const std::vector<std::string>& parts) {
  constexpr int kFolder = O_PATH | O_DIRECTORY | O_CLOEXEC;
  Descriptor at(
      ::open(folder.c_str(), kFolder));  // the folder itself may be reached through a link: the operator named it
  for (std::size_t i = 0; i < parts.size() && at.get() >= 0; ++i) {
    const bool last = i + 1 == parts.size();
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    const int flags = O_NOFOLLOW | (last ? O_RDONLY | O_NONBLOCK | O_CLOEXEC : kFolder);
    at = Descriptor(::openat(at.get(), parts[i].c_str(), flags));
  }
  struct stat st = {};
  if (at.get() < 0 || ::fstat(at.get(), &st) != 0 || !S_ISREG(st.st_mode)) return std::nullopt;
  if ((st.st_mode & S_IROTH) == 0) return std::nullopt;  // what is published is readable by everybody
  PublishedFile file;
  file.size = static_cast<std::uint64_t>(st.st_size);
  file.tag = fmt::format("\"{:x}-{:x}-{:x}-{:x}\"", st.st_ino, st.st_mtim.tv_sec, st.st_mtim.tv_nsec, st.st_size);
  file.descriptor = std::move(at);
  return file;
}

std::string_view content_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".json")) return "application/json";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".prom")) return "text/plain; version=0.0.4; charset=utf-8";
  return "application/octet-stream";
}

}  // namespace ntmd::serve
