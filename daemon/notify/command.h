#pragma once
// A program run with a message on its standard input.

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"

namespace ntmd::notify {

/// Whether `program`, an absolute path, is a file that may be run.
base::Status check_program(const std::string& program);

/// Runs `argv` (an absolute path first; no shell, no PATH) in a process group of its own, with `input` on its standard
/// input, nothing on its output and a bare environment. Exit status 0 is success whether or not it read all of the
/// input. At the timeout, and soon after `stop`, the whole group is killed: retry_later. Blocks; SIGPIPE must be
/// ignored in this process.
base::Status run_command(const std::vector<std::string>& argv, std::string_view input,
                         std::chrono::milliseconds timeout, const std::stop_token& stop);

}  // namespace ntmd::notify
