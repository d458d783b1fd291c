#include "connectors/codec/json.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

#include "connectors/codec/json_value.h"
#include "connectors/codec/text_arena.h"

namespace ntmd::connectors {
namespace {

/// The columns' pointers as one tree: a step per key or index.
struct Branch {
  std::vector<std::pair<std::string, std::size_t>> next;  // token, branch
  std::vector<std::size_t> columns;                       // that end here
};

class PointerTree {
 public:
  PointerTree() : branches_(1) {}
  void add(const std::vector<std::string>& tokens, std::size_t column) {
    std::size_t at = 0;
    for (const auto& token : tokens) {
      auto found = step(at, token);
      if (found == kNowhere) {
        found = branches_.size();
        branches_[at].next.emplace_back(token, found);
        branches_.emplace_back();
      }
      at = found;
    }
    branches_[at].columns.push_back(column);
  }
  [[nodiscard]] std::size_t step(std::size_t at, std::string_view token) const {
    if (at == kNowhere) return kNowhere;
    for (const auto& [known, next] : branches_[at].next) {
      if (known == token) return next;
    }
    return kNowhere;
  }
  [[nodiscard]] const Branch& at(std::size_t branch) const { return branches_[branch]; }
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

 private:
  std::vector<Branch> branches_;
};

/// Follows the events: outside the records by the records' pointer, inside a record by the columns' tree.
class RecordEvents final : public JsonEvents {
 public:
  RecordEvents(std::vector<std::string> records, std::string records_text, PointerTree tree, std::size_t columns,
               BatchSink sink)
      : records_(std::move(records)),
        records_text_(std::move(records_text)),
        tree_(std::move(tree)),
        sink_(std::move(sink)) {
    batch_.cells.assign(columns, std::vector<Cell>(RawBatch::kRows));
    batch_.line.resize(RawBatch::kRows);
    batch_.byte.resize(RawBatch::kRows);
  }

  bool begin_object() override { return open(false); }
  bool begin_array() override { return open(true); }
  bool key(std::string_view key) override {
    key_ = key;
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool string(std::string_view text) override { return leaf(text); }
  bool number(std::string_view lexeme) override { return leaf(lexeme); }
  bool boolean(bool value) override { return leaf(value ? "true" : "false"); }
  bool null() override { return leaf(kNoValue); }
  [[nodiscard]] std::string refusal() const override { return refusal_; }
  [[nodiscard]] const base::Status& sink_status() const { return sink_status_; }

  base::Status finish() {
    if (!found_) {
      return base::fail(base::Fault::bad_data,
                        fmt::format("1:1: \"{}\" is not in the answer, expected the records there", records_text_));
    }
    return flush() ? base::Status{} : sink_status_;
  }

 private:
  enum class Place : std::uint8_t { outside, records_array, record };
  /// An open object or array.
  struct Frame {
    Place place = Place::outside;
    bool array = false;
    std::size_t index = 0;                       // of the next element
    std::size_t matched = 0;                     // outside: tokens of the records' pointer that led here
    bool on_path = false;                        // outside: all tokens so far matched
    std::size_t branch = PointerTree::kNowhere;  // in a record
    bool is_record = false;                      // its end ends the record
  };
  /// Where a value stands that begins now.
  struct Spot {
    Place place = Place::outside;
    std::size_t matched = 0;
    bool on_path = false;
    std::size_t branch = PointerTree::kNowhere;
    bool is_record = false;
  };

  Spot spot() {
    if (frames_.empty()) return arrive({Place::outside, 0, true, PointerTree::kNowhere, false});
    auto& parent = frames_.back();
    std::string_view token = key_;
    char digits[24];
    if (parent.array) {
      const auto end = std::to_chars(std::begin(digits), std::end(digits), parent.index++).ptr;
      token = {digits, static_cast<std::size_t>(end - digits)};
    }
    switch (parent.place) {
      case Place::records_array:
        return {Place::record, 0, false, 0, true};
      case Place::record:
        return {Place::record, 0, false, tree_.step(parent.branch, token), false};
      case Place::outside:
        break;
    }
    const bool on = parent.on_path && parent.matched < records_.size() && records_[parent.matched] == token;
    return arrive({Place::outside, parent.matched + (on ? 1U : 0U), on, PointerTree::kNowhere, false});
  }
  Spot arrive(Spot spot) {
    if (spot.on_path && spot.matched == records_.size()) {
      found_ = true;
      spot.is_record = true;
      spot.place = Place::record;
      spot.branch = 0;
    }
    return spot;
  }

  bool open(bool array) {
    auto here = spot();
    // The records' own array: its elements are the records.
    if (here.is_record && array && (frames_.empty() || frames_.back().place == Place::outside)) {
      frames_.push_back({Place::records_array, true, 0, 0, false, PointerTree::kNowhere, false});
      return true;
    }
    if (here.is_record) begin_record();
    if (here.is_record && array) {
      row_fault("", "record is an array, expected an object");
    } else if (here.place == Place::record && here.branch != PointerTree::kNowhere) {
      const auto& columns = tree_.at(here.branch).columns;
      if (!columns.empty())
        row_fault("", fmt::format("a column is {}, expected a plain value", array ? "an array" : "an object"));
    }
    frames_.push_back({here.place, array, 0, here.matched, here.on_path, here.branch, here.is_record});
    return true;
  }
  bool close() {
    const bool record = frames_.back().is_record;
    frames_.pop_back();
    return !record || end_record();
  }
  bool leaf(Cell text) {
    const auto here = spot();
    if (here.place == Place::outside) return true;
    if (here.is_record) {
      const bool element = !frames_.empty() && frames_.back().place == Place::records_array;
      if (!element) {
        if (!has_value(text)) return true;
        refusal_ = fmt::format("\"{}\" is a plain value, expected an object or a list of them", records_text_);
        return false;
      }
      begin_record();
      row_fault("", "record is a plain value, expected an object");
      return end_record();
    }
    if (here.branch == PointerTree::kNowhere) return true;
    const Cell kept = has_value(text) ? arena_.copy(text) : kNoValue;
    for (const auto column : tree_.at(here.branch).columns) batch_.cells[column][batch_.rows] = kept;
    return true;
  }

  void begin_record() {
    ++number_;
    bad_ = false;
    for (auto& column : batch_.cells) column[batch_.rows] = kNoValue;
  }
  void row_fault(std::string_view column, std::string message) {
    if (bad_) return;
    bad_ = true;
    batch_.faults.push_back({number_, 0, std::string(column), "type", std::move(message)});
  }
  bool end_record() {
    if (bad_) return batch_.faults.size() < RawBatch::kRows || flush();
    batch_.line[batch_.rows] = number_;
    batch_.byte[batch_.rows] = 0;
    return ++batch_.rows < RawBatch::kRows || flush();
  }
  bool flush() {
    if (batch_.rows == 0 && batch_.faults.empty()) return true;
    sink_status_ = sink_(batch_);
    batch_.rows = 0;
    batch_.faults.clear();
    arena_.clear();
    return sink_status_.has_value();
  }

  std::vector<std::string> records_;
  std::string records_text_;
  PointerTree tree_;
  BatchSink sink_;
  RawBatch batch_;
  TextArena arena_;
  std::vector<Frame> frames_;
  std::string key_;
  std::uint64_t number_ = 0;
  bool found_ = false;
  bool bad_ = false;
  std::string refusal_;
  base::Status sink_status_;
};

struct Compiled {
  std::vector<std::string> records;
  PointerTree tree;
};

class JsonRecords final : public Decoder {
 public:
  JsonRecords(JsonSpec spec, Compiled compiled, BatchSink sink)
      : spec_(std::move(spec)), compiled_(std::move(compiled)), sink_(std::move(sink)) {}

  base::Status feed(std::string_view bytes) override {
    if (!events_) begin();
    return told(reader_->feed(bytes));
  }
  base::Status finish() override {
    if (!events_) begin();
    if (auto ok = told(reader_->finish()); !ok) return ok;
    auto ended = events_->finish();
    reader_.reset();
    events_.reset();
    return ended;
  }

 private:
  void begin() {
    events_.emplace(compiled_.records, spec_.records, compiled_.tree, spec_.columns.size(), sink_);
    reader_.emplace(*events_, spec_.caps);
  }
  base::Status told(base::Status read) const { return events_->sink_status() ? read : events_->sink_status(); }

  JsonSpec spec_;
  Compiled compiled_;
  BatchSink sink_;
  std::optional<RecordEvents> events_;
  std::optional<JsonReader> reader_;
};

}  // namespace

base::Result<std::unique_ptr<Decoder>> make_json_reader(const JsonSpec& spec, BatchSink sink) {
  Compiled compiled;
  auto records = split_pointer(spec.records);
  if (!records) return std::unexpected(records.error());
  compiled.records = std::move(*records);
  for (std::size_t i = 0; i < spec.columns.size(); ++i) {
    const auto tokens = split_pointer(spec.columns[i]);
    if (!tokens) return std::unexpected(tokens.error());
    compiled.tree.add(*tokens, i);
  }
  return std::make_unique<JsonRecords>(spec, std::move(compiled), std::move(sink));
}

}  // namespace ntmd::connectors
