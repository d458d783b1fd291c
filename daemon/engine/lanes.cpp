#include "daemon/engine/lanes.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace ntmd::engine {
namespace {

constexpr std::size_t kLanes = 2;
constexpr std::size_t kPieces = 2 * kLanes + 2;
/// What the decoder itself reads at least before pieces are cut: the header, or the rest of a row gone astray.
constexpr std::size_t kAlign = 4096;

}  // namespace

struct Lanes::Piece {
  std::vector<char> bytes;
  std::size_t size = 0;
  std::unique_ptr<StagePart> part;
  std::optional<connectors::Quarantine> quarantine;
  std::optional<std::uint64_t> lines;  // when it could be read
  bool done = false;
  [[nodiscard]] std::string_view text() const { return {bytes.data(), size}; }
};

/// Reader and mapper of one thread at a time.
struct Lanes::Lane {
  Lane(const Way& way, const connectors::Pieces& pieces)
      : mapper(way.make_mapper()), reader(pieces.reader([this](const connectors::RawBatch& raw) {
          return at->part->add(mapper->map(raw, *at->quarantine));
        })) {}
  std::unique_ptr<connectors::RecordMapper> mapper;
  std::unique_ptr<connectors::PieceReader> reader;
  Piece* at = nullptr;
};

/// What the threads share.
struct Lanes::Crew {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Piece*> waiting;  // not begun
  std::deque<Piece*> sent;     // not taken, in order
  std::vector<std::unique_ptr<Lane>> idle;
  std::size_t working = 0;
  std::vector<std::unique_ptr<Piece>> all;
  std::vector<Piece*> spare;
  Piece* filling = nullptr;

  /// Reads one piece that waits. False: there is none, or nobody can be spared.
  bool help(std::unique_lock<std::mutex>& lock) {
    if (waiting.empty() || idle.empty()) return false;
    auto* const piece = waiting.front();
    waiting.pop_front();
    auto lane = std::move(idle.back());
    idle.pop_back();
    ++working;
    lock.unlock();
    lane->at = piece;
    std::optional<std::uint64_t> lines;
    try {
      lines = lane->reader->read(piece->text());
    } catch (...) {
      lines.reset();  // the decoder meets it again, where it is told
    }
    lock.lock();
    piece->lines = lines;
    piece->done = true;
    idle.push_back(std::move(lane));
    --working;
    changed.notify_all();
    return true;
  }
};

Lanes::Lanes(Way way, base::ShareWork share, std::size_t piece)
    : way_(std::move(way)), share_(std::move(share)), size_(piece), crew_(std::make_shared<Crew>()) {}

Lanes::~Lanes() {
  std::unique_lock lock(crew_->mutex);
  crew_->waiting.clear();
  crew_->changed.wait(lock, [&] { return crew_->working == 0; });
}

Lanes::Piece& Lanes::free_piece() {
  auto& crew = *crew_;
  if (crew.spare.empty()) {
    auto& made = crew.all.emplace_back(std::make_unique<Piece>());
    made->bytes.resize(size_);
    made->part = way_.stage.part();
    crew.spare.push_back(made.get());
  }
  auto* const piece = crew.spare.back();
  crew.spare.pop_back();
  piece->size = 0;
  piece->done = false;
  piece->part->clear();
  piece->quarantine.emplace(way_.quarantine.beside());
  return *piece;
}

/// Whether what comes begins a row, or goes on in a piece.
bool Lanes::aligned() const {
  return way_.decoder.pieces()->between_rows() || crew_->filling != nullptr || !crew_->sent.empty();
}

std::span<char> Lanes::room() {
  if (!aligned()) return {};
  if (crew_->filling == nullptr) crew_->filling = &free_piece();
  return std::span(crew_->filling->bytes).subspan(crew_->filling->size);
}

base::Status Lanes::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    auto fed = aligned() ? fill(bytes) : align(bytes);
    if (!fed) return fed;
  }
  return {};
}

/// Feeds the decoder up to some line end.
base::Status Lanes::align(std::string_view& bytes) {
  const auto line_end = bytes.find('\n', std::min(kAlign, bytes.size() - 1));
  const auto part = bytes.substr(0, line_end == std::string_view::npos ? bytes.size() : line_end + 1);
  bytes.remove_prefix(part.size());
  return way_.decoder.feed(part);
}

base::Status Lanes::fill(std::string_view& bytes) {
  auto& crew = *crew_;
  if (crew.filling == nullptr) crew.filling = &free_piece();
  auto& piece = *crew.filling;
  const auto part = bytes.substr(0, size_ - piece.size);
  auto* const to = piece.bytes.data() + piece.size;
  if (part.data() != to) std::memcpy(to, part.data(), part.size());
  piece.size += part.size();
  bytes.remove_prefix(part.size());
  return piece.size < size_ ? base::Status{} : send();
}

/// The full piece goes to whoever has time; its last, open row begins the next one.
base::Status Lanes::send() {
  auto& crew = *crew_;
  auto& piece = *std::exchange(crew.filling, nullptr);
  const auto text = piece.text();
  const auto cut = way_.decoder.pieces()->cut(text);
  if (cut == 0) {
    if (auto taken = take_all(); !taken) return taken;
    crew.spare.push_back(&piece);
    return way_.decoder.feed(text);
  }
  if (crew.sent.size() + 2 > kPieces) {
    if (auto taken = take_first(); !taken) return taken;
  }
  auto& next = free_piece();
  next.size = text.size() - cut;
  std::memcpy(next.bytes.data(), text.data() + cut, next.size);
  crew.filling = &next;
  piece.size = cut;
  {
    const std::scoped_lock lock(crew.mutex);
    while (crew.idle.size() + crew.working < kLanes)
      crew.idle.push_back(std::make_unique<Lane>(way_, *way_.decoder.pieces()));
    crew.waiting.push_back(&piece);
    crew.sent.push_back(&piece);
  }
  if (share_) {
    share_([crew_kept = crew_] {
      std::unique_lock lock(crew_kept->mutex);
      crew_kept->help(lock);
    });
  }
  return {};
}

base::Status Lanes::take_first() {
  auto& crew = *crew_;
  auto& piece = *crew.sent.front();
  auto& pieces = *way_.decoder.pieces();
  {
    std::unique_lock lock(crew.mutex);
    while (!piece.done) {
      if (!crew.help(lock)) crew.changed.wait(lock);
    }
  }
  crew.sent.pop_front();
  crew.spare.push_back(&piece);
  if (!piece.lines || !pieces.between_rows()) return way_.decoder.feed(piece.text());
  const auto line = pieces.line();
  way_.quarantine.take_in(*piece.quarantine, line, pieces.byte());
  pieces.pass(piece.size, *piece.lines);
  return way_.stage.take(*piece.part, line);
}

base::Status Lanes::take_all() {
  while (!crew_->sent.empty()) {
    if (auto taken = take_first(); !taken) return taken;
  }
  return {};
}

base::Status Lanes::finish() {
  if (auto taken = take_all(); !taken) return taken;
  auto* const last = std::exchange(crew_->filling, nullptr);
  if (last == nullptr) return {};
  crew_->spare.push_back(last);
  return way_.decoder.feed(last->text());
}

}  // namespace ntmd::engine
