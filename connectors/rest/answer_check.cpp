#include "connectors/rest/answer_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace ntmd::connectors {
namespace {

using base::Fault;
using Kind = JsonValue::Kind;

Fault fault_of(int status) {
  if (status == 401 || status == 403) return Fault::denied;
  if (status == 404 || status == 410) return Fault::gone;
  if (status == 429) return Fault::slow_down;
  if (status == 408 || status >= 500) return Fault::retry_later;
  return Fault::bad_data;
}

std::string_view hint_of(int status) {
  if (status >= 300 && status < 400) return "; a redirect is not followed, set base_url to where it leads";
  if (status == 401) return "; check the login in auth";
  return {};
}

bool is_html(const Response& response) {
  const std::string_view type = response.header("content-type");
  if (type.starts_with("text/html") || type.starts_with("application/xhtml")) return true;
  const auto first = response.body.find_first_not_of(" \t\r\n");
  return first != std::string::npos && response.body[first] == '<';
}

bool is_plain(const JsonValue* value) {
  return value != nullptr && !value->is(Kind::null) && !value->is(Kind::array) && !value->is(Kind::object);
}

/// What `value` says, when it is a code word: an answer may hold what must not be logged.
std::string shown(const JsonValue* value) {
  if (value == nullptr) return "missing";
  if (value->is(Kind::null)) return "null";
  const std::string& text = value->text;
  const bool word = !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  const auto digits = std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return word && digits < 8 ? fmt::format("\"{}\"", text) : "another value";
}

base::Status check_expected(const ExpectSpec& expect, const JsonValue& answer, const Values& values) {
  const JsonValue* found = answer.at(expect.pointer);
  if (expect.may_be_absent && (found == nullptr || found->is(Kind::null))) return {};
  const auto wanted = fill(expect.value, values);
  if (!wanted) return base::fail_within(expect.pointer, wanted);
  if (is_plain(found) && found->text == *wanted) return {};
  const std::string_view what = expect.may_be_absent ? "what was asked for" : std::string_view(*wanted);
  return base::fail(Fault::bad_data, fmt::format("{} is {}, expected {}", expect.pointer, shown(found), what));
}

}  // namespace

base::Result<JsonValue> checked_answer(const StepSpec& step, const Response& response, const Values& values) {
  const int status = response.status;
  if (status >= 200 && status < 300 && is_html(response)) {
    return base::fail(Fault::retry_later,
                      fmt::format("HTTP {} with an HTML page, expected JSON; a firewall or a login page "
                                  "answers in place of the service",
                                  status));
  }
  if (std::ranges::find(step.accept, status) == step.accept.end()) {
    return base::fail(fault_of(status),
                      fmt::format("HTTP {}, expected {}{}", status, fmt::join(step.accept, " or "), hint_of(status)));
  }
  auto answer = parse_json(response.body);
  if (!answer) {
    return base::fail(Fault::bad_data, fmt::format("the answer is no whole JSON text, at {}", answer.error().what));
  }
  for (const ExpectSpec& expect : step.expect) {
    if (auto holds = check_expected(expect, *answer, values); !holds) {
      if (!step.hint.empty()) holds.error().what += "; " + step.hint;
      return std::unexpected(std::move(holds.error()));
    }
  }
  for (const std::string& pointer : step.require) {
    if (const JsonValue* found = answer->at(pointer); !is_plain(found)) {
      return base::fail(Fault::bad_data, fmt::format("{} is {}, expected a value", pointer, shown(found)));
    }
  }
  return answer;
}

base::Result<bool> fits(const std::vector<KeepSpec>& rules, const JsonValue& element, const Values& values) {
  for (const KeepSpec& rule : rules) {
    const auto wanted = fill(rule.value, values);
    if (!wanted) return base::fail_within(rule.pointer, wanted);
    const JsonValue* found = element.at(rule.pointer);
    if ((is_plain(found) && found->text == *wanted) != rule.equal) return false;
  }
  return true;
}

base::Result<Values> pick(const EachSpec& each, const JsonValue& element, const Values& values) {
  Values out;
  for (const PickSpec& spec : each.pick) {
    const JsonValue* value = element.at(spec.pointer);
    if (!spec.where.empty()) {
      const JsonValue* const list = std::exchange(value, nullptr);
      for (std::size_t i = 0; list != nullptr && i < list->items.size() && value == nullptr; ++i) {
        const auto right = fits(spec.where, list->items[i], values);
        if (!right) return std::unexpected(right.error());
        if (*right) value = list->items[i].at(spec.value);
      }
    }
    if (!is_plain(value) && !spec.optional) {
      return base::fail(Fault::bad_data,
                        fmt::format("{} is missing or no plain value, expected {}", spec.pointer, spec.key));
    }
    out.emplace("item." + spec.key, is_plain(value) ? value->text : std::string());
  }
  return out;
}

}  // namespace ntmd::connectors
