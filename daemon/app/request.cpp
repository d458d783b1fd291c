// Beside a running daemon the command line does not touch the store's contents: it asks by a request row and waits.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include "daemon/app/print.h"
#include "daemon/app/session.h"
#include "daemon/engine/view.h"
#include "daemon/store/sqlite_store.h"

namespace ntmd::app {
namespace {

constexpr auto kPause = std::chrono::milliseconds(50);
/// As long as the daemon's writer may be at one task.
constexpr auto kPatience = std::chrono::minutes(10);
/// Beyond a source's deadline: what it brought is loaded and judged, too.
constexpr auto kMargin = std::chrono::minutes(1);
/// After this long it is said what is waited for.
constexpr auto kSilence = std::chrono::seconds(2);

/// The answer to a request once it is there: "3 text", the exit code, then what to say.
struct Answer {
  int code = kTemporary;
  std::string text;
};

Answer read_answer(const std::string& answer) {
  const auto space = answer.find(' ');
  return {std::atoi(answer.substr(0, space).c_str()), space == std::string::npos ? "" : answer.substr(space + 1)};
}

/// "DELIVERY STATUSES text".
engine::Engine::Changed read_changed(const std::string& text) {
  const auto id_end = text.find(' ');
  const auto count_end = text.find(' ', id_end + 1);
  return {text.substr(0, id_end), std::strtoull(text.c_str() + id_end, nullptr, 10), text.substr(count_end + 1)};
}

/// What is waited for, and how long at most.
struct Wait {
  std::chrono::milliseconds patience = kPatience;
  std::string what;
};

Wait wait_of(const engine::Setup& setup, std::string_view kind, std::string_view argument) {
  const auto minutes = [](std::chrono::milliseconds time) {
    return std::chrono::ceil<std::chrono::minutes>(time).count();
  };
  for (const auto& plan : setup.plans) {
    if (kind != "sync" || plan->id != argument) continue;
    const auto patience = plan->schedule.deadline + kMargin;
    return {patience, fmt::format("source {} is polled, which may take its deadline of {} min; waiting up to {} min",
                                  plan->id, minutes(plan->schedule.deadline), minutes(patience))};
  }
  return {kPatience, fmt::format("the daemon is at something else; waiting up to {} min", minutes(kPatience))};
}

/// Waits for the answer; a request that is given up is withdrawn, so that nobody does it later.
base::Result<Answer> wait_for(store::Store& store, std::uint64_t seq, const Wait& wait, const base::Path& folder,
                              const base::Clock& clock) {
  const auto begun = clock.steady();
  bool said = false;
  std::string why = fmt::format("did not answer within {} min, expected an answer; is it a daemon that runs?",
                                std::chrono::ceil<std::chrono::minutes>(wait.patience).count());
  while (clock.steady() < begun + wait.patience) {
    if (!said && clock.steady() > begun + kSilence) {
      said = true;
      fmt::print(stderr, "ntmd: {}\n", wait.what);
    }
    // Looked at first: what ends after this answers before the next look.
    const bool held = store::is_locked(folder);
    const auto request = store.request(seq);
    if (!request) return std::unexpected(request.error());
    if (!*request) break;
    if (!(*request)->answer.empty()) return read_answer((*request)->answer);
    if (!held) {
      why = "ended before it answered, expected an answer; ask again";
      break;
    }
    std::this_thread::sleep_for(kPause);
  }
  if (auto withdrawn = store.answer_request(seq, "75 withdrawn"); !withdrawn) {
    const auto request = store.request(seq);
    if (request && *request && !(*request)->answer.empty()) return read_answer((*request)->answer);
  }
  return Answer{kTemporary, "the process that holds the store " + why};
}

}  // namespace

int ask_daemon(Outside& outside, const Options& options, std::string_view kind, std::string_view argument) {
  const auto setup = load(outside, options);
  if (!setup) return kUsage;
  auto store = open_shared(*setup, outside);
  if (!store) return report(store.error());
  const auto seq = (*store)->post_request(kind, argument);
  if (!seq) return report(seq.error());
  const auto answer = wait_for(**store, *seq, wait_of(*setup, kind, argument), setup->config.data_dir, outside.clock);
  if (!answer) return report(answer.error());
  // What was done is printed as if it had been done here.
  if (kind == "sync" && (answer->code == kDone || answer->code == kAttention)) {
    const auto runs = (*store)->run_rows(argument, 1);
    if (!runs) return report(runs.error());
    print_runs(*runs, options);
  } else if ((kind == "assess" || kind == "restart") && answer->code == kDone) {
    auto snapshot = engine::last_snapshot(*setup, **store, outside.clock);
    if (!snapshot) return report(snapshot.error());
    print_verdicts(*snapshot, options, *setup);
  } else if (kind.starts_with("rotate-key") && answer->code == kDone) {
    return print_rotation(outside, *setup, options);
  } else if (answer->code == kDone) {
    return print_changed(**store, read_changed(answer->text), options);
  } else {
    fmt::print(stderr, "ntmd: {}: {}\n", kind, answer->text);
  }
  return answer->code;
}

}  // namespace ntmd::app
