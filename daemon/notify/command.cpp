#include "daemon/notify/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
extern "C" {  // this header of glibc 2.36 does not say so itself
#include <sys/pidfd.h>
}

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

namespace ntmd::notify {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr auto kLook = 100ms;  // how often `stop` is looked at
constexpr int kNotFound = 127;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  void set(int fd) { fd_ = fd; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

std::unexpected<base::Error> failed(const std::string& program, std::string_view fact) {
  return base::fail(base::Fault::retry_later, fmt::format("{}: {}, expected exit status 0", program, fact));
}

/// What the child begins with: the input, no other descriptor, default signals, a group of its own.
class Start {
 public:
  Start(int input, int nowhere) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, nowhere, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, nowhere, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigfillset(&signals);
    sigdelset(&signals, SIGKILL);
    sigdelset(&signals, SIGSTOP);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~Start() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  Start(const Start&) = delete;
  Start& operator=(const Start&) = delete;

  int run(pid_t& child, const std::vector<std::string>& argv) {
    std::vector<char*> arguments;
    for (const auto& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    // Nothing of our own environment: a unit's may name credentials.
    std::array<std::string, 2> environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                              "LANG=C.UTF-8"};
    std::array<char*, 3> variables = {environment[0].data(), environment[1].data(), nullptr};
    return posix_spawn(&child, argv.front().c_str(), &actions_, &attributes_, arguments.data(), variables.data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

enum class Ended : std::uint8_t { by_itself, by_timeout, by_stop };

/// Writes `input` as the child takes it, until the child has ended.
Ended attend(int process, Descriptor& input, std::string_view text, Steady::time_point deadline,
             const std::stop_token& stop) {
  while (true) {
    if (text.empty()) input.close();
    if (stop.stop_requested()) return Ended::by_stop;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now());
    if (left <= 0ms) return Ended::by_timeout;
    std::array<pollfd, 2> wait = {{{process, POLLIN, 0}, {input.get(), POLLOUT, 0}}};
    const int ready =
        poll(wait.data(), wait.size(), static_cast<int>(std::min<std::chrono::milliseconds>(left, kLook).count()));
    if (ready <= 0) continue;
    if ((wait[0].revents & POLLIN) != 0) return Ended::by_itself;
    if (input.get() < 0 || wait[1].revents == 0) continue;
    const auto written = write(input.get(), text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EAGAIN && errno != EINTR) {
      text = {};  // it closed its input; how it ends says whether that was meant
    }
  }
}

}  // namespace

base::Status check_program(const std::string& program) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(program, error))
    return failed(program, fmt::format("is no file{}, expected a program", error ? " (" + error.message() + ")" : ""));
  if (access(program.c_str(), X_OK) != 0) return failed(program, "may not be run, expected a program; chmod +x it");
  return {};
}

base::Status run_command(const std::vector<std::string>& argv, std::string_view input,
                         std::chrono::milliseconds timeout, const std::stop_token& stop) {
  const auto& program = argv.front();
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return failed(program, std::strerror(errno));
  Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  fcntl(writing.get(), F_SETFL, O_NONBLOCK);
  const Descriptor nowhere(open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (nowhere.get() < 0) return failed(program, std::strerror(errno));

  pid_t child = 0;
  if (const int fault = Start(reading.get(), nowhere.get()).run(child, argv); fault != 0) {
    return failed(program, fmt::format("cannot be run ({})", std::strerror(fault)));
  }
  reading.close();
  const Descriptor process(pidfd_open(child, 0));
  Ended ended = Ended::by_stop;
  if (process.get() >= 0) ended = attend(process.get(), writing, input, Steady::now() + timeout, stop);
  // The group may outlive its leader.
  kill(-child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (process.get() < 0) return failed(program, "cannot be watched");
  if (ended == Ended::by_timeout)
    return failed(program, fmt::format("still ran after {} ms and was killed", timeout.count()));
  if (ended == Ended::by_stop) return failed(program, "was killed, ntmd is stopping");
  if (WIFSIGNALED(status)) return failed(program, fmt::format("was ended by signal {}", WTERMSIG(status)));
  const int code = WEXITSTATUS(status);
  if (code == kNotFound) return failed(program, "exit status 127 (is it there and executable?)");
  if (code != 0) return failed(program, fmt::format("exit status {}", code));
  return {};
}

}  // namespace ntmd::notify
