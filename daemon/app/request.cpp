// Beside a running daemon the command line does not touch the store's contents: it asks by a request row and waits.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include "daemon/app/print.h"

namespace ntmd::app {
namespace {

constexpr auto kPause = std::chrono::milliseconds(50);
constexpr auto kPatience = std::chrono::minutes(5);

}  // namespace

int ask_daemon(Outside& outside, const Options& options, std::string_view kind, std::string_view argument) {
  const auto setup = load(outside, options);
  if (!setup) return kUsage;
  auto store = open_shared(*setup, outside);
  if (!store) return report(store.error());
  const auto seq = (*store)->post_request(kind, argument);
  if (!seq) return report(seq.error());
  const auto until = outside.clock.steady() + kPatience;
  while (outside.clock.steady() < until) {
    const auto request = (*store)->request(*seq);
    if (!request) return report(request.error());
    if (!*request) break;
    const auto& answer = (*request)->answer;
    if (!answer.empty()) {
      // "3 text": the exit code, then what to say.
      const auto space = answer.find(' ');
      const auto code = std::atoi(answer.substr(0, space).c_str());
      if (space != std::string::npos) fmt::print(code == kDone ? stdout : stderr, "{}\n", answer.substr(space + 1));
      return code;
    }
    std::this_thread::sleep_for(kPause);
  }
  fmt::print(stderr,
             "ntmd: {}: the process that holds the store did not answer, expected an answer within 5 minutes; is it a "
             "daemon that runs?\n",
             kind);
  return kTemporary;
}

}  // namespace ntmd::app
