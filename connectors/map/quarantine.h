#pragma once
// Refused rows of one delivery: all are counted, the first of them kept.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "connectors/codec/raw_batch.h"
#include "daemon/model/name_table.h"

namespace ntmd::connectors {

struct RefusedRow {
  std::uint64_t line = 0;  ///< 0: the format has no lines
  std::uint64_t byte = 0;
  std::string column;
  std::string rule;
  std::string message;
  std::optional<std::string> value;  ///< never of a personal connector, nor with a number of a person in it
};

/// One thread at a time.
class Quarantine {
 public:
  static constexpr std::size_t kKept = 10'000;

  /// `lines`: places are lines of a text, else numbers of records. `personal`: values are never kept.
  Quarantine(bool lines, bool personal) : lines_(lines), personal_(personal) {}

  /// Whether a further row is kept: when not, its message need not be made.
  [[nodiscard]] bool keeps() const { return rows_.size() < room_; }
  [[nodiscard]] bool personal() const { return personal_; }
  void add(const RowFault& fault);
  /// `line` and `byte` as in RawBatch.
  void add(std::uint64_t line, std::uint64_t byte, std::string_view column, std::string_view rule,
           std::string_view message, Cell value);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// The rows that follow belong to another document, where records are numbered anew.
  void next_document() { ++document_; }
  /// An empty one for rows of the same input that are read beside this one; it keeps no more than this one would.
  [[nodiscard]] Quarantine beside() const;
  /// As if the rows of `other` had been added here now, each `line` and `byte` further.
  void take_in(Quarantine& other, std::uint64_t line, std::uint64_t byte);
  /// Rows that are kept.
  [[nodiscard]] std::size_t kept() const { return rows_.size(); }
  /// Gives them to `take` by place, one by one, and keeps them no more.
  template <class Take>
  void hand_over(Take&& take) {
    sort();
    for (; !rows_.empty(); rows_.pop_front()) take(row_of(rows_.front()));
    texts_ = {};
  }

 private:
  bool lines_;
  bool personal_;
  /// Many rows are refused in the same words: each text is held once, in `texts_`.
  struct Kept {
    std::uint64_t document = 0;
    std::uint64_t line = 0;
    std::uint64_t byte = 0;
    model::NameTable::Id column = 0;
    model::NameTable::Id rule = 0;
    model::NameTable::Id message = 0;
    std::optional<model::NameTable::Id> value;
  };
  [[nodiscard]] RefusedRow row_of(const Kept& kept) const;
  void sort();

  std::size_t room_ = kKept;
  std::uint64_t document_ = 0;
  std::uint64_t count_ = 0;
  model::NameTable texts_;
  std::deque<Kept> rows_;
};

}  // namespace ntmd::connectors
