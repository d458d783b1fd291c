#include <algorithm>
#include <functional>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "connectors/files/folder_scan.h"
#include "daemon/engine/pipeline.h"
#include "daemon/engine/poller.h"

namespace ntmd::engine {
namespace {

constexpr std::size_t kBlock = 1U << 20U;
constexpr std::uint64_t kMaxManifest = 4096;

std::vector<connectors::KnownFile> known_files(const Known& known) {
  std::vector<connectors::KnownFile> out;
  out.reserve(known.ledger.size());
  for (const auto& entry : known.ledger) {
    const auto again = known.read_again.find(entry.name);
    if (again != known.read_again.end() && again->second == entry.sha256 && !entry.delivery.empty()) continue;
    out.push_back({entry.name, entry.size, entry.modified_ns, entry.changed_ns, entry.device, entry.inode,
                   entry.delivery.empty()});
  }
  return out;
}

store::LedgerEntry ledger_entry(const std::string& source, const connectors::FileToRead& file) {
  store::LedgerEntry entry;
  entry.source = source;
  entry.name = file.name;
  entry.size = file.state.size;
  entry.modified_ns = file.state.modified_ns;
  entry.changed_ns = file.state.changed_ns;
  entry.device = file.state.device;
  entry.inode = file.state.inode;
  return entry;
}

base::Result<std::vector<connectors::SeenFile>> look(base::Files& files, const base::Path& folder) {
  const auto names = files.list(folder);
  if (!names) return std::unexpected(names.error());
  std::vector<connectors::SeenFile> seen;
  for (const auto& name : *names) {
    const auto state = files.state(folder / name);
    if (state) {
      seen.push_back({name, *state});
    } else if (state.error().fault != base::Fault::gone) {  // since it was listed
      return std::unexpected(state.error());
    }
  }
  return seen;
}

/// The digest that the manifest promises: its first word.
base::Result<std::string> promised(base::Files& files, const base::Path& manifest) {
  auto text = files.read_all(manifest, kMaxManifest);
  if (!text) return text;
  text->resize(std::min(text->find_first_of(" \t\r\n*"), text->size()));
  std::ranges::transform(*text, text->begin(),
                         [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  const bool hex = text->size() == 64 && text->find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hex)
    return base::fail(base::Fault::bad_data,
                      fmt::format("{}: does not begin with a SHA-256, expected 64 hex digits", manifest.string()));
  return text;
}

/// Reads the file to its end, block by block, into the `room` there is for it. `slow_down`: it changed meanwhile, the
/// next poll reads it again; `retry_later`: there was no time left.
base::Status read_through(base::Files& files, const base::Path& path, const base::FileState& expected,
                          const std::function<std::span<char>()>& room,
                          const std::function<base::Status(std::string_view)>& take) {
  auto file = files.open_read(path);
  if (!file) return std::unexpected(file.error());
  const auto changed = [&] {
    return base::fail(
        base::Fault::slow_down,
        fmt::format("{}: changed while it was read, expected it to be still; it is read again", path.string()));
  };
  const auto before = (*file)->state();
  if (!before) return std::unexpected(before.error());
  if (*before != expected) return changed();
  std::vector<char> block;
  while (true) {
    auto into = room();
    if (into.empty()) {
      block.resize(kBlock);
      into = block;
    }
    const auto got = (*file)->read(into);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) break;
    if (auto taken = take({into.data(), *got}); !taken) return taken;
  }
  const auto after = (*file)->state();
  if (!after) return std::unexpected(after.error());
  if (*after != *before) return changed();
  return {};
}

}  // namespace

PollReport Poller::poll_folder(const PollOrder& order) {
  PollReport report;
  const auto& plan = order.plan;
  const base::Path folder(plan->folder->dir);
  const auto seen = look(world_.files, folder);
  if (!seen) {
    report.fail(store::Outcome::failed, seen.error().within("drop folder"));
    return report;
  }
  const auto now = world_.clock.now();
  const auto scan = connectors::scan_folder(*plan->folder, *seen, known_files(order.known), now);
  for (const auto& message : scan.bad) report.fail(store::Outcome::refused, {base::Fault::bad_data, message});
  for (const auto& name : scan.still_refused) {
    report.fail(
        store::Outcome::refused,
        {base::Fault::bad_data,
         fmt::format("{}: was refused and has not changed, expected a mended file or none", (folder / name).string())});
  }
  if (scan.matched == 0) report.note(fmt::format("no file matches \"{}\" in {}", plan->folder->match, folder.string()));

  for (const auto& name : scan.unproven) {
    report.outcome = graver(report.outcome, store::Outcome::skipped);
    report.note(fmt::format("{}: waits for its manifest, expected {}{} beside it", (folder / name).string(), name,
                            connectors::kManifestSuffix));
  }

  const auto go_on = [&]() -> base::Status {
    if (order.stop.stop_requested()) return base::fail(base::Fault::retry_later, "the daemon is stopping");
    if (world_.clock.steady() < order.deadline) return {};
    return base::fail(base::Fault::retry_later, "the deadline passed, expected the folder to be read before it");
  };
  for (const auto& file : scan.to_read) {
    const auto path = folder / file.name;
    Arrival arrival;
    arrival.part = file.name;
    arrival.dated = file.dated;
    arrival.received = std::min(file.state.modified(), now);
    arrival.today = order.today;
    std::optional<SpoolDraft> copy;
    if (plan->spool == Spooling::copy) {
      auto begun = spool_.keep({order.run, file.name}, arrival);
      if (!begun) {
        report.fail(store::Outcome::failed, begun.error());
        return report;
      }
      copy = std::move(*begun);
    }
    Pipeline pipeline(plan, *setup_.units, *setup_.sources, *order.pseudonyms, arrival, {spool_.scratch(), share_});
    const auto take = [&](std::string_view bytes) -> base::Status {
      if (auto may = go_on(); !may) return may;
      if (copy) {
        if (auto kept = copy->feed(bytes); !kept) return base::fail_within("spool", kept);
      }
      return pipeline.feed(bytes);
    };
    const auto room = [&] { return pipeline.room(); };
    auto entry = ledger_entry(plan->id, file);

    base::Result<store::StagedDelivery> staged = base::fail(base::Fault::bug, "not read");
    if (file.state.size > plan->folder->max_bytes) {
      staged = base::fail(base::Fault::bad_data, fmt::format("{}: has {} bytes, expected at most {}", path.string(),
                                                             file.state.size, plan->folder->max_bytes));
    } else if (auto read = read_through(world_.files, path, file.state, room, take); !read) {
      staged = std::unexpected(read.error());
    } else {
      if (order.turn) order.turn();
      staged = pipeline.finish();
    }
    if (staged && file.has_manifest) {
      const auto digest = promised(world_.files, folder / (file.name + std::string(connectors::kManifestSuffix)));
      if (!digest) {
        staged = std::unexpected(digest.error());
      } else if (*digest != staged->head.content_sha256) {
        staged = base::fail(base::Fault::bad_data,
                            fmt::format("{}: has SHA-256 {}, expected {} as its manifest says; send it again",
                                        path.string(), staged->head.content_sha256, *digest));
      }
    }
    if (!staged) {
      const auto fault = staged.error().fault;
      if (fault == base::Fault::slow_down) {
        report.outcome = graver(report.outcome, store::Outcome::skipped);
        report.note(staged.error().what);
        continue;
      }
      if (fault == base::Fault::retry_later && order.stop.stop_requested()) {
        report.fail(store::Outcome::interrupted, staged.error().within(path.string()));
        return report;
      }
      report.fail(fault == base::Fault::bad_data ? store::Outcome::refused : store::Outcome::failed, staged.error());
      if (fault == base::Fault::bad_data) report.refused.push_back(std::move(entry));
      continue;
    }
    entry.sha256 = staged->head.content_sha256;
    entry.delivery = staged->head.id;
    staged->ledger = std::move(entry);
    staged->head.run = order.run;
    for (const auto& text : pipeline.notes()) report.note(text);
    const auto taken = report.deliver(std::move(*staged), order.sink, std::move(copy), spool_);
    if (!taken) return report;
    if (*taken == store::Outcome::unchanged) report.note(order.known.note_on(file.name));
  }
  for (const auto& name : scan.unchanged) report.note(order.known.note_on(name));
  for (const auto& text : scan.waits) report.note(text);
  return report;
}

}  // namespace ntmd::engine
