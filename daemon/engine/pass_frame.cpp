#include "daemon/engine/pass_frame.h"

#include <charconv>
#include <map>

#include <fmt/format.h>

#include "connectors/codec/json_value.h"
#include "daemon/base/digest.h"
#include "daemon/base/json_writer.h"

namespace ntmd::engine {
namespace {

using connectors::JsonValue;

std::string digest_of(const model::ElementTable& elements) {
  std::map<std::string_view, std::string> lines;
  for (const auto& element : elements.all()) {
    lines[element.name] = fmt::format("{} {} {} {} {}\n", element.name, static_cast<int>(element.kind),
                                      fmt::join(element.precedence, ","), element.tolerance_permille.value_or(-1),
                                      element.jump_max_permille.value_or(-1));
  }
  base::Sha256Stream digest;
  for (const auto& [name, line] : lines) digest.add(line);
  return base::to_hex(digest.finish());
}

std::string digest_of(const units::UnitRegister& units) {
  base::Sha256Stream digest;
  for (const auto& unit : units.all()) {
    digest.add(fmt::format("{} {} {} {} {}\n", unit.code.view(), static_cast<int>(unit.kind), unit.group,
                           unit.valid_from.iso(), unit.valid_to ? unit.valid_to->iso() : ""));
  }
  for (const auto& edge : units.lineage()) {
    digest.add(fmt::format("{} {} {} {}\n", edge.from.view(), edge.to.view(), edge.on.iso(), edge.share.value_or(0)));
  }
  return base::to_hex(digest.finish());
}

const std::string& text(const JsonValue& object, std::string_view key) {
  static const std::string kNone;
  const auto* value = object.find(key);
  return value == nullptr ? kNone : value->text;
}

std::span<const JsonValue> items(const JsonValue& object, std::string_view key) {
  const auto* value = object.find(key);
  return value == nullptr ? std::span<const JsonValue>() : std::span(value->items);
}

std::int64_t number(const JsonValue& object, std::string_view key) {
  const auto& digits = text(object, key);
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace

std::vector<PassFrame::Source> sources_of(const Setup& setup) {
  std::vector<PassFrame::Source> all;
  for (const auto& plan : setup.plans)
    all.push_back({plan->id, plan->freshness.warn_after.count(), plan->freshness.error_after.count()});
  return all;
}

PassFrame frame_of(const Setup& setup, model::Day day) {
  PassFrame frame;
  frame.boundaries = setup.config.boundaries.value_or(day);
  for (const auto& criteria : setup.criteria) frame.criteria.push_back(criteria->sha256);
  frame.sources = sources_of(setup);
  frame.elements = digest_of(*setup.elements);
  frame.units = digest_of(*setup.units);
  return frame;
}

std::string frame_text(const PassFrame& frame) {
  base::JsonWriter json;
  json.begin_object().field("boundaries", frame.boundaries.iso()).key("criteria").begin_array();
  for (const auto& sha256 : frame.criteria) json.text(sha256);
  json.end_array().key("sources").begin_array();
  for (const auto& source : frame.sources) {
    json.begin_object().field("id", source.id).field("warn_after_ms", source.warn_after_ms);
    json.field("error_after_ms", source.error_after_ms).end_object();
  }
  json.end_array().field("elements", frame.elements).field("units", frame.units).end_object();
  return std::move(json).take();
}

base::Result<PassFrame> read_frame(std::string_view kept) {
  const auto json = connectors::parse_json(kept);
  if (!json) return base::fail_within("the last pass's frame", json);
  PassFrame frame;
  for (const auto& item : items(*json, "criteria")) frame.criteria.push_back(item.text);
  for (const auto& item : items(*json, "sources"))
    frame.sources.push_back({text(item, "id"), number(item, "warn_after_ms"), number(item, "error_after_ms")});
  frame.elements = text(*json, "elements");
  frame.units = text(*json, "units");
  const auto boundaries = model::Day::parse(text(*json, "boundaries"));
  if (boundaries) frame.boundaries = *boundaries;
  if (!boundaries || frame_text(frame) != kept) {
    return base::fail(base::Fault::bad_data,
                      "the last pass's frame: another text than ntmd writes, expected its own; restore a backup");
  }
  return frame;
}

}  // namespace ntmd::engine
