#pragma once
// Received bytes as they came, kept so that every later step can be run again (design §1: `spool: copy`).

#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/codec/zstd.h"
#include "daemon/base/files.h"
#include "daemon/engine/pipeline.h"

namespace ntmd::engine {

/// What one delivery's bytes are kept under: the run that brought it and its part. Known before the bytes are.
struct SpoolName {
  std::string run;
  std::string part;
};

/// A copy on its way; seen by nobody until `commit`. Destroyed uncommitted it leaves no trace.
class SpoolDraft {
 public:
  SpoolDraft(std::unique_ptr<base::Draft> draft, const Arrival& arrival);

  base::Status next_document(std::span<const std::pair<std::string, std::string>> context);
  base::Status feed(std::string_view bytes);
  base::Status commit();

 private:
  base::Status frame(char kind, std::string_view bytes);

  std::unique_ptr<base::Draft> draft_;
  std::unique_ptr<connectors::ByteFilter> packer_;
  base::Status begun_;
};

/// What a copy plays back, in the order it came.
struct SpoolPlayer {
  std::function<base::Status(Arrival)> arrival;  ///< once, first; `today` is not in it
  std::function<base::Status(std::span<const std::pair<std::string, std::string>>)> next_document;
  std::function<base::Status(std::string_view)> feed;
};

/// `folder`/<run>-<hash of the part>.zst, mode 0600. Thread-safe.
class Spool {
 public:
  Spool(base::Files& files, base::Path folder) : files_(files), folder_(std::move(folder)) {}

  base::Result<SpoolDraft> keep(const SpoolName& name, const Arrival& arrival);
  /// `gone` when no copy is kept; bad_data when it is damaged.
  base::Status play(const SpoolName& name, const SpoolPlayer& player);
  /// The same bytes under another name.
  base::Status copy(const SpoolName& from, const SpoolName& to);
  /// Opens files in the folder for what a delivery spills; lives as long as the spool.
  [[nodiscard]] OpenScratch scratch();
  /// Nothing when there is none.
  base::Status drop(const SpoolName& name);
  /// Drops every copy that is none of `known` (a process was killed between copy and commit), or whose file is older
  /// than `before`, but none of the runs that are `under_way`: their deliveries may not be known yet. Gives how many.
  base::Result<std::uint64_t> purge(const std::vector<SpoolName>& known, base::Instant before,
                                    const std::set<std::string>& under_way = {});

 private:
  [[nodiscard]] base::Path path(const SpoolName& name) const;

  base::Files& files_;
  base::Path folder_;
};

}  // namespace ntmd::engine
