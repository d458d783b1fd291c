#include "daemon/engine/publish_place.h"

#include <algorithm>

#include <fmt/format.h>

namespace ntmd::engine {
namespace {

/// Without links, "." and ".."; what is not there yet by its name.
base::Path real(const base::Path& path) {
  std::error_code error;
  auto found = std::filesystem::weakly_canonical(path, error);
  if (error) found = path.lexically_normal();
  return found.has_filename() ? found : found.parent_path();
}

bool is_in(const base::Path& path, const base::Path& folder) {
  return std::ranges::mismatch(folder, path).in1 == folder.end();
}

class PlaceCheck {
 public:
  PlaceCheck(const Config& config, settings::Problems& problems)
      : config_(config), problems_(problems), publish_(real(config.publish_dir)) {}

  void folder(std::string_view what, const base::Path& given) {
    if (given.empty()) return;
    const auto folder = real(given);
    if (folder == publish_) {
      fault(fmt::format("is {}", what), folder);
    } else if (is_in(folder, publish_)) {
      fault(fmt::format("contains {}", what), folder);
    } else if (is_in(publish_, folder)) {
      fault(fmt::format("lies in {}", what), folder);
    }
  }

  void data_dir() {
    if (publish_ != real(config_.data_dir) / "public") folder("data_dir", config_.data_dir);
  }

  void file(std::string_view what, const base::Path& given) {
    if (given.empty()) return;
    const auto target = real(given);
    const auto name = real(given.parent_path()) / given.filename();
    if (is_in(target, publish_) || is_in(name, publish_)) fault(fmt::format("contains {}", what), name);
  }

 private:
  void fault(std::string_view fact, const base::Path& other) {
    problems_.add(config_.publish_place,
                  fmt::format("publish_dir: {} {} ({}), expected a folder of its own; what is in it is for everybody",
                              publish_.string(), fact, other.string()));
  }

  const Config& config_;
  settings::Problems& problems_;
  base::Path publish_;
};

}  // namespace

void check_publish_dir(const Setup& setup, settings::Problems& problems) {
  const auto& config = setup.config;
  PlaceCheck check(config, problems);
  check.data_dir();
  check.folder("secrets_dir", config.secrets_dir);
  check.folder("the folder of sources", config.sources_dir);
  check.folder("connectors_dir", config.connectors_dir);
  for (const auto& plan : setup.plans) {
    if (plan->folder) check.folder(fmt::format("the drop folder of source {}", plan->id), plan->folder->dir);
  }
  check.file("ntmd.yaml", config.file);
  check.file("the file of alerts", config.alerts);
  check.file("the log", config.log.file);
  for (const auto* files : {&config.registers, &config.lineage, &config.aliases}) {
    for (const auto& file : *files) check.file("a file of units", file);
  }
  for (const auto& file : config.criteria) check.file("a file of criteria", file);
  for (const auto& file : config.elements) check.file("a file of elements", file);
}

}  // namespace ntmd::engine
