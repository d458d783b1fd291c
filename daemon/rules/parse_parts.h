#pragma once
// Pieces of a criteria file that its readers share.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/element.h"
#include "daemon/rules/criteria.h"
#include "daemon/settings/reader.h"

namespace ntmd::rules {

/// `{vi: …, en: …}`.
struct Names {
  std::string vi;
  std::string en;
};
Names read_names(settings::MapReader& reader, std::string_view key, std::string_view fallback);

/// The id of a known element; else a fault with a suggestion.
std::optional<model::ElementId> known_element(const settings::Node& node, std::string_view subject,
                                              const model::ElementTable& elements, settings::Problems& problems);
std::optional<model::EvidenceKind> known_evidence(const settings::Node& node, std::string_view subject,
                                                  settings::Problems& problems);

/// `met_when: {all: CHILDREN}` or `{at_least: n}`; absent: all. `children` is the word the file must use.
RollUp read_roll_up(settings::MapReader& reader, std::string_view children);

/// One indicator of a set whose subject is a unit, or (`of_group`) a group.
std::optional<IndicatorRule> read_indicator(const settings::Node& node, const model::ElementTable& elements,
                                            bool of_group, settings::Problems& problems);

}  // namespace ntmd::rules
