#pragma once
// Answers kept by key, in memory that is bounded whatever is asked.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ntmd::connectors {

/// `Key`: default-made it is no key anybody asks for; has `hash()` and `==`. Grows with the distinct keys up to `kMost`
/// answers, then begins anew. One thread at a time.
template <class Key, class Answer>
class MemoTable {
 public:
  static constexpr std::size_t kMost = std::size_t{1} << 16U;

  /// What `make` said for `key` when it was asked first.
  template <class Make>
  Answer find(const Key& key, Make&& make) {
    auto at = key.hash() & mask_;
    while (true) {
      const Slot& slot = slots_[at];
      if (slot.key == key) return slot.answer;
      if (slot.key == Key()) return keep(key, std::forward<Make>(make)());
      at = (at + 1) & mask_;
    }
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kFewest = 256;
  struct Slot {
    Key key;
    Answer answer{};
  };

  /// At most half of the slots are taken, so that a search ends soon.
  Answer keep(const Key& key, Answer answer) {
    if (size_ == kMost) {
      slots_.assign(slots_.size(), Slot());
      size_ = 0;
    } else if (2 * (size_ + 1) > slots_.size()) {
      grow();
    }
    put({key, answer});
    return answer;
  }
  void grow() {
    const auto before = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
    mask_ = slots_.size() - 1;
    size_ = 0;
    for (const auto& slot : before) {
      if (slot.key != Key()) put(slot);
    }
  }
  void put(const Slot& given) {
    auto at = given.key.hash() & mask_;
    while (slots_[at].key != Key()) at = (at + 1) & mask_;
    slots_[at] = given;
    ++size_;
  }

  std::vector<Slot> slots_ = std::vector<Slot>(kFewest);
  std::size_t mask_ = kFewest - 1;
  std::size_t size_ = 0;
};

}  // namespace ntmd::connectors
