#include "daemon/engine/record_piles.h"

#include <algorithm>
#include <bit>
#include <string>
#include <string_view>
#include <utility>

namespace ntmd::engine {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
/// Rows of a block, at most about.
constexpr std::uint64_t kBlockRows = 8192;
/// Of packed blocks in memory, for each row that may be held there; more go to a file.
constexpr std::size_t kHeldBytes = 32;

std::uint64_t checksum(std::span<const std::uint64_t> words) {
  std::uint64_t sum = 0x6E746D64;
  for (const auto word : words) sum = std::rotl((sum ^ word) * 0x9E3779B97F4A7C15U, 29);
  return sum;
}

std::unexpected<base::Error> damaged() {
  return base::fail(
      base::Fault::bad_data,
      "the temporary file of this delivery's records is damaged, expected it as it was written; check the "
      "disk and deliver it again");
}

std::string_view bytes_of(std::span<const std::uint64_t> words) {
  return {reinterpret_cast<const char*>(words.data()), words.size() * kWord};
}

/// Blocks as they were packed, from memory or a file.
class Packed final : public store::BlockReader {
 public:
  Packed(OpenScratch open_scratch, std::size_t most) : open_scratch_(std::move(open_scratch)), most_(most) {}

  base::Status put(std::uint32_t bucket, std::uint32_t rows, const std::string& bytes) {
    blocks_.push_back({bucket, rows, bytes.size(), std::hash<std::string_view>{}(bytes)});
    if (!scratch_ && open_scratch_ && held_.size() + bytes.size() > most_) {
      auto opened = open_scratch_();
      if (!opened) return std::unexpected(opened.error());
      scratch_ = std::move(*opened);
      if (auto put = scratch_->append(held_); !put) return put;
      std::string().swap(held_);
    }
    if (scratch_) return scratch_->append(bytes);
    held_ += bytes;
    return {};
  }
  base::Result<const store::PackedBlock*> next() override {
    if (at_ == blocks_.size()) return nullptr;
    const auto& block = blocks_[at_++];
    out_.bucket = block.bucket;
    out_.rows = block.rows;
    if (scratch_) {
      out_.bytes.resize(block.size);
      if (auto read = scratch_->read(offset_, out_.bytes); !read) return std::unexpected(read.error());
      if (std::hash<std::string_view>{}(out_.bytes) != block.check) return damaged();
    } else {
      out_.bytes.assign(held_, offset_, block.size);
    }
    offset_ += block.size;
    return &out_;
  }

 private:
  struct Block {
    std::uint32_t bucket;
    std::uint32_t rows;
    std::size_t size;
    std::size_t check;
  };
  OpenScratch open_scratch_;
  std::size_t most_;  ///< bytes in memory
  std::string held_;
  std::unique_ptr<base::ScratchFile> scratch_;
  std::vector<Block> blocks_;
  std::size_t at_ = 0;
  std::size_t offset_ = 0;
  store::PackedBlock out_;
};

}  // namespace

RecordPiles::RecordPiles(std::size_t days, bool versions, OpenScratch open_scratch, std::size_t held)
    : days_(days),
      versions_(versions),
      open_scratch_(std::move(open_scratch)),
      held_(held),
      stride_(RecordRows(days, versions).stride()) {}
RecordPiles::~RecordPiles() = default;
RecordPiles::RecordPiles(RecordPiles&&) noexcept = default;

base::Status RecordPiles::add(const RecordRows& rows) {
  const auto words = rows.words();
  if (open_scratch_ && !rows_.empty() && rows_.size() + words.size() > held_ * stride_) {
    if (auto spilled = spill(); !spilled) return spilled;
  }
  const auto wanted = rows_.size() + words.size();
  if (wanted > rows_.capacity()) {
    auto room = std::max(wanted, rows_.capacity() * 2);
    if (open_scratch_) room = std::max(wanted, std::min(room, held_ * stride_));
    rows_.reserve(room);
  }
  rows_.insert(rows_.end(), words.begin(), words.end());
  count_ += words.size() / stride_;
  return {};
}

/// The rows in memory by pile, in the order in which they came.
void RecordPiles::arrange() {
  ends_.assign(kPiles + 1, 0);
  for (std::size_t at = 0; at < rows_.size(); at += stride_) ends_[(rows_[at] >> (64U - kPileBits)) + 1] += stride_;
  for (std::size_t pile = 1; pile <= kPiles; ++pile) ends_[pile] += ends_[pile - 1];
  arranged_.resize(rows_.size());
  for (std::size_t at = 0; at < rows_.size(); at += stride_) {
    auto& into = ends_[rows_[at] >> (64U - kPileBits)];
    std::copy_n(rows_.data() + at, stride_, arranged_.data() + into);
    into += stride_;  // a pile's begin moves to its end
  }
  ends_.pop_back();
  rows_.clear();
}

base::Status RecordPiles::spill() {
  if (!scratch_) {
    auto opened = open_scratch_();
    if (!opened) return std::unexpected(opened.error());
    scratch_ = std::move(*opened);
  }
  arrange();
  Piece piece{spilled_, ends_, {}};
  std::size_t begin = 0;
  for (const auto end : ends_) {
    piece.checks.push_back(checksum(std::span(arranged_).subspan(begin, end - begin)));
    begin = end;
  }
  if (auto put = scratch_->append(bytes_of(arranged_)); !put) return put;
  spilled_ += arranged_.size();
  pieces_.push_back(std::move(piece));
  return {};
}

/// All rows of a pile, in the order in which they came.
base::Status RecordPiles::take_pile(std::size_t pile, std::vector<std::uint64_t>& words) {
  words.clear();
  for (const auto& piece : pieces_) {
    const auto begin = pile == 0 ? 0 : piece.ends[pile - 1];
    const auto size = piece.ends[pile] - begin;
    if (size == 0) continue;
    const auto at = words.size();
    words.resize(at + size);
    const auto into = std::span(words).subspan(at);
    auto read = scratch_->read((piece.first + begin) * kWord, {reinterpret_cast<char*>(into.data()), size * kWord});
    if (!read) return read;
    if (checksum(into) != piece.checks[pile]) return damaged();
  }
  const auto begin = pile == 0 ? 0 : ends_[pile - 1];
  words.insert(words.end(), arranged_.begin() + static_cast<std::ptrdiff_t>(begin),
               arranged_.begin() + static_cast<std::ptrdiff_t>(ends_[pile]));
  return {};
}

/// Piles, in order, to blocks.
class RecordPiles::Packer {
 public:
  Packer(const RecordPiles& piles, std::span<const std::uint32_t> units, unsigned bits, Packed& into)
      : piles_(piles), units_(units), bits_(bits), into_(into) {
    block_.clear(piles.days_);
  }

  base::Status take(const std::vector<std::uint64_t>& words) {
    const auto stride = piles_.stride_;
    order_.clear();
    for (std::size_t at = 0; at < words.size(); at += stride)
      order_.push_back({words[at], static_cast<std::uint32_t>(at / stride)});
    std::ranges::sort(order_);
    for (std::size_t i = 0; i < order_.size();) {
      const auto key = order_[i].first;
      auto best = order_[i].second;
      for (++i; i < order_.size() && order_[i].first == key; ++i) {
        if (!piles_.versions_ || version(words, order_[i].second) >= version(words, best)) best = order_[i].second;
      }
      if (auto put = row(words.data() + std::size_t{best} * stride); !put) return put;
    }
    return {};
  }
  base::Status end() {
    if (block_.size() == 0) return {};
    store::pack(block_, bytes_);
    auto put = into_.put(bucket_, static_cast<std::uint32_t>(block_.size()), bytes_);
    block_.clear(piles_.days_);
    return put;
  }

 private:
  [[nodiscard]] std::int64_t version(const std::vector<std::uint64_t>& words, std::uint32_t row) const {
    return static_cast<std::int64_t>(words[row * piles_.stride_ + 1]);
  }
  base::Status row(const std::uint64_t* word) {
    const auto key = *word++;
    const auto bucket = bits_ == 0 ? 0U : static_cast<std::uint32_t>(key >> (64U - bits_));
    if (bucket != bucket_) {
      if (auto ended = end(); !ended) return ended;
      bucket_ = bucket;
    }
    block_.keys.push_back(key);
    block_.versions.push_back(piles_.versions_ ? static_cast<std::int64_t>(*word++) : 0);
    block_.units.push_back(units_[*word >> 32U]);
    block_.counts.push_back(static_cast<std::uint32_t>(*word++));
    for (std::size_t day = 0; day < piles_.days_; ++day) {
      block_.days[day].push_back(static_cast<std::int32_t>(day % 2 == 0 ? *word & 0xFFFFFFFFU : *word >> 32U));
      if (day % 2 == 1) ++word;
    }
    return {};
  }

  const RecordPiles& piles_;
  std::span<const std::uint32_t> units_;
  unsigned bits_;
  Packed& into_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order_;
  store::RecordBlock block_;
  std::uint32_t bucket_ = 0;
  std::string bytes_;
};

base::Result<RecordPiles::Ordered> RecordPiles::finish(std::span<const std::uint32_t> units) {
  arrange();
  std::vector<std::uint64_t>().swap(rows_);
  Ordered ordered;
  ordered.rows = count_;
  while (ordered.bits < store::StagedRecords::kMostBits && count_ >> ordered.bits > kBlockRows) ++ordered.bits;
  auto packed = std::make_unique<Packed>(open_scratch_, held_ * kHeldBytes);
  Packer packer(*this, units, ordered.bits, *packed);
  std::vector<std::uint64_t> words;
  for (std::size_t pile = 0; pile < kPiles; ++pile) {
    if (auto taken = take_pile(pile, words); !taken) return std::unexpected(taken.error());
    if (auto put = packer.take(words); !put) return std::unexpected(put.error());
  }
  if (auto put = packer.end(); !put) return std::unexpected(put.error());
  std::vector<std::uint64_t>().swap(arranged_);
  scratch_.reset();
  ordered.blocks = std::move(packed);
  return ordered;
}

}  // namespace ntmd::engine
