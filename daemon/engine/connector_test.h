#pragma once
// The tests written inside a catalogue connector, run through the real pipeline.

#include <string>
#include <string_view>
#include <vector>

#include "daemon/settings/problems.h"

namespace ntmd::engine {

struct ConnectorTest {
  std::string connector;
  std::string name;
  std::vector<std::string> differences;  ///< empty: passed
};

/// Runs the `tests:` of one connector file, or of the connector in place of a source: scripted file contents or HTTP
/// answers in, rows, quarantine, figures, evidence out. No tests at all is a problem, but for a source that names a
/// connector of the catalogue: its tests are that connector's. Opens no socket, reads no file.
std::vector<ConnectorTest> run_connector_tests(std::string_view file, std::string_view text,
                                               settings::Problems& problems);

}  // namespace ntmd::engine
