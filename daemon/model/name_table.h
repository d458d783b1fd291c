#pragma once
// Names as small numbers, in the order of first use.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ntmd::model {

/// Ids are dense from 0 and never change. Not thread-safe while names are added.
class NameTable {
 public:
  using Id = std::uint32_t;

  Id intern(std::string_view name) {
    if (const auto found = ids_.find(name); found != ids_.end()) return found->second;
    const auto id = static_cast<Id>(names_.size());
    ids_.emplace(names_.emplace_back(name), id);
    return id;
  }
  [[nodiscard]] std::optional<Id> find(std::string_view name) const {
    const auto found = ids_.find(name);
    return found == ids_.end() ? std::nullopt : std::optional<Id>(found->second);
  }
  [[nodiscard]] const std::string& name(Id id) const { return names_.at(id); }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  std::deque<std::string> names_;  // stable addresses: the keys below look into it
  std::unordered_map<std::string_view, Id> ids_;
};

}  // namespace ntmd::model
