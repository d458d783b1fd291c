#include "connectors/files/folder_scan.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>
#include <fnmatch.h>

#include "daemon/base/personal.h"

namespace ntmd::connectors {
namespace {

bool same(const KnownFile& known, const base::FileState& state) {
  return known.size == state.size && known.modified_ns == state.modified_ns && known.changed_ns == state.changed_ns &&
         known.device == state.device && known.inode == state.inode;
}

/// What can be a file name here: nothing that a shell, a log or another system could misread.
bool plain_name(std::string_view name) {
  if (name.empty() || name.size() > 128) return false;
  const auto alphanumeric = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  };
  if (!alphanumeric(name.front())) return false;
  return std::ranges::all_of(name, [&](char c) { return alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

/// No province has a number that a year could begin with: such digits are a time.
bool names_a_person(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789";
  while (true) {
    const auto first = name.find_first_of(kDigits);
    if (first == std::string_view::npos) return false;
    name.remove_prefix(first);
    const auto digits = name.substr(0, name.find_first_not_of(kDigits));
    if (base::holds_citizen_number(digits) && !digits.starts_with("20")) return true;
    name.remove_prefix(digits.size());
  }
}

std::string printable(std::string_view name) {
  std::string out;
  for (const char c : names_a_person(name) ? base::mask_numbers(std::string(name)) : std::string(name)) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

base::Instant changed(const base::FileState& state) {
  return base::Instant(std::chrono::duration_cast<base::Instant::duration>(std::chrono::nanoseconds(state.changed_ns)));
}

/// Notes that `file` waits to be still, or that it would for ever.
void let_wait(const SeenFile& file, std::chrono::milliseconds stable_for, base::Instant now, FolderScan& scan) {
  const auto modified = file.state.modified();
  if (modified <= now) {
    scan.not_ready.push_back(file.name);
    scan.waits.push_back(fmt::format("{}: changed {} s ago, expected it to be still for {} s; it waits", file.name,
                                     std::chrono::duration_cast<std::chrono::seconds>(now - modified).count(),
                                     std::chrono::duration_cast<std::chrono::seconds>(stable_for).count()));
    return;
  }
  const auto ahead =
      fmt::format("{}: its modification time {} lies in the future", file.name, base::to_rfc3339(modified));
  if (modified > now + kFarAhead || changed(file.state) + stable_for + kPatience < now) {
    scan.bad.push_back(ahead + ", expected one in the past; touch the file, and set the clock of whoever writes it");
    return;
  }
  scan.not_ready.push_back(file.name);
  scan.waits.push_back(ahead + "; it waits until then, touch the file if it is complete");
}

}  // namespace

std::optional<model::Day> date_in_name(std::string_view name) {
  constexpr std::size_t kDate = 10;
  std::optional<model::Day> found;
  for (std::size_t at = 0; at + kDate <= name.size(); ++at) {
    const auto text = name.substr(at, kDate);
    const bool shape = text[4] == '-' && text[7] == '-' && all_digits(text.substr(0, 4)) &&
                       all_digits(text.substr(5, 2)) && all_digits(text.substr(8, 2));
    if (!shape) continue;
    const auto day = model::Day::parse(text);
    if (!day || found) return std::nullopt;
    found = day;
  }
  return found;
}

FolderScan scan_folder(const FolderSpec& spec, std::span<const SeenFile> seen, std::span<const KnownFile> known,
                       base::Instant now) {
  std::unordered_map<std::string_view, std::vector<const KnownFile*>> by_name;
  for (const auto& file : known) by_name[file.name].push_back(&file);
  std::set<std::string_view> names;
  for (const auto& file : seen) names.insert(file.name);

  FolderScan scan;
  std::map<model::Day, std::uint32_t> parts;
  for (const auto& file : seen) {
    if (file.name.starts_with(".") || file.name.ends_with(kManifestSuffix)) continue;
    if (::fnmatch(spec.match.c_str(), file.name.c_str(), FNM_PERIOD) != 0) continue;
    ++scan.matched;
    if (!plain_name(file.name)) {
      scan.bad.push_back(
          fmt::format("{}: is no file name to take, expected letters, digits, \".\", \"_\" and \"-\" only; rename it",
                      printable(file.name)));
      continue;
    }
    if (names_a_person(file.name)) {
      scan.bad.push_back(fmt::format("{}: holds 12 digits like a citizen number, expected a name without; rename it",
                                     printable(file.name)));
      continue;
    }
    if (!file.state.regular) {
      scan.bad.push_back(
          fmt::format("{}: is a link, folder, pipe or device, expected a regular file; put the file itself here, or "
                      "take it out",
                      file.name));
      continue;
    }
    FileToRead next{file.name, file.state, std::nullopt, names.contains(file.name + std::string(kManifestSuffix))};
    if (spec.date_pattern) {
      next.dated = date_in_name(file.name);
      if (!next.dated) {
        scan.bad.push_back(fmt::format("{}: its name holds no one real date, expected {} in it; rename it", file.name,
                                       *spec.date_pattern));
        continue;
      }
      ++parts[*next.dated];
    }
    const auto before = by_name.find(file.name);
    const KnownFile* match = nullptr;
    if (before != by_name.end()) {
      for (const auto* each : before->second) {
        if (same(*each, file.state)) match = each;
      }
    }
    if (match != nullptr) {
      if (match->refused) {
        scan.still_refused.push_back(file.name);
      } else {
        scan.unchanged.push_back(file.name);
      }
      continue;
    }
    if (!next.has_manifest && file.state.modified() + spec.stable_for > now) {
      let_wait(file, spec.stable_for, now, scan);
      continue;
    }
    if (!next.has_manifest && spec.manifest_required) {
      scan.unproven.push_back(file.name);
      continue;
    }
    scan.to_read.push_back(std::move(next));
  }
  if (spec.parts) {
    std::erase_if(scan.to_read, [&](const FileToRead& file) {
      if (!file.dated || parts[*file.dated] >= *spec.parts) return false;
      scan.not_ready.push_back(file.name);
      scan.waits.push_back(fmt::format("{}: {} of the {} parts of {} are here, expected all; it waits", file.name,
                                       parts[*file.dated], *spec.parts, file.dated->iso()));
      return true;
    });
  }
  std::ranges::sort(scan.to_read, [](const FileToRead& a, const FileToRead& b) {
    return std::pair(a.state.modified_ns, std::string_view(a.name)) <
           std::pair(b.state.modified_ns, std::string_view(b.name));
  });
  return scan;
}

}  // namespace ntmd::connectors
