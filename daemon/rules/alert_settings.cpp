#include "daemon/rules/alert_settings.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "daemon/base/utf8.h"
#include "daemon/model/day.h"

namespace ntmd::rules {
namespace {

using settings::MapReader;
using settings::Node;
using settings::Problems;

constexpr AlertField kFields[] = {AlertField::alert,  AlertField::criteria,  AlertField::unit,  AlertField::group,
                                  AlertField::pillar, AlertField::indicator, AlertField::source};
constexpr std::size_t kMaxComment = 500;
constexpr std::size_t kShown = 60;

std::vector<std::string> names_of_alerts() {
  std::vector<std::string> names;
  for (const auto name : alert_names()) names.emplace_back(to_string(name));
  return names;
}

AlertMatch read_match(MapReader& reader, const Node& node, std::string_view subject) {
  auto& problems = reader.problems();
  AlertMatch match;
  MapReader terms(node, subject, problems);
  for (const auto field : kFields) {
    const auto* values = terms.optional(to_string(field));
    if (values == nullptr) continue;
    const auto texts = settings::as_text_list(*values, fmt::format("{}, {}", subject, to_string(field)), problems);
    if (!texts) continue;
    if (texts->empty()) {
      problems.add(values->place, fmt::format("{}, {}: is an empty list, which nothing matches, expected a value; "
                                              "remove the key to match everything",
                                              subject, to_string(field)));
    }
    for (const auto& text : *texts) {
      if (field != AlertField::alert || parse_alert_name(text)) continue;
      problems.add(values->place, fmt::format("{}: unknown alert \"{}\"{}", subject, base::printable(text, kShown),
                                              settings::suggestion(text, names_of_alerts())));
    }
    match.terms.push_back({field, *texts});
  }
  return match;
}

/// `digits` digits from `at`, or -1.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) return -1;
  int value = 0;
  for (const char c : text.substr(at, digits)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

/// "yyyy-mm-ddThh:mm[:ss]" and "Z" or "+hh:mm".
std::optional<base::Instant> parse_moment(std::string_view text) {
  if (text.size() < 17 || text[10] != 'T' || text[13] != ':') return std::nullopt;
  const auto day = model::Day::parse(text.substr(0, 10));
  const int hour = number_at(text, 11, 2);
  const int minute = number_at(text, 14, 2);
  std::size_t at = 16;
  int second = 0;
  if (text[at] == ':') {
    second = number_at(text, at + 1, 2);
    at += 3;
  }
  if (!day || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return std::nullopt;
  const auto there = base::Instant(std::chrono::days(day->since_epoch())) + std::chrono::hours(hour) +
                     std::chrono::minutes(minute) + std::chrono::seconds(second);
  const auto zone = at < text.size() ? text.substr(at) : std::string_view{};
  if (zone == "Z") return there;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  const int hours = number_at(zone, 1, 2);
  const int minutes = number_at(zone, 4, 2);
  if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59) return std::nullopt;
  const auto offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return zone[0] == '+' ? there - offset : there + offset;
}

std::optional<base::Instant> read_until(MapReader& reader, const base::TimeZone& zone) {
  const auto text = reader.required_text("until");
  if (text.empty()) return std::nullopt;
  if (const auto day = model::Day::parse(text)) {
    // The day itself is silent still, as a document's last day still holds.
    const auto next = std::chrono::local_days(std::chrono::days((*day + 1).since_epoch()));
    return zone.to_instant(std::chrono::local_time<std::chrono::microseconds>(next.time_since_epoch()));
  }
  if (const auto moment = parse_moment(text)) return moment;
  reader.problems().add(
      reader.place_of("until"),
      fmt::format("silence, until: found \"{}\", expected a day as yyyy-mm-dd or a time as yyyy-mm-ddThh:mm+hh:mm",
                  base::printable(text, kShown)));
  return std::nullopt;
}

void read_silence(const Node& node, const base::TimeZone& zone, std::vector<Silence>& into, Problems& problems) {
  const auto before = problems.size();
  MapReader reader(node, "silence", problems);
  Silence silence;
  if (const auto* match = reader.required("match")) {
    silence.match = read_match(reader, *match, "silence, match");
    if (silence.match.terms.empty() && problems.size() == before) {
      problems.add(match->place,
                   "silence, match: names nothing and would silence every alert, expected a field; list the alert "
                   "names if all of them are meant");
    }
  }
  if (const auto until = read_until(reader, zone)) silence.until = *until;
  silence.comment = reader.required_text("comment");
  if (silence.comment.size() > kMaxComment) {
    problems.add(reader.place_of("comment"), fmt::format("silence, comment: has {} bytes, expected at most {}",
                                                         silence.comment.size(), kMaxComment));
  }
  reader.finish();
  if (problems.size() == before) into.push_back(std::move(silence));
}

void read_route(const Node& node, const std::vector<std::string>& channels, std::vector<Route>& into,
                Problems& problems) {
  const auto before = problems.size();
  MapReader reader(node, "route", problems);
  Route route;
  if (const auto* match = reader.optional("match")) route.match = read_match(reader, *match, "route, match");
  if (const auto* to = reader.required("to")) {
    route.to = settings::as_text_list(*to, "route, to", problems).value_or(std::vector<std::string>{});
    if (route.to.empty() && problems.size() == before)
      problems.add(to->place, "route, to: is an empty list, expected a channel; a silence keeps alerts back");
    for (std::size_t i = 0; i < route.to.size(); ++i) {
      const auto& place = to->is_list() ? to->items[i].place : to->place;
      if (std::ranges::find(channels, route.to[i]) == channels.end()) {
        problems.add(place, fmt::format("route, to: there is no channel \"{}\"{}", base::printable(route.to[i], kShown),
                                        settings::suggestion(route.to[i], channels)));
      } else if (std::find(route.to.begin(), route.to.begin() + static_cast<std::ptrdiff_t>(i), route.to[i]) !=
                 route.to.begin() + static_cast<std::ptrdiff_t>(i)) {
        problems.add(place, fmt::format("route, to: channel \"{}\" is given twice, expected it once", route.to[i]));
      }
    }
  }
  for (const auto& text : reader.text_list("group_by")) {
    if (const auto field = parse_alert_field(text)) {
      route.group_by.push_back(*field);
      continue;
    }
    std::vector<std::string> known;
    for (const auto field : kFields) known.emplace_back(to_string(field));
    problems.add(reader.place_of("group_by"),
                 fmt::format("route, group_by: unknown field \"{}\"{}", base::printable(text, kShown),
                             settings::suggestion(text, known)));
  }
  route.goes_on = reader.boolean("continue", false);
  reader.finish();
  if (problems.size() == before) into.push_back(std::move(route));
}

/// Each item of a list, which may be absent or empty.
template <class Read>
void each(MapReader& reader, std::string_view key, Read read) {
  const auto* list = reader.optional(key);
  if (list == nullptr) return;
  if (!list->is_list()) {
    reader.problems().add(list->place, fmt::format("{}: is no list, expected a list, which may be empty", key));
    return;
  }
  for (const auto& item : list->items) read(item);
}

AlertPolicySettings read_policy(const Node& node, Problems& problems) {
  AlertPolicySettings policy;
  MapReader reader(node, "policy", problems);
  policy.observations = static_cast<std::uint32_t>(reader.integer("observations", 1, 10, policy.observations));
  policy.wait_limit = reader.duration("wait_limit", policy.wait_limit);
  policy.remind_every = reader.duration("remind_every", policy.remind_every);
  if (policy.remind_every.count() > 0 && policy.remind_every < std::chrono::minutes(1)) {
    problems.add(reader.place_of("remind_every"),
                 "policy, remind_every: is under a minute, expected 1m or more, or 0s for no reminders");
  }
  policy.source_failures = static_cast<std::uint32_t>(reader.integer("source_failures", 1, 20, policy.source_failures));
  policy.thin_margin_permille = reader.integer("thin_margin_permille", 0, 1000, policy.thin_margin_permille);
  if (const auto* flapping = reader.optional("flapping")) {
    MapReader fields(*flapping, "policy, flapping", problems);
    policy.flap_fires = static_cast<std::uint32_t>(fields.integer("fires", 2, 20, policy.flap_fires));
    policy.flap_within = fields.duration("within", policy.flap_within);
    policy.flap_calm = fields.duration("calm", policy.flap_calm);
  }
  return policy;
}

}  // namespace

std::string_view to_string(AlertField field) {
  switch (field) {
    case AlertField::alert:
      return "alert";
    case AlertField::criteria:
      return "criteria";
    case AlertField::unit:
      return "unit";
    case AlertField::group:
      return "group";
    case AlertField::pillar:
      return "pillar";
    case AlertField::indicator:
      return "indicator";
    case AlertField::source:
      return "source";
  }
  return "alert";
}

std::optional<AlertField> parse_alert_field(std::string_view text) {
  for (const auto field : kFields) {
    if (to_string(field) == text) return field;
  }
  return std::nullopt;
}

std::string field_of(const AlertSubject& subject, const AlertFacts& facts, AlertField field) {
  switch (field) {
    case AlertField::alert:
      return std::string(to_string(subject.name));
    case AlertField::criteria:
      return subject.criteria;
    case AlertField::unit:
      return subject.unit;
    case AlertField::group:
      return subject.group;
    case AlertField::pillar:
      return subject.pillar;
    case AlertField::indicator:
      return subject.indicator;
    case AlertField::source:
      return subject.source.empty() ? facts.source : subject.source;
  }
  return {};
}

bool AlertMatch::matches(const AlertSubject& subject, const AlertFacts& facts) const {
  return std::ranges::all_of(terms, [&](const Term& term) {
    return std::ranges::find(term.values, field_of(subject, facts, term.field)) != term.values.end();
  });
}

AlertSettings read_alert_settings(MapReader& reader, const std::vector<std::string>& channels,
                                  const base::TimeZone& zone) {
  auto& problems = reader.problems();
  AlertSettings out;
  if (const auto* policy = reader.optional("policy")) out.policy = read_policy(*policy, problems);
  each(reader, "silences", [&](const Node& node) { read_silence(node, zone, out.silences, problems); });
  each(reader, "routes", [&](const Node& node) { read_route(node, channels, out.routes, problems); });
  return out;
}

}  // namespace ntmd::rules
