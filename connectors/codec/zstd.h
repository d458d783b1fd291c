#pragma once
// Zstandard as a stream, both ways.

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "daemon/base/result.h"

namespace ntmd::connectors {

/// Takes the bytes that come out; an error stops the stream, which passes it on.
using ByteSink = std::function<base::Status(std::string_view)>;

/// Bytes in, through, and out; pieces may be cut anywhere. One thread at a time; after an error it is not used again.
struct ByteFilter {
  virtual ~ByteFilter() = default;
  virtual base::Status feed(std::string_view bytes) = 0;
  virtual base::Status finish() = 0;
};

/// With a checksum of the content. Memory: some MiB, whatever the input.
std::unique_ptr<ByteFilter> make_zstd_writer(ByteSink sink);
/// One frame. bad_data when it is damaged, ends early, has something behind it, or holds over `cap` bytes.
std::unique_ptr<ByteFilter> make_zstd_reader(std::uint64_t cap, ByteSink sink);

}  // namespace ntmd::connectors
