#pragma once
// Text that must not be printed, and the folder it comes from.

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/files.h"
#include "daemon/base/result.h"

namespace ntmd::base {

/// A secret's bytes, wiped when it goes. There is no way to print one by accident.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes);
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  /// For handing to a library only.
  [[nodiscard]] std::string_view reveal() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  std::string bytes_;
};

/// [A-Za-z0-9_.-]+, but neither "." nor "..".
bool is_secret_name(std::string_view name);

/// One file per secret, named like the secret (is_secret_name). One trailing newline is not part of it.
class SecretFolder {
 public:
  SecretFolder(Files& files, Path folder) : files_(files), folder_(std::move(folder)) {}

  /// `gone` when there is no such file; `bad_config` when group or others may read it.
  [[nodiscard]] Result<Secret> read(std::string_view name) const;
  [[nodiscard]] const Path& folder() const { return folder_; }

 private:
  Files& files_;
  Path folder_;
};

}  // namespace ntmd::base
