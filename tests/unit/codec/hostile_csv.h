#pragma once
// CSV as nobody should send it, made up from a seed.

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace ntmd::test {

/// The seed to begin with and how many texts to try: fixed, unless `./dev fuzz` says otherwise.
struct FuzzPlan {
  std::uint64_t seed = 20241220;
  std::uint64_t rounds = 0;

  explicit FuzzPlan(std::uint64_t rounds_in) : rounds(rounds_in) {
    const char* given_seed = std::getenv("NTMD_FUZZ_SEED");
    const char* given_rounds = std::getenv("NTMD_FUZZ_ROUNDS");
    if (given_seed != nullptr) seed = std::strtoull(given_seed, nullptr, 10);
    if (given_rounds != nullptr) rounds = std::strtoull(given_rounds, nullptr, 10);
  }
};

/// Quotes that are stray, doubled or never closed, both line ends and half ones, zero bytes, broken UTF-8, long fields,
/// too many and too few of them, blank lines, and ends in the middle of anything.
class HostileCsv {
 public:
  explicit HostileCsv(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t sides) { return random_() % sides; }
  bool once_in(std::uint64_t times) { return below(times) == 0; }

  /// Rows under `header`, of cells like `cells` by column and hostile ones.
  std::string text(std::string_view header, const std::vector<std::vector<std::string>>& cells) {
    std::string out;
    if (once_in(8)) out += "\xEF\xBB\xBF";
    if (!once_in(40)) out += header;
    out += once_in(4) ? "\r\n" : "\n";
    wild_ = 2 + below(60);
    const auto rows = below(once_in(20) ? 400 : 60);
    for (std::uint64_t row = 0; row < rows; ++row) {
      auto fields = cells.size();
      if (once_in(wild_)) fields = below(cells.size() + 3);
      for (std::size_t field = 0; field < fields; ++field) {
        if (field > 0) out += ',';
        const bool tame = field < cells.size() && !once_in(wild_);
        out += tame ? cells[field][below(cells[field].size())] : hostile();
      }
      out += line_end();
    }
    if (once_in(3)) out.resize(below(out.size() + 1));
    if (once_in(6)) {
      for (auto hits = below(6); hits > 0 && !out.empty(); --hits)
        out[below(out.size())] = static_cast<char>(below(256));
    }
    return out;
  }

 private:
  std::string line_end() {
    if (!once_in(wild_)) return once_in(5) ? "\r\n" : "\n";
    static const std::vector<std::string> ends{"\r", "\n\n", "\r\n\r\n", "\n\r", "", "\n \n", "\r\r\n"};
    return ends[below(ends.size())];
  }
  std::string hostile() {
    static const std::vector<std::string> cells{"",
                                                "\"\"",
                                                "\"",
                                                "\"\"\"",
                                                "a\"b",
                                                "\"a\"b",
                                                "\"a\"\"b\"",
                                                "\"a,b\"",
                                                "\"a\nb\"",
                                                "\"a\r\nb\"",
                                                "\"\n\"",
                                                "x\"\n\"y",
                                                " \"a\" ",
                                                "\"a\" ",
                                                "a\rb",
                                                "\"a\rb\"",
                                                "\xC3",
                                                "\xC0\x80",
                                                "\xED\xA0\x80",
                                                "\xF5\x80\x80\x80",
                                                "\xE1\xBB",
                                                "Tr\xE1\xBA\xA7n",
                                                "\xF0\x9F\x98\x80",
                                                "\xFF\xFE",
                                                "'",
                                                ";",
                                                "\t",
                                                "\xE2\x80\xAE",
                                                "-1",
                                                "1e9",
                                                "=1+1"};
    if (once_in(12)) return std::string(1, '\0');
    if (once_in(12)) return "\"" + std::string(1, '\0') + "\"";
    if (!once_in(9)) return cells[below(cells.size())];
    // Around the sizes of blocks, arenas and pieces.
    static const std::vector<std::size_t> sizes{15, 16, 31, 32, 63, 64, 65, 127, 255, 1000, 4095, 4096, 9000};
    std::string field(sizes[below(sizes.size())], static_cast<char>('a' + below(26)));
    if (once_in(3)) field[below(field.size())] = "\"\n,\r\0\xC3"[below(6)];
    return once_in(2) ? "\"" + field + "\"" : field;
  }

  std::mt19937_64 random_;
  std::uint64_t wild_ = 10;  // one in so many is hostile
};

}  // namespace ntmd::test
