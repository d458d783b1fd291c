#include "daemon/publish/publisher.h"

#include <set>

#include "daemon/publish/health_json.h"
#include "daemon/publish/layout.h"
#include "daemon/publish/metrics_text.h"
#include "daemon/publish/status_json.h"
#include "daemon/publish/unit_json.h"

namespace ntmd::publish {
namespace {

constexpr std::uint32_t kFileMode = 0644;
constexpr std::uint32_t kFolderMode = 0755;
constexpr std::uint64_t kMaxBytes = 1ULL << 30U;
constexpr std::string_view kUnits = "units";

}  // namespace

base::Status Publisher::put(const std::string& name, const std::string& text, PublishReport& report) {
  auto draft = files_.replace(folder_ / name, kFileMode);
  if (!draft) return std::unexpected(draft.error());
  if (auto written = (*draft)->write(text); !written) return written;
  if (auto done = (*draft)->commit(); !done) return done;
  ++report.written;
  return {};
}

base::Result<PublishReport> Publisher::publish(const Snapshot& snapshot) {
  PublishReport report;
  if (auto made = files_.make_folders(folder_ / kUnits, kFolderMode); !made) return std::unexpected(made.error());
  const Printing printing(snapshot);
  const model::UnitCode* last = nullptr;
  for (const auto& verdict : snapshot.verdicts->by_unit) {
    const auto& code = snapshot.verdicts->units->at(verdict.unit).code;
    if (last != nullptr && *last == code) continue;
    last = &code;
    const auto name = std::string(kUnits) + "/" + std::string(code.view()) + ".json";
    const auto file = unit_json(printing, code);
    if (const auto before = files_.read_all(folder_ / name, kMaxBytes); before && file.same_as(*before)) {
      ++report.unchanged;
      continue;
    }
    if (auto done = put(name, file.text(), report); !done) return std::unexpected(done.error());
  }
  if (auto done = remove_others(snapshot, report); !done) return std::unexpected(done.error());
  if (auto done = put("sources.json", sources_json(snapshot).text(), report); !done)
    return std::unexpected(done.error());
  if (auto done = put("alerts.json", alerts_json(snapshot).text(), report); !done) return std::unexpected(done.error());
  if (auto done = put("metrics.prom", metrics_text(snapshot), report); !done) return std::unexpected(done.error());
  if (auto done = put("status.json", status_json(snapshot), report); !done) return std::unexpected(done.error());
  return report;
}

base::Status Publisher::remove_others(const Snapshot& snapshot, PublishReport& report) {
  std::set<std::string> assessed;
  for (const auto& verdict : snapshot.verdicts->by_unit) {
    assessed.insert(std::string(snapshot.verdicts->units->at(verdict.unit).code.view()) + ".json");
  }
  const auto names = files_.list(folder_ / kUnits);
  if (!names) return std::unexpected(names.error());
  for (const auto& name : *names) {
    if (name.starts_with(".") || assessed.contains(name)) continue;
    if (auto gone = files_.remove(folder_ / kUnits / name); !gone) return gone;
    ++report.removed;
  }
  return {};
}

}  // namespace ntmd::publish
