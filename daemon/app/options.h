#pragma once
// What the command line said, and the exit codes that scripts rely on.

#include <cstdint>
#include <string>
#include <vector>

namespace ntmd::app {

/// Frozen: contract, "Commands".
enum ExitCode : int {
  kDone = 0,
  kInternal = 1,
  kUsage = 2,       ///< bad usage or config
  kAttention = 3,   ///< finished, but a source failed, was held or refused
  kDifference = 4,  ///< `verify` found one
  kTemporary = 75,  ///< another daemon holds the store
};

struct Options {
  std::string config;  ///< resolved: --config, else $NTMD_CONFIG, else /etc/ntm/ntmd.yaml
  bool config_given = false;
  bool json = false;
  std::string language;  ///< vi | en; empty: the config's
  // Per command.
  bool once = false;
  bool dry_run = false;
  bool dump = false;
  bool deliveries = false;
  std::string as_of;
  std::string known_at;
  std::string restart_from;
  std::string source;
  std::string unit;
  std::string indicator;
  std::string delivery;
  std::string reason;
  std::string new_key;  ///< the secret's name, or its file
  bool make_key = false;
  bool cancel = false;
  bool show_status = false;
  std::string quarantine_action = "list";
  std::vector<std::string> paths;
  std::uint64_t limit = 50;
};

}  // namespace ntmd::app
