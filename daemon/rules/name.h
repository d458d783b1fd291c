#pragma once
// Names that stand in very many verdicts: each text is held once.

#include <string>
#include <string_view>

namespace ntmd::rules {

/// As small as a pointer. Texts are kept until the process ends: elements and sources, not what people type.
/// Thread-safe; making one from a text takes a look-up.
class Name {
 public:
  Name() : text_(&kNone) {}
  explicit Name(std::string_view text) : text_(&held(text)) {}
  Name& operator=(std::string_view text) { return *this = Name(text); }

  [[nodiscard]] const std::string& str() const { return *text_; }
  [[nodiscard]] bool empty() const { return text_->empty(); }
  operator std::string_view() const { return *text_; }
  operator const std::string&() const { return *text_; }

  friend bool operator==(const Name& a, const Name& b) { return a.text_ == b.text_; }
  friend bool operator==(const Name& a, std::string_view b) { return *a.text_ == b; }

 private:
  static const std::string& held(std::string_view text);
  static const std::string kNone;

  const std::string* text_;
};

}  // namespace ntmd::rules
