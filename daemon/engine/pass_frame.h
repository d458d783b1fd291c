#pragma once
// What a pass judged under, beside the facts. Kept with what it decided, so that it can be told and judged again.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/engine/setup.h"

namespace ntmd::engine {

struct PassFrame {
  struct Source {
    std::string id;
    std::int64_t warn_after_ms = 0;
    std::int64_t error_after_ms = 0;
    bool operator==(const Source&) const = default;
  };
  model::Day boundaries;
  std::vector<std::string> criteria;  ///< sha256, in the order of the config
  std::vector<Source> sources;        ///< by id
  std::string elements;               ///< digest of what decides between the figures of an element
  std::string units;                  ///< digest of the register and its lineage
  bool operator==(const PassFrame&) const = default;
};

std::vector<PassFrame::Source> sources_of(const Setup& setup);
PassFrame frame_of(const Setup& setup, model::Day day);
std::string frame_text(const PassFrame& frame);
/// The inverse; bad_data when it is another text.
base::Result<PassFrame> read_frame(std::string_view text);

}  // namespace ntmd::engine
