#include "daemon/base/secret.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "daemon/base/utf8.h"

namespace ntmd::base {
namespace {

constexpr std::size_t kMaxSize = 64U << 10U;
constexpr std::uint32_t kLooseBits = 077;

/// Over the whole buffer: a shorter value may lie over a longer one, and short texts are copied when moved.
void wipe(std::string& bytes) {
  // NOLINTNEXTLINE(clang-analyzer-cplusplus.Move): what a move left behind is the point
  bytes.resize(bytes.capacity());
  explicit_bzero(bytes.data(), bytes.size());
  bytes.clear();
}

std::size_t without_newline(std::string_view bytes) {
  if (!bytes.ends_with('\n')) return bytes.size();
  return bytes.size() - (bytes.ends_with("\r\n") ? 2 : 1);
}

}  // namespace

bool is_secret_name(std::string_view name) {
  const auto ok = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '.' ||
           c == '-';
  };
  return !name.empty() && name != "." && name != ".." && std::ranges::all_of(name, ok);
}

Secret::Secret(std::string bytes) : bytes_(std::move(bytes)) { wipe(bytes); }

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { wipe(other.bytes_); }

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) *this = Secret(other);
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe(bytes_);
    bytes_ = std::move(other.bytes_);
    wipe(other.bytes_);
  }
  return *this;
}

Secret::~Secret() { wipe(bytes_); }

Result<Secret> SecretFolder::read(std::string_view name) const {
  if (!is_secret_name(name)) {
    return fail(Fault::bad_config,
                fmt::format("secret \"{}\": no name for a secret, expected characters of A-Z a-z 0-9 _ . -",
                            printable(name, 40)));
  }
  const Path path = folder_ / name;
  const auto subject = fmt::format("secret \"{}\"", name);
  auto file = files_.open_read(path);
  if (!file) return fail_within(subject, file);
  const auto state = (*file)->state();
  if (!state) return fail_within(subject, state);
  if ((state->mode & kLooseBits) != 0) {
    return fail(Fault::bad_config,
                fmt::format("{}: {} has mode {:04o}, expected 0600, for its owner only; run: chmod 600 {}", subject,
                            path.string(), state->mode, path.string()));
  }
  std::string buffer(kMaxSize + 1, '\0');  // one piece: nothing grows and leaves copies behind
  std::size_t size = 0;
  while (size < buffer.size()) {
    const auto got = (*file)->read(std::span(buffer).subspan(size));
    if (!got) {
      wipe(buffer);
      return fail_within(subject, got);
    }
    if (*got == 0) break;
    size += *got;
  }
  if (size > kMaxSize) {
    wipe(buffer);
    return fail(Fault::bad_config, fmt::format("{}: {} is over {} bytes, expected one value in the file", subject,
                                               path.string(), kMaxSize));
  }
  Secret secret(buffer.substr(0, without_newline(std::string_view(buffer).substr(0, size))));
  wipe(buffer);
  return secret;
}

}  // namespace ntmd::base
