#include "connectors/codec/ndjson.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "connectors/codec/json.h"
#include "connectors/codec/json_value.h"
#include "connectors/codec/ndjson_scan.h"
#include "connectors/codec/piece_reader.h"
#include "connectors/codec/text_arena.h"
#include "connectors/codec/utf8_scan.h"

namespace ntmd::connectors {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSpace = " \t\r\n";

/// "1:9: what" in its two parts.
std::pair<std::string_view, std::string_view> column_and_text(std::string_view message) {
  const auto line = message.find(':');
  const auto column = line == std::string_view::npos ? line : message.find(": ", line + 1);
  if (column == std::string_view::npos) return {"1", message};
  return {message.substr(line + 1, column - line - 1), message.substr(column + 2)};
}

/// What one line gives when the JSON library reads it.
class LibraryLine {
 public:
  LibraryLine(const std::vector<std::string>& columns, const JsonCaps& caps)
      : spec_{.records = "", .columns = columns, .caps = caps} {}

  struct Outcome {
    bool row = false;    ///< its cells are in the arena
    bool cut = false;    ///< the line ends in the middle of its value
    std::string column;  ///< of a fault
    std::string rule;
    std::string message;
  };
  Outcome read(std::string_view line, std::vector<Cell>& cells, TextArena& arena) {
    Outcome outcome;
    const auto first = line.find_first_not_of(kSpace);
    if (!is_utf8(line)) return {false, false, {}, "utf8", "line is no UTF-8, expected UTF-8"};
    if (first == std::string_view::npos || line[first] != '{')
      return {false, false, {}, "type", "line is no JSON object, expected one object a line"};
    std::vector<Cell> given(cells.size());
    auto reader = make_json_reader(spec_, [&](const RawBatch& batch) -> base::Status {
      if (!batch.faults.empty()) {
        outcome.column = batch.faults.front().column;
        outcome.rule = batch.faults.front().rule;
        outcome.message = batch.faults.front().message;
        return {};
      }
      outcome.row = true;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        const Cell cell = batch.cells[i][0];
        given[i] = has_value(cell) ? arena.copy(cell) : kNoValue;
      }
      return {};
    });
    base::Status done = reader ? (*reader)->feed(line) : base::Status(std::unexpected(reader.error()));
    if (done) done = (*reader)->finish();
    if (done) {
      if (outcome.row) cells = given;
      return outcome;
    }
    const auto [column, what] = column_and_text(done.error().what);
    outcome = {};
    outcome.cut = what.starts_with("the text ends in the middle");
    // The key's own text may be anything.
    const bool twice = what.find("stands twice in one object") != std::string_view::npos;
    outcome.rule = twice ? "duplicate_key" : "json";
    outcome.message = fmt::format("line at character {}: {}", column,
                                  twice ? "a key stands twice in one object, expected once" : what);
    return outcome;
  }

 private:
  JsonSpec spec_;
};

/// Lines that lie whole in the piece that is fed are read where they stand.
class NdjsonReader final : public Decoder, public Pieces, public PieceReader {
 public:
  NdjsonReader(NdjsonSpec spec, std::vector<std::string> plain_keys, BatchSink sink)
      : spec_(std::move(spec)),
        keys_(plain_keys),
        sink_(std::move(sink)),
        scan_(std::move(plain_keys)),
        library_(spec_.columns, spec_.caps) {
    batch_.cells.assign(spec_.columns.size(), std::vector<Cell>(RawBatch::kRows));
    batch_.line.resize(RawBatch::kRows);
    batch_.byte.resize(RawBatch::kRows);
    cells_.resize(spec_.columns.size());
  }

  base::Status feed(std::string_view bytes) override {
    if (bytes.empty()) return {};
    if (begun_) return read_lines(bytes);
    head_.append(bytes);
    if (head_.size() < 4 && !head_.ends_with('\n')) return {};
    return begin();
  }
  base::Status finish() override {
    if (!begun_ && !head_.empty()) {
      if (auto ok = begin(); !ok) return ok;
    }
    if (gathering_) {
      if (auto ok = end_gathered(true); !ok) return ok;
    }
    if (auto ok = flush(); !ok) return ok;
    // Ready for another document.
    begun_ = gathering_ = seen_ = false;
    line_ = 1;
    byte_ = 0;
    return {};
  }

  Pieces* pieces() override { return this; }
  [[nodiscard]] std::size_t cut(std::string_view text) const override { return text.rfind('\n') + 1; }
  [[nodiscard]] bool between_rows() const override { return seen_ && !gathering_; }
  [[nodiscard]] std::unique_ptr<PieceReader> reader(BatchSink sink) const override {
    return std::make_unique<NdjsonReader>(spec_, keys_, std::move(sink));
  }
  [[nodiscard]] std::uint64_t line() const override { return line_; }
  [[nodiscard]] std::uint64_t byte() const override { return byte_; }
  void pass(std::uint64_t bytes, std::uint64_t lines) override {
    byte_ += bytes;
    line_ += lines;
  }
  std::optional<std::uint64_t> read(std::string_view piece) override {
    begun_ = seen_ = true;
    line_ = byte_ = 0;
    batch_.rows = 0;
    batch_.faults.clear();
    arena_.clear();
    if (!piece.ends_with('\n') || !read_lines(piece)) return std::nullopt;
    return line_;
  }

 private:
  base::Status begin() {
    begun_ = true;
    const std::string head = std::exchange(head_, {});
    std::string_view text = head;
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
      return refuse(1, "the file is UTF-16, expected UTF-8");
    if (text.starts_with("PK\x03\x04") || text.starts_with("\x1F\x8B"))
      return refuse(1, "the file is compressed, expected NDJSON");
    if (text.starts_with(kByteOrderMark)) {
      text.remove_prefix(kByteOrderMark.size());
      byte_ += kByteOrderMark.size();
    }
    return text.empty() ? base::Status{} : read_lines(text);
  }

  base::Status read_lines(std::string_view bytes) {
    const char* p = bytes.data();
    const char* const end = p + bytes.size();
    if (gathering_) {
      const auto used = bytes.find('\n');
      if (auto ok = gather(bytes.substr(0, used)); !ok) return ok;
      if (used == std::string_view::npos) return {};
      if (auto ok = end_gathered(false); !ok) return ok;
      p += used + 1;
    }
    while (p != end) {
      const auto* const next = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
      if (next == nullptr) break;
      if (auto ok = take(p, next, static_cast<std::size_t>(next - p) + 1, false); !ok) return ok;
      p = next + 1;
    }
    if (p != end) {
      gathering_ = true;
      if (auto ok = gather({p, static_cast<std::size_t>(end - p)}); !ok) return ok;
    }
    return flush();
  }

  base::Status gather(std::string_view bytes) {
    carried_ += bytes.size();
    if (carried_ > spec_.skip_cap) {
      return refuse(line_, fmt::format("a line does not end within {} bytes, expected at most {}", spec_.skip_cap,
                                       spec_.row_cap));
    }
    if (carried_ <= spec_.row_cap) carry_.append(bytes);
    return {};
  }
  /// The gathered line is complete. `last`: the file ended instead.
  base::Status end_gathered(bool last) {
    gathering_ = false;
    const auto size = std::exchange(carried_, 0);
    if (size > spec_.row_cap) {
      carry_.clear();
      too_long();
      pass(size + 1);
      return {};
    }
    carry_ += '\n';
    const auto text = arena_.copy(carry_);
    carry_.clear();
    return take(text.data(), text.data() + size, size + (last ? 0U : 1U), last);
  }

  /// The line [begin, end), behind which a '\n' stands; `size` bytes of the file with its own end.
  base::Status take(const char* begin, const char* end, std::size_t size, bool last) {
    const std::string_view line(begin, static_cast<std::size_t>(end - begin));
    if (line.size() > spec_.row_cap) {
      if (line.size() > spec_.skip_cap)
        return refuse(
            line_, fmt::format("a line is longer than {} bytes, expected at most {}", spec_.skip_cap, spec_.row_cap));
      too_long();
      pass(size);
      return {};
    }
    if (spec_.scan && !keys_.empty() && scan_.read(begin, end, cells_, arena_)) {
      seen_ = true;
      return keep(size);
    }
    const auto first = line.find_first_not_of(kSpace);
    if (first == std::string_view::npos) {
      pass(size);
      return {};
    }
    if (!std::exchange(seen_, true)) {
      if (line[first] == '<') return refuse(line_, "the file begins with '<' like a web page, expected NDJSON");
      if (line[first] == '[') {
        return refuse(line_,
                      "the file begins with '[' like one JSON array, expected one object a line; read it with "
                      "decode: json");
      }
    }
    auto outcome = library_.read(line, cells_, arena_);
    if (outcome.row) return keep(size);
    if (last && outcome.cut) {
      return base::fail(base::Fault::bad_data,
                        fmt::format("{}:{}: the file ends in the middle of a line, expected a whole object and a line "
                                    "end; send it again",
                                    line_, line.size() + 1));
    }
    batch_.faults.push_back(
        {line_, byte_, std::move(outcome.column), std::move(outcome.rule), std::move(outcome.message)});
    pass(size);
    return batch_.faults.size() < RawBatch::kRows ? base::Status{} : flush();
  }
  base::Status keep(std::size_t size) {
    const auto row = batch_.rows;
    for (std::size_t i = 0; i < cells_.size(); ++i) batch_.cells[i][row] = cells_[i];
    batch_.line[row] = line_;
    batch_.byte[row] = byte_;
    pass(size);
    return ++batch_.rows < RawBatch::kRows ? base::Status{} : flush();
  }
  void too_long() {
    seen_ = true;
    batch_.faults.push_back({line_,
                             byte_,
                             {},
                             "row_too_long",
                             fmt::format("line is longer than {} bytes, expected at most that", spec_.row_cap)});
  }
  void pass(std::size_t size) {
    ++line_;
    byte_ += size;
  }
  base::Status flush() {
    base::Status given;
    if (batch_.rows != 0 || !batch_.faults.empty()) given = sink_(batch_);
    batch_.rows = 0;
    batch_.faults.clear();
    arena_.clear();
    return given;
  }
  [[nodiscard]] static std::unexpected<base::Error> refuse(std::uint64_t line, std::string_view what) {
    return base::fail(base::Fault::bad_data, fmt::format("{}:1: {}", line, what));
  }

  NdjsonSpec spec_;
  std::vector<std::string> keys_;  // of the columns, when all are members of the record itself
  BatchSink sink_;
  NdjsonScan scan_;
  LibraryLine library_;
  RawBatch batch_;
  TextArena arena_;  // of the batch: the gathered line and what the library read
  std::vector<Cell> cells_;
  std::string head_;  // the first bytes, while they may still be a byte order mark
  bool begun_ = false;
  bool seen_ = false;  // a line that is not empty
  std::uint64_t line_ = 1;
  std::uint64_t byte_ = 0;
  std::string carry_;  // the line that a piece ends in the middle of
  std::size_t carried_ = 0;
  bool gathering_ = false;
};

}  // namespace

base::Result<std::unique_ptr<Decoder>> make_ndjson_reader(NdjsonSpec spec, BatchSink sink) {
  std::vector<std::string> keys;
  bool plain = true;
  for (const auto& column : spec.columns) {
    auto tokens = split_pointer(column);
    if (!tokens) return std::unexpected(tokens.error());
    plain = plain && tokens->size() == 1 && std::ranges::find(keys, tokens->front()) == keys.end();
    if (plain) keys.push_back(std::move(tokens->front()));
  }
  if (!plain) keys.clear();
  return std::make_unique<NdjsonReader>(std::move(spec), std::move(keys), std::move(sink));
}

}  // namespace ntmd::connectors
