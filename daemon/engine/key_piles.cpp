#include "daemon/engine/key_piles.h"

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

namespace ntmd::engine {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
/// Of all pieces together while they are read.
constexpr std::size_t kReadWords = std::size_t{1} << 19U;
constexpr std::size_t kMostReadWords = std::size_t{1} << 15U;
constexpr std::size_t kFewestReadWords = std::size_t{1} << 9U;

/// Of words in their order. Every step is one-to-one, so that no single word can change unseen.
struct Checksum {
  std::uint64_t sum = 0x6E746D64;
  void add(std::uint64_t word) { sum = std::rotl((sum ^ word) * 0x9E3779B97F4A7C15U, 29); }
};

/// Deals the keys by their first bits, then sorts the small heaps: they are hashes, so the heaps are equal in size.
void sort_distinct(std::vector<std::uint64_t>& keys, std::vector<std::uint64_t>& dealt) {
  constexpr std::size_t kFew = 256;
  constexpr unsigned kMostBits = 12;
  if (keys.size() < kFew) {
    std::ranges::sort(keys);
  } else {
    const auto bits = std::min(static_cast<unsigned>(std::bit_width(keys.size())) - 4U, kMostBits);
    const auto shift = 64U - bits;
    std::vector<std::size_t> ends((std::size_t{1} << bits) + 1);
    for (const auto key : keys) ++ends[(key >> shift) + 1];
    for (std::size_t heap = 1; heap < ends.size(); ++heap) ends[heap] += ends[heap - 1];
    dealt.resize(keys.size());
    for (const auto key : keys) dealt[ends[key >> shift]++] = key;  // a heap's begin moves to its end
    std::size_t begin = 0;
    for (std::size_t heap = 0; heap + 1 < ends.size(); ++heap) {
      std::sort(dealt.begin() + static_cast<std::ptrdiff_t>(begin),
                dealt.begin() + static_cast<std::ptrdiff_t>(ends[heap]));
      begin = ends[heap];
    }
    keys.swap(dealt);
  }
  keys.erase(std::ranges::unique(keys).begin(), keys.end());
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
    : groups_(groups), open_scratch_(std::move(open_scratch)), held_(held) {}
KeyPiles::~KeyPiles() = default;
KeyPiles::KeyPiles(KeyPiles&&) noexcept = default;

base::Status KeyPiles::make_room(std::size_t count) {
  if (size_ + count <= keys_.size()) return {};
  if (open_scratch_ && size_ + count > held_) {
    if (auto spilled = spill(); !spilled) return spilled;
    if (count <= keys_.size()) return {};
  }
  constexpr std::size_t kFirst = 4096;
  auto room = std::max({size_ + count, keys_.size() * 2, kFirst});
  if (open_scratch_) room = std::min(room, std::max(held_, size_ + count));
  keys_.resize(room);
  groups_of_.resize(room);
  return {};
}

base::Status KeyPiles::add(std::span<const std::uint32_t> groups, std::span<const std::uint64_t> keys) {
  const auto step = std::max<std::size_t>(held_ / 8, 1);
  while (!keys.empty()) {
    const auto count = std::min(keys.size(), step);
    if (auto room = make_room(count); !room) return room;
    std::ranges::copy(groups.first(count), groups_of_.begin() + static_cast<std::ptrdiff_t>(size_));
    std::ranges::copy(keys.first(count), keys_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += count;
    groups = groups.subspan(count);
    keys = keys.subspan(count);
  }
  return {};
}

/// The keys in memory as one piece in `words_`.
void KeyPiles::arrange() {
  sizes_.assign(groups_, 0);
  for (std::size_t i = 0; i < size_; ++i) ++sizes_[groups_of_[i]];
  const auto heads = groups_ - static_cast<std::size_t>(std::ranges::count(sizes_, 0U));
  words_.resize(size_ + heads + 1);
  std::size_t at = 0;
  for (std::uint32_t group = 0; group < groups_; ++group) {
    if (sizes_[group] == 0) continue;
    words_[at++] = std::uint64_t{group} << 32U | sizes_[group];
    at += std::exchange(sizes_[group], static_cast<std::uint32_t>(at));
  }
  for (std::size_t i = 0; i < size_; ++i) words_[sizes_[groups_of_[i]]++] = keys_[i];
  Checksum checksum;
  for (std::size_t i = 0; i < at; ++i) checksum.add(words_[i]);
  words_[at] = checksum.sum;
  size_ = 0;
}

base::Status KeyPiles::spill() {
  if (!scratch_) {
    auto opened = open_scratch_();
    if (!opened) return std::unexpected(opened.error());
    scratch_ = std::move(*opened);
  }
  arrange();
  const std::string_view bytes(reinterpret_cast<const char*>(words_.data()), words_.size() * kWord);
  if (auto put = scratch_->append(bytes); !put) return put;
  pieces_.emplace_back(*scratch_, spilled_, words_.size());
  spilled_ += words_.size();
  return {};
}

void KeyPiles::finish() {
  arrange();
  std::vector<std::uint64_t>().swap(keys_);
  std::vector<std::uint32_t>().swap(groups_of_);
  const auto window =
      std::clamp(kReadWords / std::max<std::size_t>(pieces_.size(), 1), kFewestReadWords, kMostReadWords);
  for (auto& piece : pieces_) piece.set_window(window);
  pieces_.emplace_back(words_);
}

base::Status KeyPiles::take(std::uint32_t group, std::vector<std::uint64_t>& keys) {
  keys.clear();
  for (auto& piece : pieces_) {
    if (auto taken = piece.take(group, keys); !taken) return taken;
  }
  sort_distinct(keys, sorting_);
  return {};
}

base::Status KeyPiles::end() {
  for (auto& piece : pieces_) {
    if (auto ended = piece.end(); !ended) return ended;
  }
  return {};
}

}  // namespace ntmd::engine
