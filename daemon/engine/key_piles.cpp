#include "daemon/engine/key_piles.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <utility>

namespace ntmd::engine {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
/// Of all pieces together while they are read.
constexpr std::size_t kReadWords = std::size_t{1} << 16U;
constexpr std::size_t kMostReadWords = std::size_t{1} << 14U;
constexpr std::size_t kFewestReadWords = std::size_t{1} << 9U;
constexpr std::size_t kWriteWords = std::size_t{1} << 13U;
constexpr std::size_t kSliceWords = std::size_t{1} << 15U;
/// Chunks that are got from the system at once.
constexpr std::size_t kSlab = 256;

/// Of words in their order. Every step is one-to-one, so that no single word can change unseen.
struct Checksum {
  std::uint64_t sum = 0x6E746D64;
  void add(std::uint64_t word) { sum = std::rotl((sum ^ word) * 0x9E3779B97F4A7C15U, 29); }
};

/// Deals the keys by their first bits, then sorts the small heaps: they are hashes, so the heaps are equal in size. The
/// distinct ones stand at the beginning then; gives how many.
std::size_t sort_distinct(std::span<std::uint64_t> keys, std::vector<std::uint64_t>& dealt) {
  constexpr std::size_t kFew = 256;
  constexpr unsigned kMostBits = 12;
  if (keys.size() < kFew) {
    std::ranges::sort(keys);
    return static_cast<std::size_t>(std::ranges::unique(keys).begin() - keys.begin());
  }
  const auto bits = std::min(static_cast<unsigned>(std::bit_width(keys.size())) - 4U, kMostBits);
  const auto shift = 64U - bits;
  std::array<std::uint32_t, (std::size_t{1} << kMostBits) + 1> ends{};
  for (const auto key : keys) ++ends[(key >> shift) + 1];
  const auto heaps = std::size_t{1} << bits;
  for (std::size_t heap = 1; heap <= heaps; ++heap) ends[heap] += ends[heap - 1];
  dealt.resize(std::max(dealt.size(), keys.size()));
  for (const auto key : keys) dealt[ends[key >> shift]++] = key;  // a heap's begin moves to its end
  std::size_t begin = 0;
  for (std::size_t heap = 0; heap < heaps; ++heap) {
    std::sort(dealt.begin() + static_cast<std::ptrdiff_t>(begin),
              dealt.begin() + static_cast<std::ptrdiff_t>(ends[heap]));
    begin = ends[heap];
  }
  const auto last = std::unique_copy(dealt.begin(), dealt.begin() + static_cast<std::ptrdiff_t>(begin), keys.begin());
  return static_cast<std::size_t>(last - keys.begin());
}

}  // namespace

/// One filling of the memory, read front to back: from memory, or from the scratch file through a window.
class KeyPiles::Piece {
 public:
  explicit Piece(std::span<const std::uint64_t> words) : window_(words) {}
  Piece(base::ScratchFile& file, std::uint64_t first, std::uint64_t words) : file_(&file), at_(first), left_(words) {}

  void set_window(std::size_t words) { window_words_ = words; }
  /// Adds the keys of `group`, if the piece has any. Asked by ascending groups.
  base::Status take(std::uint32_t group, std::vector<std::uint64_t>& keys) {
    if (auto known = know_head(); !known) return known;
    if (over_ || head_ >> 32U != group) return {};
    auto count = static_cast<std::size_t>(head_ & 0xFFFFFFFFU);
    head_known_ = false;
    while (count > 0) {
      if (auto filled = fill(); !filled) return filled;
      const auto part = window_.first(std::min(count, window_.size()));
      for (const auto word : part) checksum_.add(word);
      if (keys.size() + part.size() > keys.capacity()) make_room(keys, part.size());
      keys.insert(keys.end(), part.begin(), part.end());
      window_ = window_.subspan(part.size());
      count -= part.size();
    }
    return {};
  }
  base::Status end() {
    if (auto known = know_head(); !known) return known;
    return over_ ? base::Status{} : damaged();
  }

 private:
  static std::unexpected<base::Error> damaged() {
    return base::fail(base::Fault::bad_data,
                      "the temporary file of this delivery's keys is damaged, expected it as it was written; check the "
                      "disk and deliver it again");
  }
  /// People with many accounts do not add up.
  static void make_room(std::vector<std::uint64_t>& keys, std::size_t further) {
    constexpr std::size_t kCompactFrom = std::size_t{1} << 20U;
    if (keys.size() >= kCompactFrom) {
      std::ranges::sort(keys);
      keys.erase(std::ranges::unique(keys).begin(), keys.end());
    }
    if (keys.size() + further > keys.capacity() / 2) keys.reserve(std::max(keys.capacity() * 2, keys.size() + further));
  }
  /// At least one word in the window.
  base::Status fill() {
    if (!window_.empty()) return {};
    if (left_ == 0) return damaged();
    buffer_.resize(std::min<std::uint64_t>(window_words_, left_));
    const auto bytes = std::span(reinterpret_cast<char*>(buffer_.data()), buffer_.size() * kWord);
    if (auto read = file_->read(at_ * kWord, bytes); !read) return read;
    at_ += buffer_.size();
    left_ -= buffer_.size();
    window_ = buffer_;
    return {};
  }
  base::Status know_head() {
    if (head_known_ || over_) return {};
    if (auto filled = fill(); !filled) return filled;
    head_ = window_.front();
    window_ = window_.subspan(1);
    if (window_.empty() && left_ == 0) {
      over_ = true;
      std::vector<std::uint64_t>().swap(buffer_);
      return head_ == checksum_.sum ? base::Status{} : damaged();
    }
    checksum_.add(head_);
    head_known_ = true;
    return {};
  }

  base::ScratchFile* file_ = nullptr;
  std::uint64_t at_ = 0;    // of the next word in the file
  std::uint64_t left_ = 0;  // words in the file
  std::size_t window_words_ = kMostReadWords;
  std::vector<std::uint64_t> buffer_;
  std::span<const std::uint64_t> window_;
  Checksum checksum_;
  std::uint64_t head_ = 0;  // group and number of keys
  bool head_known_ = false;
  bool over_ = false;
};

KeyPiles::KeyPiles(std::uint32_t groups, OpenScratch open_scratch, std::size_t held)
    : groups_(groups), open_scratch_(std::move(open_scratch)), held_(held), piles_(groups) {}
KeyPiles::~KeyPiles() = default;
KeyPiles::KeyPiles(KeyPiles&&) noexcept = default;

void KeyPiles::Pile::copy(std::uint64_t* to) const {
  auto first = room;
  for (const auto* chunk = open; chunk != nullptr; chunk = chunk->before) {
    to = std::copy(chunk->keys + first, chunk->keys + Chunk::kKeys, to);
    first = 0;
  }
}

void KeyPiles::extend(Pile& pile) {
  if (used_ == slabs_.size() * kSlab) slabs_.push_back(std::make_unique_for_overwrite<Chunk[]>(kSlab));
  auto& chunk = slabs_[used_ / kSlab][used_ % kSlab];
  ++used_;
  chunk.before = std::exchange(pile.open, &chunk);
  pile.room = Chunk::kKeys;
  ++pile.chunks;
}

void KeyPiles::forget() {
  std::ranges::fill(piles_, Pile{});
  used_ = size_ = 0;
}

base::Status KeyPiles::make_room(std::size_t count) {
  if (!open_scratch_ || size_ == 0 || size_ + count <= held_) return {};
  return spill();
}

base::Status KeyPiles::add(std::span<const std::uint32_t> groups, std::span<const std::uint64_t> keys) {
  const auto step = std::max<std::size_t>(held_ / 8, 1);
  for (std::size_t begin = 0; begin < keys.size(); begin += step) {
    const auto end = std::min(keys.size(), begin + step);
    if (auto room = make_room(end - begin); !room) return room;
    for (auto i = begin; i < end; ++i) add(groups[i], keys[i]);
  }
  return {};
}

/// The keys in memory as one piece, span by span to `put`: per group with keys its head and the keys; last the
/// checksum.
template <class Put>
base::Status KeyPiles::write_piece(Put&& put) const {
  Checksum checksum;
  std::vector<std::uint64_t> words;
  const auto flush = [&]() -> base::Status {
    if (auto done = put(std::span<const std::uint64_t>(words)); !done) return done;
    words.clear();
    return {};
  };
  for (std::uint32_t group = 0; group < groups_; ++group) {
    const auto size = piles_[group].size();
    if (size == 0) continue;
    const auto at = words.size();
    words.resize(at + 1 + size);
    words[at] = std::uint64_t{group} << 32U | size;
    piles_[group].copy(words.data() + at + 1);
    for (auto i = at; i < words.size(); ++i) checksum.add(words[i]);
    if (words.size() < kWriteWords) continue;
    if (auto done = flush(); !done) return done;
  }
  words.push_back(checksum.sum);
  return flush();
}

base::Status KeyPiles::spill() {
  if (!scratch_) {
    auto opened = open_scratch_();
    if (!opened) return std::unexpected(opened.error());
    scratch_ = std::move(*opened);
  }
  std::uint64_t count = 0;
  auto written = write_piece([&](std::span<const std::uint64_t> words) {
    count += words.size();
    return scratch_->append({reinterpret_cast<const char*>(words.data()), words.size() * kWord});
  });
  if (!written) return written;
  pieces_.emplace_back(*scratch_, spilled_, count);
  spilled_ += count;
  forget();
  return {};
}

/// What is left in memory goes beside what was spilled.
void KeyPiles::keep_as_piece() {
  const auto piles =
      static_cast<std::size_t>(std::ranges::count_if(piles_, [](const auto& pile) { return pile.size() != 0; }));
  words_.reserve(size_ + piles + 1);
  (void)write_piece([&](std::span<const std::uint64_t> words) -> base::Status {  // cannot fail
    words_.insert(words_.end(), words.begin(), words.end());
    return {};
  });
  pieces_.emplace_back(words_);
  const auto window = std::clamp(kReadWords / pieces_.size(), kFewestReadWords, kMostReadWords);
  for (auto& piece : pieces_) piece.set_window(window);
}

void KeyPiles::sort_all(const base::ShareWork& share) {
  words_.resize(size_);
  sorted_.resize(groups_);
  struct Slice {
    std::uint32_t first_group;
    std::uint32_t end_group;
    std::size_t at;  // in `words_`
  };
  std::vector<Slice> slices;
  std::size_t at = 0;
  for (std::uint32_t group = 0; group < groups_; ++group) {
    if (slices.empty() || at - slices.back().at >= kSliceWords) slices.push_back({group, group, at});
    slices.back().end_group = group + 1;
    at += piles_[group].size();
  }
  base::do_together(share, slices.size(), [&](std::size_t number) {
    std::vector<std::uint64_t> dealt;
    auto slice = slices[number];
    for (auto group = slice.first_group; group < slice.end_group; ++group) {
      const auto size = piles_[group].size();
      const std::span keys(words_.data() + slice.at, size);
      piles_[group].copy(keys.data());
      sorted_[group] = keys.first(sort_distinct(keys, dealt));
      slice.at += size;
    }
  });
}

void KeyPiles::finish(const base::ShareWork& share) {
  if (pieces_.empty()) {
    sort_all(share);
  } else {
    keep_as_piece();
  }
  forget();
  slabs_.clear();
}

base::Status KeyPiles::take(std::uint32_t group, std::vector<std::uint64_t>& keys) {
  if (pieces_.empty()) {
    keys.assign(sorted_[group].begin(), sorted_[group].end());
    return {};
  }
  keys.clear();
  for (auto& piece : pieces_) {
    if (auto taken = piece.take(group, keys); !taken) return taken;
  }
  keys.resize(sort_distinct(keys, sorting_));
  return {};
}

base::Status KeyPiles::end() {
  for (auto& piece : pieces_) {
    if (auto ended = piece.end(); !ended) return ended;
  }
  return {};
}

}  // namespace ntmd::engine
