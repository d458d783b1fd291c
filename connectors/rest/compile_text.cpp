#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "connectors/codec/json_value.h"
#include "connectors/rest/parse_parts.h"
#include "daemon/base/json_writer.h"
#include "daemon/base/utf8.h"
#include "daemon/settings/reader.h"

namespace ntmd::connectors {
namespace {

using settings::Node;
using settings::Problems;

constexpr std::array<std::string_view, 5> kNumbers = {"window.year", "window.month", "page.number", "page.offset",
                                                      "page.size"};

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; }

bool is_name(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_name_character); }

/// `$name` as the whole of an unquoted scalar; empty when it is none.
std::string_view whole_name(const Node& node) {
  if (!node.is_scalar() || node.quoted || !node.text.starts_with('$')) return {};
  const std::string_view name = std::string_view(node.text).substr(1);
  return is_name(name) ? name : std::string_view();
}

void add_literal(Template& out, std::string_view text) {
  if (text.empty()) return;
  if (out.empty() || !out.back().name.empty()) out.emplace_back();
  out.back().literal += text;
}

/// Libraries and servers take such a segment for a step up or away.
bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    const auto end = path.find('/');
    const std::string_view segment = path.substr(0, end);
    if (segment == "." || segment == "..") return true;
    path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
  }
  return false;
}

class Compiler {
 public:
  Compiler(const Node& node, std::string_view subject, Escape escape, const Names& names, Problems& problems)
      : node_(node), subject_(subject), escape_(escape), names_(names), problems_(problems) {}

  Template compile() {
    if (const auto name = whole_name(node_); !name.empty()) {
      add_name(name);
      return std::move(out_);
    }
    const auto text = settings::as_text(node_, subject_, problems_);
    if (text) scan(*text);
    return std::move(out_);
  }

 private:
  void fault(std::string_view what) { problems_.add(node_.place, fmt::format("{}: {}", subject_, what)); }

  void scan(std::string_view text) {
    while (!text.empty()) {
      const auto at = std::min(text.find_first_of("{}"), text.size());
      add_text(text.substr(0, at));
      text.remove_prefix(at);
      if (text.empty()) return;
      if (text.starts_with("{{") || text.starts_with("}}")) {
        add_text(text.substr(0, 1));
        text.remove_prefix(2);
        continue;
      }
      const auto end = text.find('}');
      const std::string_view name = end == std::string_view::npos || end == 0 ? "" : text.substr(1, end - 1);
      if (!is_name(name)) return fault("a brace without a name, expected {name}, or {{ and }} for braces");
      add_name(name);
      text.remove_prefix(end + 1);
    }
  }

  void add_text(std::string_view text) {
    if (escape_ == Escape::path) {
      if (const auto wrong = text.find_first_of("?# %\\"); wrong != std::string_view::npos) {
        return fault(fmt::format("'{}' in a path, expected plain text; what follows ? goes into query", text[wrong]));
      }
      return add_literal(out_, text);
    }
    add_escaped("text", text);
  }

  /// `text` as it has to stand, known now.
  void add_escaped(std::string_view name, std::string_view text) {
    if (text.empty() && escape_ != Escape::path) return;
    const auto done = fill({{"", std::string(name), escape_}}, {{std::string(name), std::string(text)}});
    if (!done) return fault(done.error().what);
    add_literal(out_, *done);
  }

  void add_name(std::string_view name) {
    if (const auto parameter = names_.parameters.find(std::string(name)); parameter != names_.parameters.end()) {
      return add_parameter(name, parameter->second);
    }
    if (std::ranges::find(names_.at_run, name) == names_.at_run.end()) {
      auto known = names_.at_run;
      for (const auto& [key, value] : names_.parameters) known.push_back(key);
      return fault(
          fmt::format("{{{}}} is neither a parameter nor known here{}", name, settings::suggestion(name, known)));
    }
    out_.push_back({"", std::string(name), escape_});
  }

  void add_parameter(std::string_view name, const Node& value) {
    if (!value.is_scalar()) return fault(fmt::format("{{{}}} is no single value, expected a text", name));
    if (escape_ != Escape::path) return add_escaped(name, value.text);
    std::string_view rest = value.text;
    while (rest.starts_with('/')) rest.remove_prefix(1);
    while (rest.ends_with('/')) rest.remove_suffix(1);
    for (bool more = true; more;) {
      const auto slash = rest.find('/');
      add_escaped(name, rest.substr(0, slash));
      more = slash != std::string_view::npos;
      if (more) add_literal(out_, "/");
      if (more) rest.remove_prefix(slash + 1);
    }
  }

  const Node& node_;
  std::string_view subject_;
  Escape escape_;
  const Names& names_;
  Problems& problems_;
  Template out_;
};

class JsonCompiler {
 public:
  JsonCompiler(std::string_view subject, const Names& names, Problems& problems)
      : subject_(subject), names_(names), problems_(problems) {}

  void add(const Node& node) {
    switch (node.kind) {
      case Node::Kind::null:
        return add_literal(out_, "null");
      case Node::Kind::scalar:
        return add_scalar(node);
      case Node::Kind::list:
        return add_list(node);
      case Node::Kind::map:
        return add_map(node);
    }
  }

  Template take() { return std::move(out_); }

 private:
  void add_list(const Node& node) {
    add_literal(out_, "[");
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (i > 0) add_literal(out_, ",");
      add(node.items[i]);
    }
    add_literal(out_, "]");
  }

  void add_map(const Node& node) {
    add_literal(out_, "{");
    for (std::size_t i = 0; i < node.entries.size(); ++i) {
      add_literal(out_, fmt::format("{}{}:", i > 0 ? "," : "", base::JsonWriter().text(node.entries[i].key).str()));
      add(node.entries[i].value);
    }
    add_literal(out_, "}");
  }

  void add_scalar(const Node& node) {
    const auto name = whole_name(node);
    if (std::ranges::find(kNumbers, name) != kNumbers.end()) {
      return append(Compiler(node, subject_, Escape::json_number, names_, problems_).compile());
    }
    if (!node.quoted && name.empty()) {
      // An unquoted true, null or number means the same in both languages.
      const auto value = parse_json(node.text);
      if (value && !value->is(JsonValue::Kind::string)) return add_literal(out_, node.text);
    }
    add_literal(out_, "\"");
    append(Compiler(node, subject_, Escape::json_text, names_, problems_).compile());
    add_literal(out_, "\"");
  }

  void append(Template parts) {
    for (TemplatePart& part : parts) {
      if (part.name.empty()) {
        add_literal(out_, part.literal);
      } else {
        out_.push_back(std::move(part));
      }
    }
  }

  std::string_view subject_;
  const Names& names_;
  Problems& problems_;
  Template out_;
};

}  // namespace

Template compile_text(const Node& node, std::string_view subject, Escape escape, const Names& names,
                      Problems& problems) {
  return Compiler(node, subject, escape, names, problems).compile();
}

Template compile_path(const Node& node, std::string_view subject, const Names& names, Problems& problems) {
  Template out = Compiler(node, subject, Escape::path, names, problems).compile();
  if (!out.empty() && !out.front().literal.starts_with('/')) {
    problems.add(node.place,
                 fmt::format("{}: does not begin with \"/\", expected a path from the host's root", subject));
  }
  std::string sample;
  for (const TemplatePart& part : out) sample += part.name.empty() ? part.literal : "x";
  if (has_dot_segment(sample)) {
    problems.add(node.place, fmt::format("{}: a part of the path is \".\" or \"..\", expected none", subject));
  }
  return out;
}

Template compile_json(const Node& node, std::string_view subject, const Names& names, Problems& problems) {
  JsonCompiler compiler(subject, names, problems);
  compiler.add(node);
  return compiler.take();
}

Node put_in_parameters(const Node& node, const Parameters& parameters, Problems& problems) {
  if (const auto name = whole_name(node); !name.empty()) {
    const auto found = parameters.find(std::string(name));
    if (found != parameters.end()) {
      Node value = found->second;
      if (value.is_scalar() && value.text.starts_with('$')) value.quoted = true;  // an operator's text, no name
      return value;
    }
    std::vector<std::string> known;
    for (const auto& [key, value] : parameters) known.push_back(key);
    problems.add(node.place, fmt::format("\"{}\" is no parameter{}", node.text, settings::suggestion(name, known)));
    return node;
  }
  Node copy = node;
  for (Node& item : copy.items) item = put_in_parameters(item, parameters, problems);
  for (auto& entry : copy.entries) entry.value = put_in_parameters(entry.value, parameters, problems);
  return copy;
}

}  // namespace ntmd::connectors
