// Writes generated inputs, the same bytes for the same arguments on every machine.
//
// bench_generate banks OUT ROWS --communes FILE --day D [--first-day D] --men MONTHS --women MONTHS [--seed N]
//   [--change none|scattered|few] --answer FILE
// bench_generate dossiers FILE LINES --communes FILE --first-day D --day D [--seed N] --answer FILE

#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/generate/bank_exports.h"
#include "tests/bench/generate/dossiers.h"

namespace ntmd::bench {
namespace {

/// `--name value` pairs behind the plain arguments.
class Options {
 public:
  explicit Options(const std::vector<std::string>& arguments) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (!arguments[i].starts_with("--")) {
        plain_.push_back(arguments[i]);
      } else if (i + 1 < arguments.size()) {
        named_[arguments[i]] = arguments[i + 1];
        ++i;
      }
    }
  }
  [[nodiscard]] const std::string& plain(std::size_t index) const {
    if (index >= plain_.size()) throw std::invalid_argument("an argument is missing; see the head of main.cpp");
    return plain_[index];
  }
  [[nodiscard]] std::string named(const std::string& name, const std::string& otherwise = {}) const {
    const auto found = named_.find(name);
    if (found == named_.end() && otherwise.empty()) throw std::invalid_argument(name + " is missing");
    return found == named_.end() ? otherwise : found->second;
  }

 private:
  std::vector<std::string> plain_;
  std::map<std::string, std::string> named_;
};

std::vector<std::string> lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> found;
  for (std::string line; std::getline(file, line);) found.push_back(line);
  if (found.empty()) throw std::runtime_error(path + ": holds no line, expected codes of communes");
  return found;
}

Change change_named(const std::string& name) {
  if (name == "none") return Change::none;
  if (name == "scattered") return Change::scattered;
  if (name == "few") return Change::few;
  throw std::invalid_argument(name + ": is no kind of change, expected none, scattered, few");
}

using Columns = std::vector<std::pair<std::string, const std::vector<std::uint64_t>*>>;

/// `{"01234": 17, …}` of the communes that are there; a column's name follows the code.
void put_counts(std::ostream& out, const Columns& columns, const std::vector<std::string>& communes,
                const std::vector<bool>& there) {
  const char* comma = "{";
  for (const auto& [name, counts] : columns) {
    for (std::size_t i = 0; i < communes.size(); ++i) {
      if (!there[i]) continue;
      out << comma << '"' << communes[i] << name << "\": " << (*counts)[i];
      comma = ", ";
    }
  }
  if (*comma == '{') out << '{';
  out << '}';
}

void finish(std::ofstream& answer, const Options& options) {
  answer << "}\n";
  answer.close();
  if (!answer) throw std::runtime_error(options.named("--answer") + ": cannot be written");
}

void banks(const Options& options) {
  const std::string day = options.named("--day");
  const ProvincePlan plan{.communes = lines(options.named("--communes")),
                          .first_day = parse_iso(options.named("--first-day", day)),
                          .day = parse_iso(day),
                          .age = {std::stoi(options.named("--men")), std::stoi(options.named("--women"))},
                          .seed = std::stoull(options.named("--seed", "1")),
                          .change = change_named(options.named("--change", "none"))};
  const Written written = write_bank_exports(options.plain(1), day, plan, std::stoull(options.plain(2)));
  std::ofstream answer(options.named("--answer"));
  answer << R"({"rows": )" << written.rows << R"(, "bad": )" << written.bad << R"(, "closed": )" << written.closed
         << R"(, "people": )" << written.people << R"(, "counted": )";
  put_counts(answer, {{"", &written.counted}}, plan.communes, written.has_rows);
  finish(answer, options);
}

void dossiers(const Options& options) {
  const DossierPlan plan{.communes = lines(options.named("--communes")),
                         .first = parse_iso(options.named("--first-day")),
                         .last = parse_iso(options.named("--day")),
                         .seed = std::stoull(options.named("--seed", "1"))};
  const DossiersWritten written = write_dossiers(options.plain(1), plan, std::stoull(options.plain(2)));
  std::ofstream answer(options.named("--answer"));
  answer << R"({"rows": )" << written.lines << R"(, "bad": )" << written.bad << R"(, "again": )" << written.again
         << R"(, "counted": )";
  put_counts(answer, {{"", &written.received}, {"/online", &written.online}}, plan.communes, written.has_dossiers);
  finish(answer, options);
}

}  // namespace
}  // namespace ntmd::bench

int main(int count, char** values) {
  try {
    const ntmd::bench::Options options(std::vector<std::string>(values + 1, values + count));
    if (options.plain(0) == "banks") {
      ntmd::bench::banks(options);
    } else if (options.plain(0) == "dossiers") {
      ntmd::bench::dossiers(options);
    } else {
      throw std::invalid_argument(options.plain(0) + ": expected banks or dossiers");
    }
    return 0;
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "bench_generate: %s\n", fault.what());
    return 1;
  }
}
