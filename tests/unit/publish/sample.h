#pragma once
// A small province with verdicts made by hand, and a folder that goes away with its test.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/publish/snapshot.h"
#include "daemon/rules/criteria.h"
#include "daemon/rules/verdict.h"

namespace ntmd::publish::test {

struct UnitLine {
  std::string code;
  std::string name;
  std::string group;
};

/// Four pillars and thirteen indicators in the order of the guidance, out of numeric order where `shuffled`.
std::shared_ptr<rules::Criteria> make_criteria(bool shuffled = false);
std::shared_ptr<const units::UnitRegister> make_units(const std::vector<UnitLine>& lines);
/// Units by code; states differ from cell to cell, always the same for the same units.
std::shared_ptr<rules::Verdicts> make_verdicts(const std::vector<UnitLine>& lines, std::uint64_t generation);
std::vector<UnitLine> make_lines(std::size_t n);
/// With two sources and two alerts.
Snapshot make_snapshot(std::shared_ptr<const rules::Verdicts> verdicts);

/// 2024-12-20T03:04:05Z.
base::Instant noon();

class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string read(const std::filesystem::path& path);
void write(const std::filesystem::path& path, std::string_view text);

}  // namespace ntmd::publish::test
