#include "daemon/notify/channels.h"

#include "daemon/settings/yaml.h"

namespace ntmd::notify {

std::optional<Channels> parse_channels(std::string_view file, std::string_view text, settings::Problems& problems) {
  const auto before = problems.size();
  const auto root = settings::parse_yaml(file, text, problems);
  if (!root) return std::nullopt;
  if (root->is_null()) return Channels{};
  settings::MapReader reader(*root, "alerts", problems);
  for (const char* key : {"channels", "routes"}) {
    const auto* list = reader.optional(key);
    if (list == nullptr) continue;
    if (!list->is_list())
      problems.add(list->place, std::string(key) + ": is no list, expected a list, which may be empty");
    if (list->items.empty()) continue;
    // Taking a channel that nothing is sent to would be silence that looks like care.
    problems.add(list->items.front().place,
                 std::string(key) + ": this version sends no alerts, expected an empty list; remove them");
  }
  reader.finish();
  if (problems.size() != before) return std::nullopt;
  return Channels{};
}

}  // namespace ntmd::notify
