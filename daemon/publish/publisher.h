#pragma once
// Keeps the published folder equal to the newest snapshot, writing only what changed.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/files.h"
#include "daemon/base/work_sharing.h"
#include "daemon/publish/layout.h"
#include "daemon/publish/matrix_html.h"
#include "daemon/publish/parted_file.h"
#include "daemon/publish/snapshot.h"
#include "daemon/publish/stamped.h"
#include "daemon/publish/totals.h"

namespace ntmd::publish {

struct PublishSummary {
  std::uint32_t written = 0;  ///< files replaced
  std::uint32_t removed = 0;  ///< files of units that are no longer assessed, drafts that a killed process left
  std::uint64_t bytes = 0;    ///< written
};

/// Owned by one thread, and helped by another. Files are 0644, folders 0755. All of it can be made again from the
/// store, so nothing waits for the disk (base::Lasting::rebuilt).
class Publisher {
 public:
  Publisher(base::Files& files, base::Path folder);

  /// Who makes the texts of the next units while those of the ones before are written.
  void set_help(base::ShareWork share) { share_ = std::move(share); }

  /// Unit files, sources.json, alerts.json, metrics.prom, status.json, index.html, in this order, each replaced
  /// atomically; then what is out of date is removed. status.json, metrics.prom and index.html are written every time;
  /// another file only when it changed apart from its stamp. So all files about the whole have the snapshot's
  /// generation, a unit's files the one that last changed them. The first call compares with what is on disk. An error
  /// names the file; those before it are new, it and those after it are the old ones, and the next call goes on from
  /// there.
  base::Result<PublishSummary> publish(const Snapshot& snapshot);

 private:
  /// What else decides the text of a unit's files.
  struct Frame {
    std::shared_ptr<const rules::Verdicts> verdicts;
    std::shared_ptr<const model::ElementTable> elements;
    std::string language;
  };
  /// Of the matrix.
  struct MatrixPart {
    Section section;
    Totals totals;
  };

  [[nodiscard]] bool same_frame(const Snapshot& snapshot) const;
  [[nodiscard]] bool told_what_changed(const Snapshot& snapshot) const;
  [[nodiscard]] std::vector<std::uint32_t> changed_since(const Printing& printing) const;
  void arrange(const Printing& printing);
  void take_in(const Printing& printing, const std::vector<std::uint32_t>& changed);
  base::Status publish_files(const Printing& printing, const std::vector<std::uint32_t>& changed,
                             PublishSummary& summary);
  base::Status publish_units(const Printing& printing, const std::vector<std::uint32_t>& changed,
                             PublishSummary& summary);
  base::Status publish_status(const Printing& printing, PublishSummary& summary);
  base::Status publish_index(const Printing& printing, std::span<const Totals> totals, PublishSummary& summary);
  base::Status keep(const std::string& name, const Stamped& file, PublishSummary& summary);
  base::Status keep(const std::string& name, const Stamped& file, const base::Sha256& digest, PublishSummary& summary);
  base::Status put(const std::string& name, std::span<const std::string_view> pieces, PublishSummary& summary);
  base::Status put(const std::string& name, PartedFile& file, std::span<const PartedFile::Stretch> stretches,
                   const PartedFile::Print& print, PublishSummary& summary);
  base::Status place_waiting();
  std::unexpected<base::Error> place_before(const base::Error& failure);
  base::Status remove_leftovers(const Printing& printing, PublishSummary& summary);
  base::Status remove(const base::Path& path, PublishSummary& summary);

  base::Files& files_;
  base::Path folder_;
  base::ShareWork share_;
  std::optional<Frame> last_;                              ///< published whole; nullopt before that and after a failure
  std::unordered_map<std::string, base::Sha256> on_disk_;  ///< of files without their stamp
  /// Written, and to be put in place together.
  struct Waiting {
    std::vector<std::unique_ptr<base::Draft>> drafts;
    std::vector<std::pair<std::string, base::Sha256>> digests;
    std::vector<std::pair<std::size_t, PartedFile*>> parted;  ///< by place in `drafts`
  } waiting_;
  PartedFile status_;  ///< a part is a unit under one criteria set
  PartedFile index_;   ///< a part is one of `parts_`
  std::vector<MatrixPart> parts_;
  std::vector<std::size_t> part_of_;  ///< by place in by_unit
};

}  // namespace ntmd::publish
