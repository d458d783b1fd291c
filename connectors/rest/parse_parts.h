#pragma once
// The pieces that parse_rest is made of: texts with placeholders, the login, the steps.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/rest/rest_spec.h"
#include "connectors/rest/template.h"
#include "daemon/settings/node.h"
#include "daemon/settings/problems.h"

namespace ntmd::connectors {

using Parameters = std::map<std::string, settings::Node>;

/// What a placeholder may name: parameters, whose values are put in while parsing, and names that have a value only
/// when asked.
struct Names {
  const Parameters& parameters;
  std::vector<std::string> at_run;
};

// Each adds its faults to `problems` and then returns what could be read.

/// A text in which `{name}`, or `$name` as the whole of an unquoted scalar, is a placeholder; `{{` and `}}` are braces.
Template compile_text(const settings::Node& node, std::string_view subject, Escape escape, const Names& names,
                      settings::Problems& problems);
/// A path from the host's root. A parameter may hold several segments; what the source says is one.
Template compile_path(const settings::Node& node, std::string_view subject, const Names& names,
                      settings::Problems& problems);
/// Any YAML value as JSON. `$window.year`, `$window.month`, `$page.number`, `$page.offset` and `$page.size` become
/// numbers, any other placeholder a string.
Template compile_json(const settings::Node& node, std::string_view subject, const Names& names,
                      settings::Problems& problems);
/// A copy of `node` with parameters in the place of `$name`; other names are faults.
settings::Node put_in_parameters(const settings::Node& node, const Parameters& parameters,
                                 settings::Problems& problems);

/// `node`: parameters are put in already.
AuthSpec parse_auth(const settings::Node& node, const std::string& base_url, settings::Problems& problems);
std::vector<StepSpec> parse_steps(const settings::Node& node, const Parameters& parameters,
                                  settings::Problems& problems);

}  // namespace ntmd::connectors
