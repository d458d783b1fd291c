#include <fmt/format.h>

#include <algorithm>

#include "connectors/codec/json_value.h"
#include "connectors/rest/parse_parts.h"
#include "daemon/settings/reader.h"

namespace ntmd::connectors {
namespace {

using settings::MapReader;
using settings::Node;
using settings::Problems;

constexpr std::size_t kMaxSteps = 8;

/// A JSON pointer; empty, with a fault, when it is none.
std::string pointer(const Node& node, std::string_view subject, Problems& problems) {
  const auto text = settings::as_text(node, subject, problems);
  if (!text) return {};
  if (!split_pointer(*text)) {
    problems.add(node.place,
                 fmt::format("{}: \"{}\" is no JSON pointer, expected one like /data/items", subject, *text));
    return {};
  }
  return *text;
}

std::string pointer(MapReader& reader, std::string_view key, bool required) {
  const Node* node = required ? reader.required(key) : reader.optional(key);
  if (node == nullptr) return {};
  return pointer(*node, fmt::format("{}, {}", reader.subject(), key), reader.problems());
}

/// The entries of an optional map.
const std::vector<Node::Entry>& entries(MapReader& reader, std::string_view key) {
  static const std::vector<Node::Entry> kNone;
  const Node* node = reader.optional(key);
  if (node == nullptr) return kNone;
  if (!node->is_map()) reader.problems().add(node->place, fmt::format("{}, {}: expected a map", reader.subject(), key));
  return node->entries;
}

/// The pointer that is a map's key.
std::string key_pointer(const Node::Entry& entry, const std::string& subject, Problems& problems) {
  if (!split_pointer(entry.key)) {
    problems.add(entry.key_place,
                 fmt::format("{}: \"{}\" is no JSON pointer, expected one like /data/id", subject, entry.key));
  }
  return entry.key;
}

class StepParser {
 public:
  StepParser(const Parameters& parameters, Problems& problems) : parameters_(parameters), problems_(problems) {}

  StepSpec parse(const Node& node, std::size_t number, bool last) {
    subject_ = fmt::format("rest.steps, step {}", number);
    MapReader reader(node, subject_, problems_);
    StepSpec step;
    if (const Node* paginate = reader.optional("paginate")) step.page = parse_page(*paginate);
    const Names names{parameters_, names_at_run(step.page)};
    if (const Node* request = reader.required("request")) parse_request(*request, names, step);
    for (const auto& entry : entries(reader, "expect")) step.expect.push_back(parse_expect(entry, names, false));
    for (const auto& entry : entries(reader, "echo")) step.expect.push_back(parse_expect(entry, names, true));
    step.hint = reader.text("hint", "");
    if (const Node* require = reader.optional("require")) parse_require(*require, step);
    step.emit = reader.boolean("emit", last);
    if (const Node* each = reader.optional("each")) step.each = parse_each(*each, step, names);
    if (last && step.each) {
      problems_.add(reader.place_of("each"),
                    fmt::format("{}: the last step has each, expected a step after it", subject_));
    }
    if (!last && !step.each && step.expect.empty() && step.require.empty() && node.is_map()) {
      problems_.add(node.place,
                    fmt::format("{}: has neither each nor expect, expected what the next step is asked for, "
                                "or what must hold before it",
                                subject_));
    }
    if (last && !step.emit) {
      problems_.add(reader.place_of("emit"),
                    fmt::format("{}: the last step is emitted, expected no emit: false", subject_));
    }
    return step;
  }

 private:
  std::vector<std::string> names_at_run(const PageSpec& page) const {
    std::vector<std::string> names = {"window.name", "window.year", "window.month", "window.first", "window.last"};
    names.insert(names.end(), items_.begin(), items_.end());
    if (page.kind == PageSpec::Kind::none) return names;
    names.emplace_back("page.size");
    if (page.kind == PageSpec::Kind::page_number) names.emplace_back("page.number");
    if (page.kind == PageSpec::Kind::offset_limit) names.emplace_back("page.offset");
    return names;
  }

  PageSpec parse_page(const Node& written) {
    const Node node = put_in_parameters(written, parameters_, problems_);
    MapReader reader(node, subject_ + ", paginate", problems_);
    PageSpec page;
    using Kind = PageSpec::Kind;
    reader.required("kind");
    const std::string kind = reader.choice("kind", {"page_number", "offset_limit", "next_link", "cursor"}, "");
    if (kind == "page_number") page.kind = Kind::page_number;
    if (kind == "offset_limit") page.kind = Kind::offset_limit;
    if (kind == "next_link") page.kind = Kind::next_link;
    if (kind == "cursor") page.kind = Kind::cursor;
    page.size = static_cast<std::uint32_t>(reader.integer("size", 1, 100'000, page.size));
    page.first_page = static_cast<std::uint32_t>(reader.integer("first_page", 0, 1, page.first_page));
    page.max_pages = static_cast<std::uint32_t>(reader.integer("max_pages", 1, 1'000'000, page.max_pages));
    page.items = pointer(reader, "items", false);
    page.absent_is_empty = reader.boolean("absent_is_empty", false);
    page.short_repeat_ends = reader.choice("repeat", {"fails", "ends_short"}, "fails") == "ends_short";
    page.more = pointer(reader, "more", false);
    page.total = header_or_pointer(reader, "total", false);
    page.next = header_or_pointer(reader, "next", page.kind == Kind::next_link || page.kind == Kind::cursor);
    return page;
  }

  /// "header:x-total-count", "link:next" or a pointer.
  std::string header_or_pointer(MapReader& reader, std::string_view key, bool required) {
    const Node* node = required ? reader.required(key) : reader.optional(key);
    if (node == nullptr) return {};
    if (node->text == "link:next" && key == "next") return node->text;
    if (!node->text.starts_with("header:")) {
      return pointer(*node, fmt::format("{}, {}", reader.subject(), key), problems_);
    }
    std::string text = node->text;
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
  }

  void parse_request(const Node& node, const Names& names, StepSpec& step) {
    const std::string subject = subject_ + ", request";
    MapReader reader(node, subject, problems_);
    step.method = reader.choice("method", {"GET", "POST"}, "GET");
    if (const Node* path = reader.required("path"))
      step.path = compile_path(*path, subject + ", path", names, problems_);
    for (const auto& entry : entries(reader, "query")) {
      const std::string what = fmt::format("{}, query, {}", subject, entry.key);
      Names known = names;
      // A cursor has no value on the first page, so only a parameter that can be left out may be one.
      if (step.page.kind == PageSpec::Kind::cursor && entry.value.text == "$page.cursor")
        known.at_run.emplace_back("page.cursor");
      if (!entry.value.is_list()) {
        step.query.emplace_back(entry.key, compile_text(entry.value, what, Escape::query, known, problems_));
      }
      for (const Node& item : entry.value.items) {
        step.query.emplace_back(entry.key, compile_text(item, what, Escape::query, known, problems_));
      }
    }
    if (const Node* body = reader.optional("body")) {
      if (step.method != "POST") problems_.add(body->place, subject + ": a GET has a body, expected method: POST");
      step.body = compile_json(*body, subject + ", body", names, problems_);
    }
    if (const Node* accept = reader.optional("accept")) parse_accept(*accept, subject, step);
  }

  void parse_accept(const Node& node, const std::string& subject, StepSpec& step) {
    step.accept.clear();
    const std::vector<Node> one{node};
    for (const Node& status : node.is_list() ? node.items : one) {
      const auto number = settings::as_integer(status, subject + ", accept", 200, 299, problems_);
      if (number) step.accept.push_back(static_cast<int>(*number));
    }
    if (node.is_list() && node.items.empty())
      problems_.add(node.place, subject + ", accept: is empty, expected HTTP statuses");
  }

  ExpectSpec parse_expect(const Node::Entry& entry, const Names& names, bool may_be_absent) {
    const std::string subject = subject_ + (may_be_absent ? ", echo" : ", expect");
    return {key_pointer(entry, subject, problems_), compile_text(entry.value, subject, Escape::plain, names, problems_),
            may_be_absent};
  }

  void parse_require(const Node& node, StepSpec& step) {
    if (!node.is_list()) problems_.add(node.place, subject_ + ", require: expected a list of JSON pointers");
    for (const Node& item : node.items) step.require.push_back(pointer(item, subject_ + ", require", problems_));
  }

  std::vector<KeepSpec> parse_rules(MapReader& reader, std::string_view key, const Names& names) {
    std::vector<KeepSpec> rules;
    for (const auto& entry : entries(reader, key)) {
      rules.push_back({key_pointer(entry, reader.subject(), problems_),
                       compile_text(entry.value, reader.subject(), Escape::plain, names, problems_), key != "skip"});
    }
    return rules;
  }

  PickSpec parse_pick(const Node::Entry& entry, const std::string& subject, const Names& names) {
    PickSpec spec;
    spec.key = entry.key;
    if (!entry.value.is_map()) {
      spec.pointer = pointer(entry.value, subject, problems_);
      return spec;
    }
    MapReader reader(entry.value, fmt::format("{}, {}", subject, entry.key), problems_);
    spec.pointer = pointer(reader, "in", true);
    spec.where = parse_rules(reader, "where", names);
    spec.value = pointer(reader, "value", !spec.where.empty());
    spec.optional = reader.boolean("optional", false);
    return spec;
  }

  EachSpec parse_each(const Node& node, const StepSpec& step, const Names& names) {
    const std::string subject = subject_ + ", each";
    MapReader reader(node, subject, problems_);
    EachSpec each;
    each.items = pointer(reader, "items", true);
    for (const auto& entry : entries(reader, "pick")) {
      const std::string name = "item." + entry.key;
      if (std::ranges::find(items_, name) != items_.end()) {
        problems_.add(entry.key_place,
                      fmt::format("{}: \"{}\" is picked already, expected another name", subject, entry.key));
      }
      items_.push_back(name);
      each.pick.push_back(parse_pick(entry, subject + ", pick", names));
    }
    if (each.pick.empty() && node.is_map()) {
      problems_.add(reader.place_of("pick"), subject + ": picks nothing, expected name: pointer");
    }
    each.keep = parse_rules(reader, "keep", names);
    for (auto& rule : parse_rules(reader, "skip", names)) each.keep.push_back(std::move(rule));
    if (const Node* none = reader.optional("none")) each.none = parse_none(*none, each, subject);
    each.absent_is_empty = reader.boolean("absent_is_empty", step.page.absent_is_empty);
    each.max_items = static_cast<std::uint32_t>(reader.integer("max_items", 1, 1'000'000, each.max_items));
    return each;
  }

  /// A value for each pick.
  Values parse_none(const Node& node, const EachSpec& each, const std::string& subject) {
    MapReader reader(node, subject + ", none", problems_);
    Values values;
    for (const PickSpec& pick : each.pick) {
      if (reader.node().find(pick.key) == nullptr) reader.required(pick.key);
      values.emplace("item." + pick.key, reader.text(pick.key, ""));
    }
    return values;
  }

  const Parameters& parameters_;
  Problems& problems_;
  std::string subject_;
  std::vector<std::string> items_;  // "item.<key>" of the steps so far
};

}  // namespace

std::vector<StepSpec> parse_steps(const Node& node, const Parameters& parameters, Problems& problems) {
  std::vector<StepSpec> steps;
  if (!node.is_list() || node.items.empty() || node.items.size() > kMaxSteps) {
    problems.add(node.place, fmt::format("rest.steps: expected a list of 1 to {} steps", kMaxSteps));
    return steps;
  }
  StepParser parser(parameters, problems);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    steps.push_back(parser.parse(node.items[i], i + 1, i + 1 == node.items.size()));
  }
  return steps;
}

}  // namespace ntmd::connectors
