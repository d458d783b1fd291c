#include "daemon/settings/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/utf8.h"

namespace ntmd::settings {
namespace {

constexpr std::size_t kMaxBytes = 8U << 20U;
constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kShownKey = 60;

/// Where lines begin, and what column a byte of one is.
class Lines {
 public:
  Lines(std::string_view file, std::string_view text) : file_(std::make_shared<const std::string>(file)), text_(text) {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }

  [[nodiscard]] std::string_view line(std::size_t index) const {
    if (index >= starts_.size()) return {};
    const auto start = starts_[index];
    const auto end = index + 1 < starts_.size() ? starts_[index + 1] - 1 : text_.size();
    return text_.substr(start, end - start);
  }
  [[nodiscard]] std::size_t size() const { return starts_.size(); }
  /// Both from 0; the column is in bytes. Columns shown count characters, as editors do.
  [[nodiscard]] Place place(std::size_t line_index, std::size_t column) const {
    int characters = 0;
    const auto before = line(line_index).substr(0, column);
    for (const char c : before) characters += (static_cast<unsigned char>(c) & 0xc0U) == 0x80U ? 0 : 1;
    return {file_, static_cast<int>(line_index) + 1, characters + 1};
  }
  [[nodiscard]] Place place(const YAML::Mark& mark) const {
    if (mark.is_null()) return {file_, 0, 0};
    return place(static_cast<std::size_t>(mark.line), static_cast<std::size_t>(mark.column));
  }
  [[nodiscard]] Place place_of_byte(std::size_t at) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), at);
    const auto index = static_cast<std::size_t>(after - starts_.begin()) - 1;
    return place(index, at - starts_[index]);
  }

 private:
  std::shared_ptr<const std::string> file_;
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

/// Leaves the library's recursion; the fault is already told.
struct TooDeep {};
struct SecondDocument {
  YAML::Mark mark;
};

/// Builds the tree from the library's events, which show what its own tree would hide.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const Lines& lines, Problems& problems) : lines_(lines), problems_(problems) {}

  [[nodiscard]] Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) throw SecondDocument{mark};
    started_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { put(make(Node::Kind::null, mark)); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    problems_.add(lines_.place(mark), "alias: not allowed, expected the value itself; write it out");
    Node node = make(Node::Kind::null, mark);
    node.left_out = true;
    put(std::move(node));
  }

  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    problems_.add(lines_.place(mark), fmt::format("anchor \"&{}\": not allowed, expected plain values; remove it",
                                                  base::printable(name, kShownKey)));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    check_tag(mark, tag);
    Node node = make(Node::Kind::scalar, mark);
    node.quoted = tag == "!";
    node.text = value;
    put(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    check_tag(mark, tag);
    open(Node::Kind::list, mark);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    check_tag(mark, tag);
    open(Node::Kind::map, mark);
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or map that is being filled.
  struct Level {
    Node node;
    bool has_key = false;
    bool drop_value = false;  ///< the key was refused
    std::string key;
    Place key_place;
  };

  [[nodiscard]] Node make(Node::Kind kind, const YAML::Mark& mark) const {
    Node node;
    node.kind = kind;
    node.place = lines_.place(mark);
    return node;
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    problems_.add(lines_.place(mark), fmt::format("tag \"{}\": not allowed, expected a plain value; remove it",
                                                  base::printable(tag, kShownKey)));
  }

  void open(Node::Kind kind, const YAML::Mark& mark) {
    if (levels_.size() == kMaxDepth) {
      problems_.add(lines_.place(mark),
                    fmt::format("nesting: deeper than {0} levels, expected at most {0}", kMaxDepth));
      throw TooDeep{};
    }
    levels_.push_back(Level{.node = make(kind, mark), .key = {}, .key_place = {}});
  }

  void close() {
    Node done = std::move(levels_.back().node);
    levels_.pop_back();
    put(std::move(done));
  }

  void put(Node node) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.is_list()) {
      level.node.items.push_back(std::move(node));
    } else if (!level.has_key) {
      take_key(level, node);
    } else {
      level.has_key = false;
      if (level.drop_value) return;
      level.node.entries.push_back(Node::Entry{std::move(level.key), level.key_place, std::move(node)});
    }
  }

  void take_key(Level& level, const Node& key) {
    level.has_key = true;
    level.drop_value = true;
    if (!key.is_scalar()) {
      problems_.add(key.place, "key: not a text, expected a plain word before the colon");
      return;
    }
    if (key.text == "<<" && !key.quoted) {
      problems_.add(key.place, "merge key \"<<\": not allowed, expected the keys themselves; write them out");
      level.node.left_out = true;
      return;
    }
    for (const auto& entry : level.node.entries) {
      if (entry.key != key.text) continue;
      problems_.add(key.place,
                    fmt::format("duplicate key \"{}\": already given in line {}, expected once; remove one of them",
                                base::printable(key.text, kShownKey), entry.key_place.line));
      return;
    }
    level.drop_value = false;
    level.key = key.text;
    level.key_place = key.place;
  }

  const Lines& lines_;
  Problems& problems_;
  std::vector<Level> levels_;
  Node root_;
  bool started_ = false;
};

/// The library takes U+0004 for the end and lets some of these pass; YAML forbids them all.
bool is_forbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
}

bool indented_by_tab(std::string_view line) {
  return line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

constexpr std::string_view kTabFault = "indentation: holds a tab, expected spaces; replace the tab";

/// What can be told before parsing. A line that begins with a tab would silently continue the value above it.
bool check_text(const Lines& lines, std::string_view text, Problems& problems) {
  if (const auto fault = base::utf8_fault(text)) {
    problems.add(lines.place_of_byte(*fault), "text: not UTF-8, expected UTF-8; save the file in that encoding");
    return false;
  }
  if (const auto* bad = std::ranges::find_if(text, is_forbidden); bad != text.end()) {
    problems.add(lines.place_of_byte(static_cast<std::size_t>(bad - text.begin())),
                 fmt::format("text: holds the control character \\x{:02x}, expected none; remove it",
                             static_cast<unsigned char>(*bad)));
    return false;
  }
  const auto before = problems.size();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto line = lines.line(i);
    if (line.starts_with('\t') && !is_blank(line)) problems.add(lines.place(i, 0), kTabFault);
  }
  return problems.size() == before;
}

/// The library takes a quote that is still open at the end for closed when only blanks follow a line's end:
/// a comment there makes it see the fault, and is nothing elsewhere.
std::string with_end_comment(std::string_view text) {
  std::string whole(text);
  const auto last_line = text.substr(text.find_last_of("\r\n") + 1);
  if (last_line.find_first_not_of(" \t") != std::string_view::npos) return whole;
  whole += last_line.empty() ? "#" : "\n#";
  return whole;
}

void add_syntax_fault(const Lines& lines, const YAML::Exception& failed, Problems& problems) {
  const auto index = failed.mark.is_null() ? 0 : static_cast<std::size_t>(failed.mark.line);
  if (indented_by_tab(lines.line(index))) {
    problems.add(lines.place(index, 0), kTabFault);
  } else {
    const bool open_quote = failed.msg == YAML::ErrorMsg::EOF_IN_SCALAR;
    problems.add(lines.place(failed.mark), fmt::format("YAML: {}, expected valid YAML{}", failed.msg,
                                                       open_quote ? "; close the quote that is still open" : ""));
  }
}

}  // namespace

std::optional<Node> parse_yaml(std::string_view file, std::string_view text, Problems& problems) {
  if (text.size() > kMaxBytes) {
    problems.add(fmt::format("{}: {} bytes, expected at most {}", file, text.size(), kMaxBytes));
    return std::nullopt;
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const Lines lines(file, text);
  if (!check_text(lines, text, problems)) return std::nullopt;

  TreeBuilder builder(lines, problems);
  try {
    std::istringstream in(with_end_comment(text));
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const TooDeep&) {
    return std::nullopt;
  } catch (const SecondDocument& second) {
    problems.add(lines.place(second.mark), "document: a second one begins here, expected one in a file");
  } catch (const YAML::Exception& failed) {
    add_syntax_fault(lines, failed, problems);
    return std::nullopt;
  }
  Node root = builder.take();
  if (!root.place.file) root.place = lines.place(0, 0);
  return root;
}

}  // namespace ntmd::settings
