// A column is its least value and the differences from it, in as many bytes as the greatest one needs.

#include <algorithm>
#include <array>
#include <cstring>

#include "daemon/store/records.h"

namespace ntmd::store {
namespace {

constexpr char kFormat = 1;

void put_bytes(std::string& out, std::uint64_t value, unsigned width) {
  for (unsigned i = 0; i < width; ++i) out += static_cast<char>(value >> (8U * i) & 0xFFU);
}

unsigned width_of(std::uint64_t greatest) {
  for (const unsigned width : {0U, 1U, 2U, 4U}) {
    if (width == 0 ? greatest == 0 : greatest >> (8U * width) == 0) return width;
  }
  return 8;
}

/// `of(i)` gives an unsigned value; differences never wrap.
template <class Of>
void put_column(std::string& out, std::size_t rows, Of of) {
  std::uint64_t least = ~std::uint64_t{0};
  std::uint64_t greatest = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    least = std::min(least, of(i));
    greatest = std::max(greatest, of(i));
  }
  if (rows == 0) least = 0;
  const auto width = width_of(greatest - std::min(least, greatest));
  put_bytes(out, least, 8);
  out += static_cast<char>(width);
  const auto at = out.size();
  out.resize(at + rows * width);
  auto* p = reinterpret_cast<unsigned char*>(out.data()) + at;
  for (std::size_t i = 0; i < rows; ++i) {
    auto value = of(i) - least;
    for (unsigned byte = 0; byte < width; ++byte, value >>= 8U) *p++ = static_cast<unsigned char>(value);
  }
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool number(unsigned width, std::uint64_t& value) {
    if (bytes_.size() < width) return false;
    value = at(bytes_.data(), width);
    bytes_.remove_prefix(width);
    return true;
  }
  template <class Put>
  bool column(std::size_t rows, Put put) {
    std::uint64_t least = 0;
    std::uint64_t width = 0;
    if (!number(8, least) || !number(1, width)) return false;
    if (width > 8 || (width & (width - 1)) != 0) return false;
    if (width != 0 && bytes_.size() / width < rows) return false;
    switch (width) {
      case 0:
        for (std::size_t i = 0; i < rows; ++i) put(i, least);
        break;
      case 1:
        read<1>(rows, least, put);
        break;
      case 2:
        read<2>(rows, least, put);
        break;
      case 4:
        read<4>(rows, least, put);
        break;
      default:
        read<8>(rows, least, put);
    }
    bytes_.remove_prefix(rows * width);
    return true;
  }
  [[nodiscard]] bool over() const { return bytes_.empty(); }

 private:
  static std::uint64_t at(const char* p, unsigned width) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i) value |= std::uint64_t{static_cast<unsigned char>(p[i])} << (8U * i);
    return value;
  }
  template <unsigned Width, class Put>
  void read(std::size_t rows, std::uint64_t least, Put put) const {
    const char* p = bytes_.data();
    for (std::size_t i = 0; i < rows; ++i, p += Width) put(i, least + at(p, Width));
  }
  std::string_view bytes_;
};

// Signed values in their order as unsigned ones.
constexpr std::uint64_t kHalf = std::uint64_t{1} << 63U;
std::uint64_t ordered(std::int64_t value) { return static_cast<std::uint64_t>(value) ^ kHalf; }
std::int64_t signed_of(std::uint64_t value) { return static_cast<std::int64_t>(value ^ kHalf); }
// A row without a day is 0, so that it costs no width.
constexpr std::int64_t kBeforeDays = std::int64_t{1} << 32U;
std::uint64_t told_day(std::int32_t day) {
  return day == RecordBlock::kNoDay ? 0 : static_cast<std::uint64_t>(kBeforeDays + day);
}

}  // namespace

void RecordBlock::clear(std::size_t day_columns) {
  keys.clear();
  versions.clear();
  units.clear();
  counts.clear();
  days.resize(day_columns);
  for (auto& column : days) column.clear();
}

void pack(const RecordBlock& block, std::string& out) {
  const auto rows = block.size();
  out.clear();
  out += kFormat;
  put_bytes(out, rows, 4);
  put_bytes(out, block.days.size(), 1);
  put_column(out, rows, [&](std::size_t i) { return block.keys[i]; });
  put_column(out, rows, [&](std::size_t i) { return ordered(block.versions[i]); });
  put_column(out, rows, [&](std::size_t i) { return std::uint64_t{block.units[i]}; });
  put_column(out, rows, [&](std::size_t i) { return std::uint64_t{block.counts[i]}; });
  for (const auto& days : block.days) {
    std::uint64_t least = ~std::uint64_t{0};
    for (const auto day : days) {
      if (day != RecordBlock::kNoDay) least = std::min(least, told_day(day));
    }
    if (least == ~std::uint64_t{0}) least = 1;
    put_bytes(out, least - 1, 8);
    put_column(out, rows, [&](std::size_t i) {
      return days[i] == RecordBlock::kNoDay ? std::uint64_t{0} : told_day(days[i]) - (least - 1);
    });
  }
}

base::Status unpack(std::string_view bytes, std::size_t day_columns, RecordBlock& into) {
  const auto damaged = [] {
    return base::fail(base::Fault::bad_data, "stored records are damaged, expected them as they were written");
  };
  into.clear(day_columns);
  Reader reader(bytes);
  std::uint64_t format = 0;
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  if (!reader.number(1, format) || format != kFormat || !reader.number(4, rows) || !reader.number(1, columns) ||
      columns != day_columns || rows > bytes.size()) {
    return damaged();
  }
  into.keys.resize(rows);
  into.versions.resize(rows);
  into.units.resize(rows);
  into.counts.resize(rows);
  bool whole = reader.column(rows, [&](std::size_t i, std::uint64_t value) { into.keys[i] = value; });
  whole =
      whole && reader.column(rows, [&](std::size_t i, std::uint64_t value) { into.versions[i] = signed_of(value); });
  whole = whole && reader.column(rows, [&](std::size_t i, std::uint64_t value) {
    into.units[i] = static_cast<std::uint32_t>(value);
  });
  whole = whole && reader.column(rows, [&](std::size_t i, std::uint64_t value) {
    into.counts[i] = static_cast<std::uint32_t>(value);
  });
  for (auto& days : into.days) {
    days.resize(rows);
    std::uint64_t least = 0;
    whole = whole && reader.number(8, least) && reader.column(rows, [&](std::size_t i, std::uint64_t value) {
      days[i] = value == 0 ? RecordBlock::kNoDay
                           : static_cast<std::int32_t>(static_cast<std::int64_t>(least + value) - kBeforeDays);
    });
  }
  if (!whole || !reader.over()) return damaged();
  if (std::ranges::adjacent_find(into.keys, std::ranges::greater_equal{}) != into.keys.end()) return damaged();
  return {};
}

}  // namespace ntmd::store
