#include "connectors/codec/csv.h"

#include <fmt/format.h>

#include <cstring>
#include <string_view>
#include <utility>

#include "connectors/codec/csv_header.h"
#include "connectors/codec/csv_reader.h"

namespace ntmd::connectors {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

base::Status CsvReader::check_begin(std::string_view text) const {
  if (text[0] == '<') return refuse(1, "the file begins with '<' like a web page, expected CSV");
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return refuse(1, "the file is UTF-16, expected UTF-8");
  if (text.starts_with("PK\x03\x04")) return refuse(1, "the file is a ZIP archive or workbook, expected CSV");
  return {};
}

base::Status CsvReader::feed(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (begun_) return read_on(bytes);
  head_.append(bytes);
  if (head_.size() < 4 && !head_.ends_with('\n')) return {};
  begun_ = true;
  std::string head = std::exchange(head_, {});
  // The piece itself is read where it stands, unless earlier pieces were too short to tell what this is.
  std::string_view text = head.size() == bytes.size() ? bytes : std::string_view(head);
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
    byte_ += kByteOrderMark.size();
  }
  if (text.empty()) return {};
  if (auto ok = check_begin(text); !ok) return ok;
  return read_on(text);
}

base::Status CsvReader::read_on(std::string_view bytes) {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  if (gathering_) {
    const auto used = row_end_.find(bytes);
    if (auto ok = gather(bytes.substr(0, used)); !ok) return ok;
    if (used == std::string_view::npos) return {};
    if (auto ok = take_gathered(); !ok) return ok;
    p += used;
  }
  if (p != end) {
    const void* const last = memrchr(p, '\n', static_cast<std::size_t>(end - p));
    if (last != nullptr) {
      if (auto ok = read_rows(p, static_cast<const char*>(last) + 1, p); !ok) return ok;
    }
  }
  if (p != end) {
    const std::string_view rest(p, static_cast<std::size_t>(end - p));
    gathering_ = true;
    row_end_.restart();
    row_end_.find(rest);
    if (auto ok = gather(rest); !ok) return ok;
  }
  return flush();
}

base::Status CsvReader::read_rows(const char* begin, const char* limit, const char*& reached) {
  region_begin_ = begin;
  region_byte_ = byte_;
  region_first_ = batch_.rows;
  if (in_rows_) marked_.start(begin, limit);
  const char* p = begin;
  while (p != limit) {
    reached = p;
    if (*p == '\n' || (*p == '\r' && p[1] == '\n')) {
      const auto size = *p == '\n' ? 1U : 2U;
      if (in_rows_) marked_.skip_line();
      p += size;
      byte_ += size;
      ++line_;
      continue;
    }
    if (!in_rows_) {
      std::vector<std::string> fields;
      const auto row =
          split_csv_row(p, limit, arena_, [&](std::uint32_t, std::string_view text) { fields.emplace_back(text); });
      if (row.next == nullptr) return {};
      if (auto ok = read_header(p, row, fields); !ok) return ok;
      byte_ += static_cast<std::uint64_t>(row.next - p);
      p = row.next;
      if (p != limit) marked_.start(p, limit);
      continue;
    }
    const std::size_t at = batch_.rows;
    const auto width = slots_.size();
    const auto row = marked_.split(p, arena_, [&](std::uint32_t field, std::string_view text) {
      if (field >= width) return;
      const auto slot = slots_[field];
      if (slot >= 0) batch_.cells[static_cast<std::size_t>(slot)][at] = text;
    });
    if (row.next == nullptr) return {};
    if (auto ok = end_row(p, row); !ok) return ok;
    p = row.next;
    if (batch_.rows == RawBatch::kRows) {
      if (auto ok = flush(); !ok) return ok;
      region_begin_ = p;
      region_byte_ = byte_;
    }
  }
  reached = p;
  return {};
}

base::Status CsvReader::read_header(const char* begin, const CsvSplit& row, const std::vector<std::string>& fields) {
  if (row.size > spec_.row_cap) return refuse(line_, "the header is too long, expected column names");
  if (!is_clean({begin, row.size}))
    return refuse(line_, "the header is no UTF-8 text, expected UTF-8; save the file as UTF-8");
  if (row.stray_quote)
    return refuse(line_, "the header has a quote in the middle of a name, expected quotes around a whole name");
  auto slots = match_header(fields, spec_.columns);
  if (!slots) return std::unexpected(slots.error());
  slots_ = std::move(*slots);
  names_ = fields;
  in_rows_ = true;
  line_ += 1 + row.newlines;
  return {};
}

/// Keeps or faults the row whose cells stand in place `batch_.rows`.
base::Status CsvReader::end_row(const char* begin, const CsvSplit& row) {
  const auto line = line_;
  const auto byte = byte_;
  line_ += 1 + row.newlines;
  byte_ += static_cast<std::uint64_t>(row.next - begin);
  if (row.size > spec_.skip_cap) return too_long_to_skip();
  if (row.size > spec_.row_cap) {
    fault(line, byte, {}, "row_too_long",
          fmt::format("row is longer than {} bytes, expected at most that", spec_.row_cap));
    return {};
  }
  if (row.swallowed) {
    return refuse(
        line + row.swallowed_from,
        fmt::format(
            "a quote opened here closes in line {} with text behind it, expected a closing quote before a comma; "
            "rows may be lost in it",
            line + row.swallowed_to));
  }
  if (row.stray_quote || row.fields != slots_.size()) {
    if (!is_clean({begin, row.size})) {
      unclean(begin, row.size, line, byte);
    } else if (row.stray_quote) {
      fault(line, byte, {}, "quote",
            "a quote stands in the middle of a field, expected it doubled inside a quoted field");
    } else {
      fault(line, byte, {}, "fields", fmt::format("row has {} fields, expected {}", row.fields, slots_.size()));
    }
    return {};
  }
  batch_.line[batch_.rows] = line;
  batch_.byte[batch_.rows] = byte;
  size_[batch_.rows] = row.size;
  ++batch_.rows;
  return {};
}

base::Status CsvReader::gather(std::string_view bytes) {
  carried_ += bytes.size();
  if (carried_ > spec_.skip_cap + 2) return too_long_to_skip();
  if (carried_ <= spec_.row_cap + 2) {
    carry_.append(bytes);
  } else {
    carry_.clear();
  }
  return {};
}

/// The gathered row is complete, its line end included.
base::Status CsvReader::take_gathered() {
  const bool kept = carry_.size() == carried_;
  const auto carried = std::exchange(carried_, 0);
  const auto newlines = row_end_.newlines();
  gathering_ = false;
  row_end_.restart();
  if (!kept) {
    if (!in_rows_) return refuse(line_, "the header is too long, expected column names");
    fault(line_, byte_, {}, "row_too_long",
          fmt::format("row is longer than {} bytes, expected at most that", spec_.row_cap));
    line_ += 1 + newlines;
    byte_ += carried;
    return {};
  }
  const auto text = arena_.copy(carry_);
  carry_.clear();
  const auto before = batch_.rows;
  const auto line = line_;
  const auto byte = byte_;
  const char* reached = nullptr;
  if (auto ok = read_rows(text.data(), text.data() + text.size(), reached); !ok) return ok;
  region_begin_ = nullptr;
  if (batch_.rows > before && !is_clean(text)) {
    --batch_.rows;
    unclean(text.data(), size_[before], line, byte);
  }
  return {};
}

base::Status CsvReader::finish() {
  if (!begun_ && !head_.empty()) {
    begun_ = true;
    const std::string head = std::exchange(head_, {});
    std::string_view text = head;
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    if (!text.empty()) {
      if (auto ok = check_begin(text); !ok) return ok;
      if (auto ok = read_on(text); !ok) return ok;
    }
  }
  if (gathering_) {
    if (row_end_.in_quotes()) {
      return refuse(line_ + row_end_.quote_newlines(),
                    "a quote is opened here and never closed, expected a closing quote");
    }
    if (auto ok = gather("\n"); !ok) return ok;
    if (auto ok = take_gathered(); !ok) return ok;
    if (auto ok = flush(); !ok) return ok;
  }
  if (!in_rows_) return refuse(1, "empty file, expected a header");
  *this = CsvReader(std::move(spec_), std::move(sink_));
  return {};
}

std::unique_ptr<Decoder> make_csv_reader(CsvSpec spec, BatchSink sink) {
  return std::make_unique<CsvReader>(std::move(spec), std::move(sink));
}

}  // namespace ntmd::connectors
