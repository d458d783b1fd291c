#include "daemon/publish/publisher.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "daemon/base/made_ahead.h"
#include "daemon/publish/health_json.h"
#include "daemon/publish/index_html.h"
#include "daemon/publish/metrics_text.h"
#include "daemon/publish/published_names.h"
#include "daemon/publish/status_json.h"
#include "daemon/publish/unit_html.h"
#include "daemon/publish/unit_json.h"
#include "schemas/embedded.h"

namespace ntmd::publish {
namespace {

constexpr std::uint32_t kFileMode = 0644;
constexpr std::uint32_t kFolderMode = 0755;
constexpr std::size_t kStampMax = 256;
constexpr std::size_t kTogether = 128;  // files, each a descriptor

constexpr std::size_t kTextsTogether = std::size_t{512} << 10U;  // bytes

/// What tells it from another apart from its stamp.
base::Sha256 digest_of(const Stamped& file) {
  base::Sha256Stream stream;
  stream.add(file.head);
  stream.add(std::string_view("\0", 1));
  stream.add(file.tail);
  return stream.finish();
}

/// Files of units, as they are to be.
struct UnitTexts {
  struct File {
    std::string name;
    Stamped text;
    base::Sha256 digest;
  };
  std::vector<File> files;
  std::size_t bytes = 0;

  void clear() {
    files.clear();
    bytes = 0;
  }
  void add(std::string name, Stamped text) {
    bytes += text.head.size() + text.tail.size();
    const auto digest = digest_of(text);
    files.push_back({std::move(name), std::move(text), digest});
  }
};

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
  take_in(printing, changed);
  last_.reset();
  PublishSummary summary;
  if (auto done = publish_files(printing, changed, summary); !done) return std::unexpected(done.error());
  if (whole) {
    if (auto done = remove_leftovers(printing, summary); !done) return std::unexpected(done.error());
  }
  last_ = Frame{snapshot.verdicts, snapshot.elements, snapshot.language};
  return summary;
}

bool Publisher::told_what_changed(const Snapshot& snapshot) const {
  return last_ && snapshot.touched && snapshot.touched->since == last_->verdicts->generation;
}

bool Publisher::same_frame(const Snapshot& snapshot) const {
  const auto& before = *last_->verdicts;
  const auto& now = *snapshot.verdicts;
  if (last_->elements != snapshot.elements || last_->language != snapshot.language || before.as_of != now.as_of ||
      before.boundaries != now.boundaries || before.units != now.units || before.criteria != now.criteria ||
      before.by_unit.size() != now.by_unit.size())
    return false;
  return told_what_changed(snapshot) ||
         std::ranges::equal(before.by_unit, now.by_unit,
                            [](const auto& a, const auto& b) { return a.unit == b.unit && a.criteria == b.criteria; });
}

std::vector<std::uint32_t> Publisher::changed_since(const Printing& printing) const {
  const auto& now = printing.verdicts().by_unit;
  std::vector<std::uint32_t> changed;
  const auto check = [&](std::size_t i) {
    const bool same = last_ && (now.shares(i, last_->verdicts->by_unit, i) || now[i] == last_->verdicts->by_unit[i]);
    if (!same) changed.push_back(static_cast<std::uint32_t>(i));
  };
  if (!told_what_changed(printing.snapshot())) {
    for (std::size_t i = 0; i < now.size(); ++i) check(i);
    return changed;
  }
  for (const auto& code : printing.snapshot().touched->units) {
    const auto [first, last] = printing.places(code);
    for (auto i = first; i < last; ++i) check(i);
  }
  std::ranges::sort(changed);
  changed.erase(std::ranges::unique(changed).begin(), changed.end());
  return changed;
}

void Publisher::arrange(const Printing& printing) {
  const auto n = printing.verdicts().by_unit.size();
  status_.arrange(n);
  parts_.clear();
  part_of_.assign(n, 0);
  for (auto& section : sections_of(printing)) {
    for (const auto i : section.verdicts) part_of_[i] = parts_.size();
    parts_.push_back({std::move(section), {}});
  }
  index_.arrange(parts_.size());
}

void Publisher::take_in(const Printing& printing, const std::vector<std::uint32_t>& changed) {
  const auto& all = printing.verdicts().by_unit;
  std::set<std::size_t> parts;
  for (const auto i : changed) {
    status_.change(i);
    parts.insert(part_of_[i]);
  }
  for (const auto part : parts) {
    index_.change(part);
    parts_[part].totals = {};
    for (const auto i : parts_[part].section.verdicts) parts_[part].totals.add(all[i]);
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
  auto next = changed.begin();
  // Nobody else uses `printing` meanwhile.
  base::MadeAhead<UnitTexts> texts(share_, [&](UnitTexts& made) {
    for (; next != changed.end() && made.bytes < kTextsTogether; ++next) {
      const auto code = printing.unit(all[*next]).code;
      if (before == code) continue;  // another criteria set of the same unit
      before = code;
      const std::string name = "units/" + std::string(code.view());
      made.add(name + ".json", unit_json(printing, code));
      made.add(name + ".html", unit_html(printing, code));
    }
  });
  while (!changed.empty()) {
    const auto& made = texts.next();
    if (made.files.empty()) break;
    for (const auto& file : made.files) {
      if (auto kept = keep(file.name, file.text, file.digest, summary); !kept) return kept;
    }
  }
  return place_waiting();
}

base::Status Publisher::publish_status(const Printing& printing, PublishSummary& summary) {
  const auto& all = printing.verdicts().by_unit;
  const std::string head = status_head(printing);
  const std::string tail = status_tail(printing);
  const auto print = [&](std::size_t i, std::string& out) {
    if (i > 0) out += kEntrySeparator;
    out += status_entry(printing, all[i]);
  };
  return put("status.json", status_, std::array<PartedFile::Stretch, 2>{{{head, 0, all.size()}, {tail}}}, print,
             summary);
}

base::Status Publisher::publish_index(const Printing& printing, std::span<const Totals> totals,
                                      PublishSummary& summary) {
  const auto frame = index_frame(printing, totals);
  std::vector<PartedFile::Stretch> stretches = {{frame.head}};
  std::size_t part = 0;
  for (std::uint32_t set = 0; set < frame.sets.size(); ++set) {
    const auto first = part;
    while (part < parts_.size() && parts_[part].section.criteria == set) ++part;
    stretches.push_back({frame.sets[set].before, first, part});
    stretches.push_back({frame.sets[set].after});
  }
  stretches.push_back({frame.tail});
  const auto print = [&](std::size_t i, std::string& out) { out += section_html(printing, parts_[i].section); };
  return put("index.html", index_, stretches, print, summary);
}

base::Status Publisher::keep(const std::string& name, const Stamped& file, PublishSummary& summary) {
  return keep(name, file, digest_of(file), summary);
}

base::Status Publisher::keep(const std::string& name, const Stamped& file, const base::Sha256& digest,
                             PublishSummary& summary) {
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
  auto draft = files_.replace(folder_ / name, kFileMode, base::Lasting::rebuilt);
  if (!draft) return place_before(draft.error());
  std::uint64_t bytes = 0;
  for (const auto piece : pieces) {
    if (auto written = (*draft)->write(piece); !written) return place_before(written.error());
    bytes += piece.size();
  }
  waiting_.drafts.push_back(std::move(*draft));
  ++summary.written;
  summary.bytes += bytes;
  return {};
}

base::Status Publisher::put(const std::string& name, PartedFile& file, std::span<const PartedFile::Stretch> stretches,
                            const PartedFile::Print& print, PublishSummary& summary) {
  auto draft = files_.replace(folder_ / name, kFileMode, base::Lasting::rebuilt);
  if (!draft) return place_before(draft.error());
  const auto bytes = file.write(**draft, stretches, print);
  if (!bytes) return place_before(bytes.error());
  waiting_.parted.emplace_back(waiting_.drafts.size(), &file);
  waiting_.drafts.push_back(std::move(*draft));
  ++summary.written;
  summary.bytes += *bytes;
  return {};
}

/// Hundreds of files at once cost the disk little more than one.
base::Status Publisher::place_waiting() {
  auto placed = files_.commit(waiting_.drafts);
  if (placed) {
    for (auto& [name, digest] : waiting_.digests) on_disk_[name] = digest;
    for (const auto& [place, file] : waiting_.parted) file->keep(std::move(waiting_.drafts[place]));
  } else {
    // Which of them are in place is seen on the disk.
    for (const auto& [name, digest] : waiting_.digests) on_disk_.erase(name);
  }
  waiting_ = {};
  return placed;
}

/// What came before the file that failed; the first failure is the one to be told.
std::unexpected<base::Error> Publisher::place_before(const base::Error& failure) {
  (void)place_waiting();
  return std::unexpected(failure);
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
