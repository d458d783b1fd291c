#pragma once
// One input read side by side: cut into pieces of whole rows, decoded and mapped by whoever has time, taken in order.

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "connectors/codec/piece_reader.h"
#include "connectors/map/mapper.h"
#include "connectors/map/quarantine.h"
#include "daemon/base/result.h"
#include "daemon/base/work_sharing.h"
#include "daemon/engine/stage.h"

namespace ntmd::engine {

/// Gives the same rows, refusals and answer as feeding the decoder, whatever the sizes and whoever works: pieces are
/// taken in their order, and one that was cut wrongly goes through the decoder itself. Memory: a fixed number of
/// pieces. All calls on one thread.
class Lanes {
 public:
  /// All outlive the lanes; `stage` is one that has parts.
  struct Way {
    connectors::Decoder& decoder;
    connectors::Quarantine& quarantine;
    Stage& stage;
    std::function<std::unique_ptr<connectors::RecordMapper>()> make_mapper;
  };
  static constexpr std::size_t kPiece = std::size_t{512} << 10U;

  Lanes(Way way, base::ShareWork share, std::size_t piece = kPiece);
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  /// Where the bytes that are fed next may be put: they are not copied then. Empty: nowhere.
  std::span<char> room();
  /// As Decoder::feed, but what is wrong may be told later.
  base::Status feed(std::string_view bytes);
  /// Everything fed has gone through the decoder or past it; its `finish` is next.
  base::Status finish();

 private:
  struct Piece;
  struct Lane;
  struct Crew;
  [[nodiscard]] bool aligned() const;
  base::Status align(std::string_view& bytes);
  base::Status fill(std::string_view& bytes);
  base::Status send();
  base::Status take_first();
  base::Status take_all();
  Piece& free_piece();

  Way way_;
  base::ShareWork share_;
  std::size_t size_;
  std::shared_ptr<Crew> crew_;
};

}  // namespace ntmd::engine
