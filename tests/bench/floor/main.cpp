// The floor: reads the exports, checks every field of every row, counts the people, and keeps nothing.
//
// bench_floor COMMUNES MEN_AFTER MEN_LAST WOMEN_AFTER WOMEN_LAST FILE…   (days as yyyy-mm-dd)
// Prints `commune,count` where valid rows stand, then `bad,N`.

#include <atomic>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/floor/block_source.h"
#include "tests/bench/floor/distinct.h"
#include "tests/bench/floor/row_check.h"
#include "tests/bench/floor/separators.h"

namespace ntmd::bench {
namespace {

constexpr std::size_t kFields = 7;
constexpr unsigned kThreads = 2;
const std::string kHeader = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n";

struct Found {
  std::uint64_t bad = 0;
  std::vector<std::uint8_t> has_rows;  // by commune
  std::exception_ptr fault;
};

void take_rows(const char* text, const std::vector<std::uint32_t>& ends, std::size_t count, const Communes& communes,
               const BirthRanges& ranges, Found& found, Parted& people) {
  std::uint32_t begin = 0;
  for (std::size_t i = 0; i + kFields <= count; i += kFields) {
    const std::uint32_t* row_ends = ends.data() + i;
    for (std::size_t field = 0; field < kFields; ++field) {
      if ((text[row_ends[field]] == '\n') != (field + 1 == kFields)) {
        throw std::runtime_error("a row has not seven fields, which this program does not take");
      }
    }
    const CheckedRow row = check_row(text, begin, row_ends, communes, ranges);
    begin = row_ends[kFields - 1] + 1;
    if (row.verdict == Verdict::bad) {
      ++found.bad;
      continue;
    }
    found.has_rows[row.commune] = 1;
    if (row.counts) people.add(row.commune, row.number);
  }
}

void read_all(BlockSource& source, const Communes& communes, const BirthRanges& ranges, Found& found, Parted& people) {
  try {
    Block block;
    std::vector<std::uint32_t> ends;
    while (source.next(block)) {
      ends.resize(block.bytes.size() + 64);
      const Separators separators = find_separators(block.bytes.data(), block.size, ends.data());
      if (!separators.well_formed || !separators.utf8 || separators.count % kFields != 0) {
        throw std::runtime_error(
            "not UTF-8, or a quote or the number of fields is wrong, which this program does not take");
      }
      take_rows(block.bytes.data(), ends, separators.count, communes, ranges, found, people);
    }
  } catch (...) {
    found.fault = std::current_exception();
  }
}

template <class Work>
void on_all_threads(Work work) {
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < kThreads; ++i) threads.emplace_back(work, i);
  work(0U);
}

PackedDay parse_day(const std::string& text) {
  if (text.size() != 10) throw std::invalid_argument(text + ": expected yyyy-mm-dd");
  const auto part = [&](std::size_t from, std::size_t size) {
    return static_cast<std::uint32_t>(std::stoul(text.substr(from, size)));
  };
  return packed(part(0, 4), part(5, 2), part(8, 2));
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() < 6) throw std::invalid_argument("too few arguments; see the head of main.cpp");
  std::vector<std::string> codes;
  std::ifstream file(arguments[0]);
  for (std::string line; std::getline(file, line);) codes.push_back(line);
  const Communes communes(codes);
  BirthRanges ranges;
  for (std::size_t sex = 0; sex < 2; ++sex) {
    ranges.after[sex] = parse_day(arguments[1 + 2 * sex]);
    ranges.last[sex] = parse_day(arguments[2 + 2 * sex]);
  }
  BlockSource source({arguments.begin() + 5, arguments.end()}, kHeader);

  std::vector<Found> found(kThreads);
  std::vector<Parted> people(kThreads);
  for (Found& part : found) part.has_rows.resize(codes.size());
  on_all_threads([&](unsigned thread) { read_all(source, communes, ranges, found[thread], people[thread]); });
  for (const Found& part : found) {
    if (part.fault) std::rethrow_exception(part.fault);
  }

  std::vector<std::uint64_t> counts(codes.size());  // a commune is of one part, so of one thread
  std::atomic<std::size_t> next = 0;
  on_all_threads([&](unsigned) {
    std::vector<std::uint64_t> room;
    for (std::size_t part = next++; part < Parted::kParts; part = next++) count_part(part, people, counts, room);
  });

  std::uint64_t bad = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    bool rows = false;
    for (const Found& part : found) rows = rows || part.has_rows[i] != 0;
    if (rows) std::printf("%s,%llu\n", codes[i].c_str(), static_cast<unsigned long long>(counts[i]));
  }
  for (const Found& part : found) bad += part.bad;
  std::printf("bad,%llu\n", static_cast<unsigned long long>(bad));
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace ntmd::bench

int main(int count, char** values) {
  try {
    return ntmd::bench::run({values + 1, values + count});
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "bench_floor: %s\n", fault.what());
    return 1;
  }
}
