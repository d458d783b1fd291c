// Measures one part of ntmd on a prepared folder, in one process, and prints what it found as a line of JSON.
//
// bench_parts CONFIG DAY union|assess|decide|publish|sync

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/engine/counted.h"
#include "tests/bench/parts/house.h"

namespace ntmd::bench {
namespace {

constexpr int kRounds = 15;
constexpr int kTurns = 41;

std::string text(const Took& took) {
  return fmt::format(R"("wall_ms": [{:.4f}], "cpu_ms": [{:.4f}])", fmt::join(took.wall, ", "),
                     fmt::join(took.cpu, ", "));
}

void print(const Took& took, const std::string& more) { fmt::print("{{{}, {}}}\n", text(took), more); }

/// All communes counted anew from the runs that the store holds: the folder's store knows no basis.
void unite(House& house) {
  Took took;
  std::size_t figures = 0;
  std::int64_t people = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<engine::CountedChange> found;
    took.measure([&] {
      found = value_of(engine::counted_changes(house.engine().setup(), house.engine().store(),
                                               house.engine().assessor().facts(), house.day(), {}));
    });
    figures = 0;
    people = 0;
    for (const auto& change : found) {
      figures += change.figures.size();
      for (const auto& counted : change.figures) people += counted.figure.value;
    }
  }
  print(took, fmt::format("\"units\": {}, \"people\": {}", figures, people));
}

void assess(House& house) {
  const auto first = value_of(house.engine().assess(house.day(), true));
  Took took;
  Took judged;
  for (int round = 0; round < kRounds; ++round) {
    took.measure([&] {
      const auto pass = value_of(house.engine().assess(house.day(), true));
      if (!pass.changes.empty()) throw std::runtime_error("a second assessment of the same facts found changes");
    });
    judged.measure([&] {
      [[maybe_unused]] const auto verdicts =
          house.engine().assessor().judge(house.day(), house.engine().assessor().facts());
    });
  }
  print(took, fmt::format("\"judged\": {{{}}}, \"units\": {}", text(judged), first.verdicts->by_unit.size()));
}

engine::Pass turn(House& house, std::size_t number) {
  if (value_of(house.engine().load(house.turning(number), house.day())) != store::Outcome::ok)
    throw std::runtime_error("one changed figure was not loaded");
  auto pass = value_of(house.engine().assess(house.day(), false));
  if (pass.changes.size() != 1) throw std::runtime_error("one changed figure did not make one decision");
  return pass;
}

void decide(House& house) {
  value_of(house.engine().assess(house.day(), true));
  Took took;
  for (int number = 0; number < kTurns; ++number) took.measure([&] { turn(house, static_cast<std::size_t>(number)); });
  print(took, fmt::format("\"units\": {}", house.engine().assessor().last()->by_unit.size()));
}

std::size_t written_since(const std::filesystem::path& folder, const timespec& then) {
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    struct stat state = {};
    if (!entry.is_regular_file() || stat(entry.path().c_str(), &state) != 0) continue;
    const auto& changed = state.st_mtim;
    found += changed.tv_sec > then.tv_sec || (changed.tv_sec == then.tv_sec && changed.tv_nsec >= then.tv_nsec);
  }
  return found;
}

void publish(House& house) {
  const auto& folder = house.engine().setup().config.publish_dir;
  expect(house.engine().publish(value_of(house.engine().assess(house.day(), true))));
  Took took;
  std::vector<std::size_t> files;
  for (int number = 0; number < kRounds; ++number) {
    const auto pass = turn(house, static_cast<std::size_t>(number));
    timespec then{};
    clock_gettime(CLOCK_REALTIME_COARSE, &then);
    took.measure([&] { expect(house.engine().publish(pass)); });
    files.push_back(written_since(folder, then));
  }
  print(took, fmt::format("\"files\": [{}], \"units\": {}", fmt::join(files, ", "),
                          house.engine().assessor().last()->by_unit.size()));
}

/// What the disk itself takes to keep 4 KiB more of a file.
void sync(House& house) {
  const auto path = house.engine().setup().config.data_dir / "bench-sync";
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) throw std::system_error(errno, std::generic_category(), path.string());
  const std::vector<char> block(4096, 'x');
  Took took;
  bool failed = false;
  for (int round = 0; round < kTurns; ++round) {
    took.measure([&] { failed = failed || write(file, block.data(), block.size()) < 0 || fdatasync(file) != 0; });
  }
  close(file);
  std::filesystem::remove(path);
  if (failed) throw std::runtime_error(path.string() + ": cannot be written");
  print(took, "\"units\": 0");
}

}  // namespace
}  // namespace ntmd::bench

int main(int count, char** values) {
  using namespace ntmd;
  const std::map<std::string, std::function<void(bench::House&)>> measures = {{"union", bench::unite},
                                                                              {"assess", bench::assess},
                                                                              {"decide", bench::decide},
                                                                              {"publish", bench::publish},
                                                                              {"sync", bench::sync}};
  const std::span<char*> arguments(values, static_cast<std::size_t>(count));
  const auto day = count == 4 ? model::Day::parse(arguments[2]) : std::nullopt;
  const auto measure = count == 4 ? measures.find(arguments[3]) : measures.end();
  if (!day || measure == measures.end()) {
    fmt::print(stderr, "usage: bench_parts CONFIG yyyy-mm-dd union|assess|decide|publish|sync\n");
    return 2;
  }
  try {
    bench::House house(arguments[1], *day);
    measure->second(house);
    return 0;
  } catch (const std::exception& fault) {
    fmt::print(stderr, "bench_parts: {}\n", fault.what());
    return 1;
  }
}
