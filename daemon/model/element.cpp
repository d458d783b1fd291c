#include "daemon/model/element.h"

#include <utility>

namespace ntmd::model {

ElementId ElementTable::put(Element element) {
  element.id = names_.intern(element.name);
  if (place_.size() <= element.id) place_.resize(element.id + std::size_t{1}, 0);
  auto& place = place_[element.id];
  const ElementId id = element.id;
  if (place == 0) {
    elements_.push_back(std::move(element));
    place = elements_.size();
  } else {
    elements_[place - 1] = std::move(element);
  }
  return id;
}

const Element* ElementTable::find(std::string_view name) const {
  const auto id = names_.find(name);
  return id ? get(*id) : nullptr;
}

const Element* ElementTable::get(ElementId id) const {
  if (id >= place_.size() || place_[id] == 0) return nullptr;
  return &elements_[place_[id] - 1];
}

}  // namespace ntmd::model
