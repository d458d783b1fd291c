#include "daemon/publish/publisher.h"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/publish/health_json.h"
#include "daemon/publish/index_html.h"
#include "daemon/publish/metrics_text.h"
#include "daemon/publish/published_names.h"
#include "daemon/publish/same_verdict.h"
#include "daemon/publish/status_json.h"
#include "daemon/publish/unit_html.h"
#include "daemon/publish/unit_json.h"
#include "schemas/embedded.h"

namespace ntmd::publish {
namespace {

constexpr std::uint32_t kFileMode = 0644;
constexpr std::uint32_t kFolderMode = 0755;
constexpr std::size_t kBlockUnits = 64;  // of status.json: about 350 KB for thirteen indicators
constexpr std::size_t kStampMax = 256;
constexpr std::size_t kTogether = 128;  // files, each a descriptor

/// The target of a draft ".<target>.XXXXXX" that was never committed.
std::optional<std::string_view> target_of_draft(std::string_view name) {
  constexpr std::size_t kSuffix = 7;
  if (name.size() <= kSuffix + 1 || name.front() != '.' || name[name.size() - kSuffix] != '.') return std::nullopt;
  return name.substr(1, name.size() - kSuffix - 1);
}

}  // namespace

Publisher::Publisher(base::Files& files, base::Path folder) : files_(files), folder_(std::move(folder)) {}

base::Result<PublishSummary> Publisher::publish(const Snapshot& snapshot) {
  const Printing printing(snapshot);
  const bool whole = !last_ || !same_frame(snapshot);
  if (whole) {
    last_.reset();
    if (auto made = files_.make_folders(folder_ / "units", kFolderMode); !made) return std::unexpected(made.error());
    arrange(printing);
  }
  const auto changed = changed_since(printing);
  write_out(printing, changed);
  last_.reset();
  PublishSummary summary;
  if (auto done = publish_files(printing, changed, summary); !done) return std::unexpected(done.error());
  if (whole) {
    if (auto done = remove_leftovers(printing, summary); !done) return std::unexpected(done.error());
  }
  last_ = Frame{snapshot.verdicts, snapshot.elements, snapshot.language};
  return summary;
}

bool Publisher::same_frame(const Snapshot& snapshot) const {
  const auto& before = *last_->verdicts;
  const auto& now = *snapshot.verdicts;
  return last_->elements == snapshot.elements && last_->language == snapshot.language && before.as_of == now.as_of &&
         before.boundaries == now.boundaries && before.units == now.units && before.criteria == now.criteria &&
         std::ranges::equal(before.by_unit, now.by_unit,
                            [](const auto& a, const auto& b) { return a.unit == b.unit && a.criteria == b.criteria; });
}

std::vector<std::uint32_t> Publisher::changed_since(const Printing& printing) const {
  const auto& now = printing.verdicts().by_unit;
  std::vector<std::uint32_t> changed;
  const auto check = [&](std::size_t i) {
    if (!last_ || !same_verdict(last_->verdicts->by_unit[i], now[i])) changed.push_back(static_cast<std::uint32_t>(i));
  };
  const auto& touched = printing.snapshot().touched;
  if (!last_ || !touched || touched->since != last_->verdicts->generation) {
    for (std::size_t i = 0; i < now.size(); ++i) check(i);
    return changed;
  }
  for (const auto& code : touched->units) {
    const auto assessments = printing.assessments(code);
    const auto first = static_cast<std::size_t>(assessments.data() - now.data());
    for (std::size_t i = 0; i < assessments.size(); ++i) check(first + i);
  }
  std::ranges::sort(changed);
  changed.erase(std::ranges::unique(changed).begin(), changed.end());
  return changed;
}

void Publisher::arrange(const Printing& printing) {
  const auto n = printing.verdicts().by_unit.size();
  blocks_.clear();
  for (std::size_t first = 0; first < n; first += kBlockUnits)
    blocks_.push_back({first, std::min(n, first + kBlockUnits), {}});
  parts_.clear();
  part_of_.assign(n, 0);
  for (auto& section : sections_of(printing)) {
    for (const auto i : section.verdicts) part_of_[i] = parts_.size();
    parts_.push_back({std::move(section), {}, {}});
  }
}

void Publisher::write_out(const Printing& printing, const std::vector<std::uint32_t>& changed) {
  const auto& all = printing.verdicts().by_unit;
  for (const auto i : changed) {
    blocks_[i / kBlockUnits].text.clear();
    parts_[part_of_[i]].html.clear();
  }
  for (auto& block : blocks_) {
    if (!block.text.empty()) continue;
    for (auto i = block.first; i < block.last; ++i) {
      if (i > 0) block.text += kEntrySeparator;
      block.text += status_entry(printing, all[i]);
    }
  }
  for (auto& part : parts_) {
    if (!part.html.empty()) continue;
    part.html = section_html(printing, part.section);
    part.totals = {};
    for (const auto i : part.section.verdicts) part.totals.add(all[i]);
  }
}

base::Status Publisher::publish_files(const Printing& printing, const std::vector<std::uint32_t>& changed,
                                      PublishSummary& summary) {
  const auto& snapshot = printing.snapshot();
  std::vector<Totals> totals(printing.verdicts().criteria.size());
  for (const auto& part : parts_) totals.at(part.section.criteria) += part.totals;

  for (const std::string name : {"page.css", "page.js"}) {
    const Stamped file{std::string(schemas::embedded("schemas/page/" + name)), {}, {}};
    if (auto kept = keep(name, file, summary); !kept) return kept;
  }
  if (auto done = publish_units(printing, changed, summary); !done) return done;
  if (auto kept = keep("sources.json", sources_json(snapshot), summary); !kept) return kept;
  if (auto kept = keep("alerts.json", alerts_json(snapshot), summary); !kept) return kept;
  const std::string metrics = metrics_text(snapshot, totals);
  if (auto done = put("metrics.prom", std::array{std::string_view(metrics)}, summary); !done) return done;
  if (auto done = publish_status(printing, summary); !done) return done;
  if (auto done = publish_index(printing, totals, summary); !done) return done;
  return place_waiting();
}

base::Status Publisher::publish_units(const Printing& printing, const std::vector<std::uint32_t>& changed,
                                      PublishSummary& summary) {
  const auto& all = printing.verdicts().by_unit;
  std::optional<model::UnitCode> before;
  for (const auto i : changed) {
    const auto code = printing.unit(all[i]).code;
    if (before == code) continue;  // another criteria set of the same unit
    before = code;
    const std::string name = "units/" + std::string(code.view());
    if (auto kept = keep(name + ".json", unit_json(printing, code), summary); !kept) return kept;
    if (auto kept = keep(name + ".html", unit_html(printing, code), summary); !kept) return kept;
  }
  return place_waiting();
}

/// Hundreds of files at once cost the disk little more than one.
base::Status Publisher::place_waiting() {
  auto placed = files_.commit(waiting_.drafts);
  if (placed) {
    for (auto& [name, digest] : waiting_.digests) on_disk_[name] = digest;
  } else {
    // Which of them are in place is seen on the disk.
    for (const auto& [name, digest] : waiting_.digests) on_disk_.erase(name);
  }
  waiting_ = {};
  return placed;
}

base::Status Publisher::publish_status(const Printing& printing, PublishSummary& summary) {
  const std::string head = status_head(printing);
  const std::string tail = status_tail(printing);
  std::vector<std::string_view> pieces = {head};
  for (const auto& block : blocks_) pieces.push_back(block.text);
  pieces.push_back(tail);
  return put("status.json", pieces, summary);
}

base::Status Publisher::publish_index(const Printing& printing, std::span<const Totals> totals,
                                      PublishSummary& summary) {
  const auto frame = index_frame(printing, totals);
  std::vector<std::string_view> pieces = {frame.head};
  for (std::uint32_t set = 0; set < frame.sets.size(); ++set) {
    pieces.push_back(frame.sets[set].before);
    for (const auto& part : parts_) {
      if (part.section.criteria == set) pieces.push_back(part.html);
    }
    pieces.push_back(frame.sets[set].after);
  }
  pieces.push_back(frame.tail);
  return put("index.html", pieces, summary);
}

base::Status Publisher::keep(const std::string& name, const Stamped& file, PublishSummary& summary) {
  base::Sha256Stream stream;
  stream.add(file.head);
  stream.add(std::string_view("\0", 1));
  stream.add(file.tail);
  const auto digest = stream.finish();
  const auto known = on_disk_.find(name);
  if (known != on_disk_.end() && known->second == digest) return {};
  if (known == on_disk_.end()) {
    // Whatever is wrong with the file that stands there, replacing it is the answer.
    const auto found = files_.read_all(folder_ / name, file.head.size() + file.tail.size() + kStampMax);
    if (found && file.same_as(*found)) {
      on_disk_.emplace(name, digest);
      return {};
    }
  }
  if (auto done = put(name, std::array<std::string_view, 3>{file.head, file.stamp, file.tail}, summary); !done)
    return done;
  waiting_.digests.emplace_back(name, digest);
  return waiting_.drafts.size() < kTogether ? base::Status{} : place_waiting();
}

base::Status Publisher::put(const std::string& name, std::span<const std::string_view> pieces,
                            PublishSummary& summary) {
  const auto failed = [&](const base::Error& error) {
    (void)place_waiting();  // what came before it; the first failure is the one to be told
    return std::unexpected(error);
  };
  auto draft = files_.replace(folder_ / name, kFileMode);
  if (!draft) return failed(draft.error());
  std::uint64_t bytes = 0;
  for (const auto piece : pieces) {
    if (auto written = (*draft)->write(piece); !written) return failed(written.error());
    bytes += piece.size();
  }
  waiting_.drafts.push_back(std::move(*draft));
  ++summary.written;
  summary.bytes += bytes;
  return {};
}

base::Status Publisher::remove_leftovers(const Printing& printing, PublishSummary& summary) {
  const auto in_units = files_.list(folder_ / "units");
  if (!in_units) return std::unexpected(in_units.error());
  for (const auto& name : *in_units) {
    const auto draft_of = target_of_draft(name);
    const auto code = code_of_file(draft_of ? *draft_of : std::string_view(name));
    if (!code || (!draft_of && !printing.assessments(*code).empty())) continue;
    if (auto done = remove(folder_ / "units" / name, summary); !done) return done;
    on_disk_.erase("units/" + name);
  }
  const auto at_top = files_.list(folder_);
  if (!at_top) return std::unexpected(at_top.error());
  for (const auto& name : *at_top) {
    const auto draft_of = target_of_draft(name);
    if (!draft_of || std::ranges::find(kTopFiles, *draft_of) == kTopFiles.end()) continue;
    if (auto done = remove(folder_ / name, summary); !done) return done;
  }
  return {};
}

base::Status Publisher::remove(const base::Path& path, PublishSummary& summary) {
  const auto removed = files_.remove(path);
  if (!removed && removed.error().fault != base::Fault::gone) return removed;
  ++summary.removed;
  return {};
}

}  // namespace ntmd::publish
