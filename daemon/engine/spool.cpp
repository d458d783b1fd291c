#include "daemon/engine/spool.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "connectors/codec/json_value.h"
#include "daemon/base/digest.h"
#include "daemon/base/json_writer.h"

namespace ntmd::engine {
namespace {

constexpr std::uint32_t kMode = 0600;
constexpr std::uint32_t kFolderMode = 0700;
constexpr std::uint64_t kMaxPlayed = 64ULL << 30U;
constexpr std::size_t kMaxHeader = 64;
constexpr std::size_t kMaxContext = std::size_t{1} << 20U;
constexpr std::size_t kBlock = std::size_t{1} << 20U;
constexpr std::string_view kSuffix = ".zst";

// Inside: frames of "KIND SIZE\n" and SIZE bytes. A: the arrival as JSON; D: a document begins, its context as JSON;
// P: a piece of it.

std::string arrival_json(const Arrival& arrival) {
  base::JsonWriter out;
  out.begin_object().field("part", arrival.part);
  out.field("received", std::int64_t{arrival.received.time_since_epoch().count()});
  if (arrival.dated) out.field("dated", arrival.dated->iso());
  if (arrival.window) out.field("first", arrival.window->first.iso()).field("last", arrival.window->last.iso());
  return std::move(out.end_object()).take();
}

base::Error damaged(std::string_view fact) {
  return {base::Fault::bad_data, fmt::format("kept copy: {}, expected it as it was written", fact)};
}

std::optional<model::Day> day_at(const connectors::JsonValue& json, std::string_view key) {
  const auto* value = json.find(key);
  return value == nullptr ? std::nullopt : model::Day::parse(value->text);
}

base::Result<Arrival> read_arrival(std::string_view text) {
  const auto json = connectors::parse_json(text);
  if (!json) return std::unexpected(damaged(json.error().what));
  const auto* part = json->find("part");
  const auto* received = json->find("received");
  if (part == nullptr || received == nullptr) return std::unexpected(damaged("part or received is missing"));
  Arrival arrival;
  arrival.part = part->text;
  std::int64_t count = 0;
  std::from_chars(received->text.data(), received->text.data() + received->text.size(), count);
  arrival.received = base::Instant(std::chrono::microseconds(count));
  arrival.dated = day_at(*json, "dated");
  const auto first = day_at(*json, "first");
  const auto last = day_at(*json, "last");
  if (first && last) arrival.window = model::Period{*first, *last};
  return arrival;
}

/// Frames out of bytes that may be cut anywhere.
class FrameReader {
 public:
  explicit FrameReader(const SpoolPlayer& player) : player_(player) {}

  base::Status feed(std::string_view bytes) {
    while (!bytes.empty()) {
      if (left_ == 0 && !in_frame_) {
        const auto end = bytes.find('\n');
        head_ += bytes.substr(0, end);
        if (head_.size() > kMaxHeader) return std::unexpected(damaged("a frame has no head"));
        if (end == std::string_view::npos) return {};
        bytes.remove_prefix(end + 1);
        if (auto begun = begin(); !begun) return begun;
      }
      const auto piece = bytes.substr(0, left_);
      bytes.remove_prefix(piece.size());
      left_ -= piece.size();
      if (kind_ == 'P') {
        if (auto fed = player_.feed(piece); !fed) return fed;
      } else {
        text_ += piece;
      }
      if (left_ == 0) {
        in_frame_ = false;
        if (auto ended = end(); !ended) return ended;
      }
    }
    return {};
  }
  [[nodiscard]] base::Status finish() const {
    if (in_frame_ || !head_.empty()) return std::unexpected(damaged("a frame ends early"));
    return {};
  }

 private:
  base::Status begin() {
    std::uint64_t size = 0;
    const bool plain = head_.size() > 2 && head_[1] == ' ' &&
                       std::from_chars(head_.data() + 2, head_.data() + head_.size(), size).ec == std::errc{};
    kind_ = plain ? head_[0] : '?';
    if (kind_ != 'A' && kind_ != 'D' && kind_ != 'P') return std::unexpected(damaged("a frame of no known kind"));
    if ((kind_ == 'A') == arrived_) return std::unexpected(damaged("it does not begin with its arrival, once"));
    if (kind_ != 'P' && size > kMaxContext) return std::unexpected(damaged("a frame is too large"));
    head_.clear();
    text_.clear();
    left_ = size;
    in_frame_ = true;
    return {};
  }
  base::Status end() {
    if (kind_ == 'P') return {};
    if (kind_ == 'A') {
      arrived_ = true;
      auto arrival = read_arrival(text_);
      return arrival ? player_.arrival(std::move(*arrival)) : std::unexpected(arrival.error());
    }
    const auto json = connectors::parse_json(text_);
    if (!json) return std::unexpected(damaged(json.error().what));
    std::vector<std::pair<std::string, std::string>> context;
    for (const auto& member : json->members) context.emplace_back(member.key, member.value.text);
    return player_.next_document(context);
  }

  const SpoolPlayer& player_;
  std::string head_;
  std::string text_;
  char kind_ = '?';
  std::uint64_t left_ = 0;
  bool in_frame_ = false;
  bool arrived_ = false;
};

}  // namespace

SpoolDraft::SpoolDraft(std::unique_ptr<base::Draft> draft, const Arrival& arrival)
    : draft_(std::move(draft)),
      packer_(connectors::make_zstd_writer([out = draft_.get()](std::string_view bytes) { return out->write(bytes); })),
      begun_(frame('A', arrival_json(arrival))) {}

base::Status SpoolDraft::frame(char kind, std::string_view bytes) {
  if (auto head = packer_->feed(fmt::format("{} {}\n", kind, bytes.size())); !head) return head;
  return packer_->feed(bytes);
}

base::Status SpoolDraft::next_document(std::span<const std::pair<std::string, std::string>> context) {
  base::JsonWriter out;
  out.begin_object();
  for (const auto& [key, value] : context) out.field(key, value);
  return frame('D', out.end_object().str());
}

base::Status SpoolDraft::feed(std::string_view bytes) {
  if (bytes.empty()) return {};
  return frame('P', bytes);
}

base::Status SpoolDraft::commit() {
  if (!begun_) return begun_;
  if (auto packed = packer_->finish(); !packed) return packed;
  return draft_->commit();
}

base::Path Spool::path(const SpoolName& name) const {
  return folder_ / fmt::format("{}-{}{}", name.run, base::sha256_hex(name.part).substr(0, 16), kSuffix);
}

base::Result<SpoolDraft> Spool::keep(const SpoolName& name, const Arrival& arrival) {
  if (auto made = files_.make_folders(folder_, kFolderMode); !made) return base::fail_within("spool", made);
  auto draft = files_.replace(path(name), kMode, base::Lasting::synced);
  if (!draft) return base::fail_within("spool", draft);
  return SpoolDraft(std::move(*draft), arrival);
}

base::Status Spool::play(const SpoolName& name, const SpoolPlayer& player) {
  auto file = files_.open_read(path(name));
  if (!file) return std::unexpected(file.error());
  FrameReader frames(player);
  const auto reader =
      connectors::make_zstd_reader(kMaxPlayed, [&](std::string_view bytes) { return frames.feed(bytes); });
  std::vector<char> block(kBlock);
  while (true) {
    const auto got = (*file)->read(block);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) break;
    if (auto fed = reader->feed({block.data(), *got}); !fed) return fed;
  }
  if (auto done = reader->finish(); !done) return done;
  return frames.finish();
}

base::Status Spool::copy(const SpoolName& from, const SpoolName& to) {
  auto file = files_.open_read(path(from));
  if (!file) return std::unexpected(file.error());
  auto draft = files_.replace(path(to), kMode, base::Lasting::synced);
  if (!draft) return std::unexpected(draft.error());
  std::vector<char> block(kBlock);
  while (true) {
    const auto got = (*file)->read(block);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return (*draft)->commit();
    if (auto put = (*draft)->write({block.data(), *got}); !put) return put;
  }
}

OpenScratch Spool::scratch() {
  return [this]() -> base::Result<std::unique_ptr<base::ScratchFile>> {
    if (auto made = files_.make_folders(folder_, kFolderMode); !made) return base::fail_within("spool", made);
    auto file = files_.scratch(folder_);
    if (!file) return base::fail_within("spool", file);
    return file;
  };
}

base::Status Spool::drop(const SpoolName& name) {
  auto removed = files_.remove(path(name));
  if (!removed && removed.error().fault != base::Fault::gone) return removed;
  return {};
}

base::Result<std::uint64_t> Spool::purge(const std::vector<SpoolName>& known, base::Instant before,
                                         const std::set<std::string>& under_way) {
  const auto names = files_.list(folder_);
  if (!names) {
    if (names.error().fault == base::Fault::gone) return 0;
    return base::fail_within("spool", names);
  }
  std::set<std::string> kept;
  for (const auto& name : known) kept.insert(path(name).filename().string());
  std::uint64_t dropped = 0;
  for (const auto& name : *names) {
    const auto state = files_.state(folder_ / name);
    if (!state || !state->regular) continue;
    if (kept.contains(name) && state->modified() >= before) continue;
    // Also in the name of a copy that is being written.
    if (std::ranges::any_of(under_way, [&](const auto& run) { return name.find(run) != std::string::npos; })) continue;
    if (auto removed = files_.remove(folder_ / name); !removed) return base::fail_within("spool", removed);
    ++dropped;
  }
  return dropped;
}

}  // namespace ntmd::engine
