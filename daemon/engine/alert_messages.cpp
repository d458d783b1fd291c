#include "daemon/engine/alert_messages.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "daemon/base/digest.h"
#include "daemon/notify/message.h"
#include "daemon/publish/alert_text.h"

namespace ntmd::engine {
namespace {

using rules::AlertEvent;

constexpr std::size_t kMostMessages = 20;

/// Events that become one message, as long as no flood makes them one with others.
struct Bundle {
  std::string channel;
  std::size_t route = 0;
  std::vector<const AlertEvent*> events;
  std::vector<std::pair<std::string, std::string>> grouped_by;

  [[nodiscard]] auto flood_key() const {
    return std::tuple(channel, route, events.front()->kind, events.front()->state.subject.name);
  }
};

notify::Notice notice_of(const AlertEvent& event) {
  const auto& state = event.state;
  const auto& subject = state.subject;
  const auto& facts = state.facts;
  const auto title = publish::alert_title(subject, facts);
  const auto text = publish::alert_text(subject, facts, state.phase);
  notify::Notice notice;
  notice.id = event.id;
  notice.alert = to_string(subject.name);
  notice.criteria = subject.criteria;
  notice.unit = subject.unit;
  notice.unit_name = facts.unit_name;
  notice.group = subject.group;
  notice.pillar = subject.pillar;
  notice.indicator = subject.indicator;
  notice.since = base::to_rfc3339(state.since);
  notice.began = base::to_rfc3339(state.began);
  notice.reason = facts.reason;
  notice.value = facts.value;
  notice.threshold = facts.threshold;
  notice.gap = facts.gap;
  notice.source = subject.source.empty() ? facts.source : subject.source;
  notice.delivery = subject.delivery.empty() ? facts.delivery : subject.delivery;
  notice.title_vi = title.vi;
  notice.title_en = title.en;
  notice.text_vi = text.vi;
  notice.text_en = text.en;
  notice.about_source = !subject.source.empty();
  return notice;
}

std::string id_of(const std::vector<const AlertEvent*>& events) {
  if (events.size() == 1) return events.front()->id;
  std::string ids;
  for (const auto* event : events) ids += event->id + "\n";
  return base::sha256_hex(ids).substr(0, events.front()->id.size());
}

std::vector<Bundle> bundle(const std::vector<AlertEvent>& events, const std::vector<rules::Route>& routes) {
  std::vector<Bundle> bundles;
  std::map<std::string, std::size_t> places;
  for (const auto& event : events) {
    const auto& subject = event.state.subject;
    const auto& facts = event.state.facts;
    std::set<std::string> reached;
    for (std::size_t number = 0; number < routes.size(); ++number) {
      const auto& route = routes[number];
      if (!route.match.matches(subject, facts)) continue;
      std::vector<std::pair<std::string, std::string>> grouped_by;
      auto key = fmt::format("{}\n{}", number, to_string(event.kind));
      for (const auto field : route.group_by) {
        grouped_by.emplace_back(to_string(field), field_of(subject, facts, field));
        key += '\n' + grouped_by.back().second;
      }
      if (route.group_by.empty()) key += '\n' + event.id;
      for (const auto& channel : route.to) {
        if (!reached.insert(channel).second) continue;
        const auto [place, fresh] = places.try_emplace(channel + '\n' + key, bundles.size());
        if (fresh) bundles.push_back({channel, number, {}, grouped_by});
        bundles[place->second].events.push_back(&event);
      }
      if (!route.goes_on) break;
    }
  }
  return bundles;
}

std::vector<Bundle> without_floods(std::vector<Bundle> bundles) {
  std::map<decltype(bundles.front().flood_key()), std::size_t> counts;
  for (const auto& each : bundles) ++counts[each.flood_key()];
  std::map<decltype(bundles.front().flood_key()), std::size_t> places;
  std::vector<Bundle> out;
  for (auto& each : bundles) {
    const auto key = each.flood_key();
    if (counts[key] <= kMostMessages) {
      out.push_back(std::move(each));
      continue;
    }
    const auto [place, fresh] = places.try_emplace(key, out.size());
    if (fresh) {
      out.push_back({each.channel, each.route, {}, {}});
    }
    auto& whole = out[place->second].events;
    whole.insert(whole.end(), each.events.begin(), each.events.end());
  }
  return out;
}

}  // namespace

std::vector<store::OutboxRow> messages_of(const std::vector<AlertEvent>& events,
                                          const std::vector<rules::Route>& routes, const std::string& language,
                                          base::Instant now) {
  std::vector<store::OutboxRow> rows;
  for (const auto& each : without_floods(bundle(events, routes))) {
    notify::Message message;
    message.id = id_of(each.events);
    message.event = to_string(each.events.front()->kind);
    message.state = each.events.front()->kind == AlertEvent::Kind::resolved ? "resolved" : "firing";
    message.at = base::to_rfc3339(now);
    message.language = language;
    message.grouped_by = each.grouped_by;
    for (const auto* event : each.events) message.alerts.push_back(notice_of(*event));
    store::OutboxRow row;
    row.id = message.id;
    row.channel = each.channel;
    row.body = to_json(message);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace ntmd::engine
