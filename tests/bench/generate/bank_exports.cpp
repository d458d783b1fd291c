#include "tests/bench/generate/bank_exports.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "tests/bench/generate/names.h"
#include "tests/bench/generate/output_file.h"

namespace ntmd::bench {
namespace {

constexpr std::string_view kHeader = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n";

struct Bank {
  std::string_view name;
  std::uint32_t weight;  ///< in hundred
  bool capitals;
};
constexpr std::array kBanks{Bank{"vcb", 24, true}, Bank{"agribank", 30, true}, Bank{"bidv", 20, false},
                            Bank{"mb", 14, false}, Bank{"viettelmoney", 12, false}};
constexpr std::array<std::string_view, 5> kKinds{"TK thanh toán", "Ví điện tử", "THẺ", "\"Tiết kiệm, kỳ hạn\"", "TK"};

/// How many accounts people hold, in hundred: one to six.
constexpr std::array<std::uint32_t, 6> kHolds{25, 25, 22, 14, 9, 5};

struct Row {
  std::string_view commune;
  std::string_view number;
  std::string_view name;
  std::string_view born;
  std::string_view kind;
  std::string_view opened;
  std::string_view state;
};

/// Spoils one field of a good row; `number` is room for a changed citizen number.
void spoil(Row& row, std::uint32_t way, std::string& number) {
  number.assign(row.number);
  switch (way % 16) {
    case 0:
      row.commune = "99999";
      break;
    case 1:
      row.commune = "";
      break;
    case 2:
      row.commune = "8515";
      break;
    case 3:
      number.resize(9);
      break;
    case 4:
      number[way / 16 % 12] = 'O';
      break;
    case 5:
      number.push_back('7');
      break;
    case 6:
      number.clear();
      break;
    case 7:
      number[0] = ' ';
      break;
    case 8:
      row.born = "31/02/1990";
      break;
    case 9:
      row.born = "14/13/1985";
      break;
    case 10:
      row.born = "1990-02-14";
      break;
    case 11:
      row.born = "1/2/1990";
      break;
    case 12:
      row.opened = "29/02/2023";
      break;
    case 13:
      row.opened = "";
      break;
    case 14:
      row.state = "LOCKED";
      break;
    default:
      row.state = "active";
      break;
  }
  row.number = number;
}

class Writer {
 public:
  Writer(const std::filesystem::path& folder, const std::string& day, const ProvincePlan& plan, std::uint64_t rows)
      : plan_(plan), people_(plan), names_(make_names(1U << 12U, plan.seed)), limit_(rows) {
    for (const Bank& bank : kBanks) {
      files_.emplace_back(folder / (std::string(bank.name) + "_" + day + ".csv")).put(kHeader);
    }
    written_.counted.resize(plan.communes.size());
    written_.has_rows.resize(plan.communes.size());
    const Day last = plan.first_day - std::chrono::days{30};
    opened_.resize(std::size_t{3650} * 10);
    for (std::size_t i = 0; i * 10 < opened_.size(); ++i) {
      put_day(last - std::chrono::days{static_cast<int>(i)}, opened_.data() + i * 10);
    }
  }

  Written run() {
    while (written_.rows < limit_) holder(written_.people++);
    for (OutputFile& file : files_) file.close();
    return std::move(written_);
  }

 private:
  void holder(std::uint64_t index) {
    const Person person = people_.person(index);
    Draws draws(plan_.seed * 0x20003ULL + index);
    std::uint32_t left = draws.below(100);
    std::size_t accounts = 1;
    while (left >= kHolds[accounts - 1]) left -= kHolds[accounts++ - 1];
    found_.clear();
    for (std::size_t i = 0; i < accounts && written_.rows < limit_; ++i) {
      const std::uint32_t commune = i + 1 == accounts ? person.second_commune : person.commune;
      account(person, commune, i == 0, draws);
    }
    for (const std::uint32_t commune : found_) ++written_.counted[commune];
  }

  void account(const Person& person, std::uint32_t commune, bool first, Draws& draws) {
    std::uint32_t share = draws.below(100);
    std::size_t bank = 0;
    while (share >= kBanks[bank].weight) share -= kBanks[bank++].weight;
    const Name& name = names_[(person.name + (person.changed && person.draw % 4 == 2 ? 1 : 0)) % names_.size()];
    const std::uint32_t kind = draws.below(kKinds.size());
    std::uint32_t opened = draws.below(3650);
    if (person.changed && first && person.draw % 4 == 3) opened = (opened + 1) % 3650;
    bool closed = draws.below(100) < 8 || commune + 1 == plan_.communes.size();
    if (person.changed && first && person.draw % 4 == 1) closed = !closed || commune + 1 == plan_.communes.size();
    const bool bad = draws.below(100) == 0;
    const std::uint32_t way = draws.below(16 * 12);
    const bool twice = draws.below(100) == 0;

    Row row{plan_.communes[commune],
            {person.number.data(), person.number.size()},
            kBanks[bank].capitals ? name.capitals : name.written,
            {person.born.data(), person.born.size()},
            kKinds[kind],
            {opened_.data() + opened * 10, 10},
            closed ? "CLOSED" : "ACTIVE"};
    if (bad) spoil(row, way, spoiled_);
    for (int copy = 0; copy < (twice ? 2 : 1) && written_.rows < limit_; ++copy) {
      put(files_[bank], row);
      ++written_.rows;
      written_.bad += bad;
      written_.closed += !bad && closed;
    }
    if (bad) return;
    written_.has_rows[commune] = true;
    if (!closed && person.counts && std::ranges::find(found_, commune) == found_.end()) found_.push_back(commune);
  }

  void put(OutputFile& file, const Row& row) {
    line_.clear();
    for (const std::string_view field : {row.commune, row.number, row.name, row.born, row.kind, row.opened}) {
      line_.append(field).push_back(',');
    }
    line_.append(row.state).push_back('\n');
    file.put(line_);
  }

  const ProvincePlan& plan_;
  People people_;
  std::vector<Name> names_;
  std::uint64_t limit_;
  std::vector<OutputFile> files_;
  std::vector<char> opened_;          // days, ten characters each
  std::vector<std::uint32_t> found_;  // communes where the person at hand counts
  std::string line_;
  std::string spoiled_;
  Written written_;
};

}  // namespace

Written write_bank_exports(const std::filesystem::path& folder, const std::string& day, const ProvincePlan& plan,
                           std::uint64_t rows) {
  return Writer(folder, day, plan, rows).run();
}

}  // namespace ntmd::bench
