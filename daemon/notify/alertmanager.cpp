#include "daemon/notify/alertmanager.h"

#include "daemon/base/json_writer.h"

namespace ntmd::notify {
namespace {

constexpr auto kFar = std::chrono::days(3650);

}  // namespace

std::string alertmanager_json(const Message& message, base::Instant now) {
  base::JsonWriter json;
  const auto field = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) json.field(name, value);
  };
  json.begin_array();
  for (const auto& notice : message.alerts) {
    json.begin_object().key("labels").begin_object();
    field("alertname", notice.alert);
    field("criteria", notice.criteria);
    field("unit", notice.unit);
    field("group", notice.group);
    field("pillar", notice.pillar);
    field("indicator", notice.indicator);
    if (notice.about_source) {
      field("source", notice.source);
      if (notice.alert == "DeliveryHeld") field("delivery", notice.delivery);
    }
    json.end_object().key("annotations").begin_object();
    field("summary", message.language == "en" ? notice.title_en : notice.title_vi);
    field("description", message.language == "en" ? notice.text_en : notice.text_vi);
    field("description_vi", notice.text_vi);
    field("description_en", notice.text_en);
    field("unit_name", notice.unit_name);
    field("reason", notice.reason);
    field("value", notice.value);
    field("threshold", notice.threshold);
    if (notice.gap) json.field("gap", std::to_string(*notice.gap));
    field("source", notice.source);
    field("delivery", notice.delivery);
    field("id", notice.id);
    json.end_object().field("startsAt", notice.began);
    json.field("endsAt", message.state == "resolved" ? notice.since : base::to_rfc3339(now + kFar)).end_object();
  }
  json.end_array();
  return std::move(json).take();
}

}  // namespace ntmd::notify
