#pragma once
// One message as it waits in the outbox and as a webhook or a program gets it: JSON (contract, "alerts.yaml").

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/result.h"

namespace ntmd::notify {

/// One alert in a message. Times are RFC 3339; texts that do not apply are empty, and null in JSON.
struct Notice {
  std::string id;
  std::string alert;
  std::string criteria;
  std::string unit;
  std::string unit_name;
  std::string group;
  std::string pillar;
  std::string indicator;
  std::string since;  ///< of the state
  std::string began;  ///< since when it is or was wrong
  std::string reason;
  std::string value;
  std::string threshold;
  std::optional<std::int64_t> gap;
  std::string source;
  std::string delivery;
  std::string title_vi;  ///< a line
  std::string title_en;
  std::string text_vi;
  std::string text_en;
  bool about_source = false;  ///< the source is what the alert is about, not only where its figure came from
  bool operator==(const Notice&) const = default;
};

/// At least one alert, all in the same state.
struct Message {
  std::string id;
  std::string state;  ///< firing | resolved
  std::string event;  ///< firing | reminder | resolved
  std::string at;     ///< when it was put into the outbox
  std::string language = "vi";
  std::vector<std::pair<std::string, std::string>> grouped_by;  ///< what its alerts agree in
  std::vector<Notice> alerts;                                   ///< gravest first
  bool operator==(const Message&) const = default;
};

/// The first alert's fields stand at the top, so that a receiver of single alerts needs nothing else; `alerts` holds
/// all of them and `count` says how many.
std::string to_json(const Message& message);
/// What `to_json` wrote; bad_data for anything else.
base::Result<Message> parse_message(std::string_view json);

}  // namespace ntmd::notify
