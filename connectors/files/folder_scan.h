#pragma once
// Which files of a drop folder a poll reads, and which it leaves: decided from names, states and the ledger, without
// I/O.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/files/folder_spec.h"
#include "daemon/base/clock.h"
#include "daemon/base/files.h"
#include "daemon/model/day.h"

namespace ntmd::connectors {

/// What the folder shows now under a name; only regular files are ever read.
struct SeenFile {
  std::string name;
  base::FileState state;
};

/// A file as it was when it was read before.
struct KnownFile {
  std::string name;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool refused = false;  ///< it was refused whole
};

struct FileToRead {
  std::string name;
  base::FileState state;
  std::optional<model::Day> dated;  ///< from its name, where the source dates files so
  bool has_manifest = false;        ///< `<name>.sha256` lies beside it: its digest must match
};

struct FolderScan {
  std::vector<FileToRead> to_read;         ///< by (modification time, name)
  std::vector<std::string> not_ready;      ///< changed too recently, or parts of a snapshot that is not whole
  std::vector<std::string> unproven;       ///< have been still, but lack the manifest that is required
  std::vector<std::string> still_refused;  ///< unchanged since they were refused
  std::vector<std::string> bad;            ///< one message each: what cannot be taken as it is, and what to do
  std::vector<std::string> waits;          ///< one message for each of `not_ready`: why
  std::vector<std::string> unchanged;      ///< as they were when they were last read
  std::uint64_t matched = 0;               ///< names that fit, whatever became of them
};

/// Files that do not match, manifests and names that begin with a dot are passed over. A file is ready once it has not
/// changed for `stable_for`, or its manifest is there; where manifests are required, only then. One whose modification
/// time lies ahead is bad when that is by more than kFarAhead, or when it came more than kPatience and `stable_for`
/// ago; until then it waits.
FolderScan scan_folder(const FolderSpec& spec, std::span<const SeenFile> seen, std::span<const KnownFile> known,
                       base::Instant now);

inline constexpr auto kFarAhead = std::chrono::hours(24);
inline constexpr auto kPatience = std::chrono::hours(1);

/// The only date of the form yyyy-mm-dd in `name`; nullopt when there is none, several, or no real one.
std::optional<model::Day> date_in_name(std::string_view name);

inline constexpr std::string_view kManifestSuffix = ".sha256";

}  // namespace ntmd::connectors
