#include "daemon/notify/command.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "tests/unit/base/temp_folder.h"

using namespace ntmd;
using namespace std::chrono_literals;

namespace {

struct Ignored {
  Ignored() { std::signal(SIGPIPE, SIG_IGN); }
} const ignored;

base::Status shell(const std::string& script, std::string_view input = "hello", std::chrono::milliseconds timeout = 60s,
                   const std::stop_token& stop = {}) {
  return notify::run_command({"/bin/sh", "-c", script}, input, timeout, stop);
}

std::string fault(const base::Status& status) { return status ? "" : status.error().what; }

}  // namespace

TEST_CASE("the input comes whole, however large, and status 0 acknowledges") {
  std::string large(3'000'000, 'x');
  CHECK(shell("[ \"$(wc -c)\" = 3000000 ]", large));
  CHECK(shell("[ \"$(cat)\" = hello ]"));
}

TEST_CASE("a program that reads nothing may end well all the same") {
  CHECK(shell("exec true", std::string(3'000'000, 'x')));
  CHECK(shell("exec <&-; true", std::string(3'000'000, 'x')));
}

TEST_CASE("any other end is a failure that says how") {
  CHECK(fault(shell("exit 3")) == "/bin/sh: exit status 3, expected exit status 0");
  CHECK(fault(shell("kill -TERM $$")).find("signal 15") != std::string::npos);
  CHECK(fault(notify::run_command({"/nowhere/tell"}, "x", 5s, {})).find("/nowhere/tell: ") == 0);
}

TEST_CASE("no shell, no environment of ours, no descriptor of ours") {
  setenv("CREDENTIALS_DIRECTORY", "/run/credentials", 1);
  CHECK(shell("[ -z \"$CREDENTIALS_DIRECTORY\" ] && [ -n \"$PATH\" ]"));
  CHECK(shell("[ \"$(ls /proc/$$/fd | wc -l)\" -le 4 ]"));
  CHECK(notify::run_command({"/usr/bin/test", "$(id)", "=", "$(id)"}, "", 60s, {}));
  unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_CASE("one that hangs is killed with all it started") {
  test::TempFolder folder;
  const auto mark = (folder.path() / "pid").string();
  const auto done = shell("cat >/dev/null; tail -f /dev/null & echo $! >" + mark + "; wait", "x", 1s);
  CHECK(fault(done).find("still ran after 1000 ms and was killed") != std::string::npos);
  std::ifstream in(mark);
  pid_t grandchild = 0;
  in >> grandchild;
  REQUIRE(grandchild > 0);
  const auto alive = [&] {
    std::ifstream state("/proc/" + std::to_string(grandchild) + "/stat");
    const std::string text((std::istreambuf_iterator<char>(state)), {});
    return !text.empty() && text.find(") Z ") == std::string::npos;
  };
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (alive() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  CHECK_FALSE(alive());
}

TEST_CASE("a stop ends it at once") {
  std::stop_source stop;
  std::jthread asker([&] { stop.request_stop(); });
  CHECK(fault(shell("exec tail -f /dev/null", "x", 60s, stop.get_token())).find("ntmd is stopping") !=
        std::string::npos);
}
