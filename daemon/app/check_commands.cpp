// check, test, verify: is what we have sound.

#include <cstdio>

#include <fmt/format.h>

#include "connectors/catalogue/catalogue.h"
#include "daemon/app/commands.h"
#include "daemon/app/print.h"
#include "daemon/app/session.h"
#include "daemon/base/json_writer.h"
#include "daemon/engine/connector_test.h"
#include "daemon/engine/published_head.h"
#include "daemon/engine/surroundings.h"
#include "daemon/engine/verify.h"
#include "schemas/embedded.h"

namespace ntmd::app {
namespace {

constexpr int kVerifyTries = 20;

struct TestRow {
  std::string subject;
  std::string name;
  std::vector<std::string> differences;
};

/// A file with `connector:` at its top is a connector, one with `criteria:` a criteria set.
class TestRun {
 public:
  explicit TestRun(Outside& outside) : outside_(outside) {
    rules::parse_elements("schemas/elements.yaml", schemas::embedded("schemas/elements.yaml"), elements_, problems_);
  }

  void run_text(const std::string& file, std::string_view text) {
    const auto starts = [&](std::string_view key) {
      return text.starts_with(key) || text.find("\n" + std::string(key)) != std::string_view::npos;
    };
    if (starts("criteria:")) {
      for (auto& test : rules::run_criteria_tests(file, text, elements_, problems_))
        rows_.push_back({file, test.name, std::move(test.differences)});
    } else if (starts("connector:")) {
      for (auto& test : engine::run_connector_tests(file, text, problems_))
        rows_.push_back({file, test.name, std::move(test.differences)});
    } else {
      problems_.add(
          fmt::format("{}: is neither a connector nor criteria, expected connector: or criteria: at its top", file));
    }
  }

  void run_file(const base::Path& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
      const auto names = outside_.files->list(path);
      if (!names) {
        problems_.add(names.error().what);
        return;
      }
      for (const auto& name : *names) {
        if (name.starts_with(".")) continue;
        if (name.ends_with(".yaml")) {
          run_file(path / name);
        } else {
          for (const auto& inner : {std::string("connector.yaml"), name + ".yaml"}) {
            if (std::filesystem::is_regular_file(path / name / inner, error)) run_file(path / name / inner);
          }
        }
      }
      return;
    }
    constexpr std::uint64_t kMax = 8ULL << 20U;
    const auto text = outside_.files->read_all(path, kMax);
    if (text) {
      run_text(path.string(), *text);
    } else {
      problems_.add(text.error().what);
    }
  }

  int finish(bool json) {
    if (rows_.empty() && problems_.empty())
      problems_.add("test: there is nothing to test, expected connectors or criteria (*.yaml) in what is named");
    std::size_t failed = 0;
    base::JsonWriter out(2);
    out.begin_object().key("tests").begin_array();
    for (const auto& row : rows_) {
      failed += row.differences.empty() ? 0 : 1;
      out.begin_object().field("file", row.subject).field("name", row.name).field("passed", row.differences.empty());
      out.key("differences").begin_array();
      for (const auto& line : row.differences) out.text(line);
      out.end_array().end_object();
      if (json) continue;
      fmt::print("{} {}: {}\n", row.differences.empty() ? "ok  " : "FAIL", row.subject, row.name);
      for (const auto& line : row.differences) fmt::print("       {}\n", line);
    }
    out.end_array().key("problems").begin_array();
    for (const auto& line : problems_.lines()) out.text(line);
    out.end_array().end_object();
    if (json) {
      fmt::print("{}\n", out.str());
    } else {
      fmt::print("{} passed, {} failed\n", rows_.size() - failed, failed);
    }
    for (const auto& line : problems_.lines()) fmt::print(stderr, "{}\n", line);
    if (!problems_.empty()) return kUsage;
    return failed == 0 ? kDone : kInternal;
  }

 private:
  Outside& outside_;
  model::ElementTable elements_;
  settings::Problems problems_;
  std::vector<TestRow> rows_;
};

}  // namespace

int check(const Options& options) {
  Outside outside;
  settings::Problems problems;
  const auto setup = engine::load_setup(*outside.files, options.config, problems);
  const auto missing = setup ? engine::missing_surroundings(*setup, *outside.files) : std::vector<std::string>();
  if (options.json) {
    base::JsonWriter out(2);
    out.begin_object().field("ok", setup.has_value()).key("faults").begin_array();
    for (const auto& line : problems.lines()) out.text(line);
    out.end_array().key("warnings").begin_array();
    for (const auto& line : missing) out.text(line);
    out.end_array().end_object();
    fmt::print("{}\n", out.str());
  } else {
    for (const auto& line : problems.lines()) fmt::print("{}\n", line);
    for (const auto& line : missing) fmt::print("warning: {}\n", line);
  }
  if (!setup) {
    if (!options.json) fmt::print("{} faults\n", problems.size());
    return kUsage;
  }
  if (!options.json) {
    fmt::print("ok: {} sources, {} criteria sets, {} unit rows, {} channels\n", setup->plans.size(),
               setup->criteria.size(), setup->units->all().size(), setup->alerts.channels.size());
  }
  return kDone;
}

int test(const Options& options) {
  Outside outside;
  TestRun run(outside);
  if (!options.paths.empty()) {
    for (const auto& path : options.paths) run.run_file(path);
    return run.finish(options.json);
  }
  for (const auto& file : schemas::embedded()) {
    if (file.path.starts_with("connectors/catalogue/")) run.run_text(std::string(file.path), file.text);
  }
  if (options.config_given) {
    settings::Problems problems;
    const auto setup = engine::load_setup(*outside.files, options.config, problems);
    if (!setup) {
      for (const auto& line : problems.lines()) fmt::print(stderr, "{}\n", line);
      return kUsage;
    }
    for (const auto& path : setup->config.criteria) run.run_file(path);
    if (!setup->config.connectors_dir.empty()) run.run_file(setup->config.connectors_dir);
    run.run_file(setup->config.sources_dir);  // connectors in place
  }
  return run.finish(options.json);
}

int verify(const Options& options) {
  Outside outside;
  const auto setup = load(outside, options);
  if (!setup) return kUsage;
  auto store = open_shared(*setup, outside);
  if (!store) {
    fmt::print(stderr, "ntmd: {}\n", store.error().what);
    return store.error().fault == base::Fault::bad_data ? kDifference : kInternal;
  }
  if (options.dump) {
    const auto dump = (*store)->canonical_dump();
    if (!dump) return report(dump.error());
    print_lines(*dump);
    return kDone;
  }
  // Beside a daemon that decides something meanwhile, what was read first and what last do not belong together.
  base::Result<engine::VerifyReport> verified = base::fail(base::Fault::bug, "verify: not begun");
  for (int tries = 0; tries < kVerifyTries; ++tries) {
    const auto before = (*store)->chain_head();
    if (!before) return report(before.error());
    const auto generation = (*store)->get_meta("generation");
    if (!generation) return report(generation.error());
    const auto published = engine::read_published_head(*outside.files, setup->config.publish_dir);
    if (!published) return report(published.error());
    verified = engine::verify(*setup, **store, *published ? &**published : nullptr);
    const auto after = (*store)->chain_head();
    if (!after) return report(after.error());
    const auto now = (*store)->get_meta("generation");
    if (!now) return report(now.error());
    if (before->seq == after->seq && before->hash == after->hash && *generation == *now) break;
  }
  if (!verified) {
    fmt::print(stderr, "ntmd: {}\n", verified.error().what);
    return verified.error().fault == base::Fault::bad_data ? kDifference : kInternal;
  }
  if (options.json) {
    base::JsonWriter out(2);
    out.begin_object().field("decisions", verified->decisions).field("judged_again", verified->judged_again);
    out.field("without_digest", verified->unwitnessed).key("notes").begin_array();
    for (const auto& line : verified->notes) out.text(line);
    out.end_array().key("differences").begin_array();
    for (const auto& line : verified->differences) out.text(line);
    out.end_array().end_object();
    fmt::print("{}\n", out.str());
  } else {
    for (const auto& line : verified->differences) fmt::print("{}\n", line);
    for (const auto& line : verified->notes) fmt::print("note: {}\n", line);
    if (verified->unwitnessed > 0) fmt::print("{} deliveries without digest\n", verified->unwitnessed);
    fmt::print("{} decisions, {} verdicts judged again, {} differences\n", verified->decisions, verified->judged_again,
               verified->differences.size());
  }
  return verified->differences.empty() ? kDone : kDifference;
}

}  // namespace ntmd::app
