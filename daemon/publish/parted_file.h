#pragma once
// A large published file made of parts: those that did not change are taken from the file as it was last written, so
// that neither their texts are kept in memory nor printed again.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/files.h"

namespace ntmd::publish {

class PartedFile {
 public:
  /// It has so many parts, and all are to be printed.
  void arrange(std::size_t parts);
  void change(std::size_t part) { places_[part] = {}; }

  /// A text that is printed each time, and the parts behind it. All parts stand in one stretch, in order.
  struct Stretch {
    std::string_view text;
    std::size_t first = 0;
    std::size_t last = 0;  ///< not included
  };
  using Print = std::function<void(std::size_t part, std::string& out)>;
  /// The whole file into `draft`; of the parts that did not change by copying, unless someone else has touched the file
  /// since.
  base::Result<std::uint64_t> write(base::Draft& draft, std::span<const Stretch> stretches, const Print& print);
  /// The draft was committed: the next file is made from it. After a failure: `arrange`.
  void keep(std::unique_ptr<base::Draft> committed);

 private:
  struct Place {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;  ///< 0: to be printed
  };

  std::unique_ptr<base::Draft> kept_;
  base::FileState left_;       ///< how `kept_` was left
  std::vector<Place> places_;  ///< of the parts in it
  std::vector<Place> next_;    ///< in what `write` wrote
};

}  // namespace ntmd::publish
