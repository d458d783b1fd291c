#pragma once
// Distinct people per commune: keys are parted by commune while files are read, and told apart part by part.

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace ntmd::bench {

/// Keys of one thread, in parts that a core's cache holds.
class Parted {
 public:
  static constexpr std::size_t kParts = 256;

  void add(std::uint32_t commune, std::uint64_t number) {
    const std::uint64_t key = static_cast<std::uint64_t>(commune) << 40U | number;
    if (key == last_) return;  // the next account of the same person
    last_ = key;
    Part& part = parts_[commune % kParts];
    if (part.left == 0) grow(part);
    part.chunks.back()[kChunk - part.left--] = key;
  }

 private:
  friend void count_part(std::size_t, const std::vector<Parted>&, std::vector<std::uint64_t>&,
                         std::vector<std::uint64_t>&);
  static constexpr std::size_t kChunk = 1024;
  struct Part {
    std::vector<std::unique_ptr<std::uint64_t[]>> chunks;
    std::size_t left = 0;
  };
  static void grow(Part& part);

  std::array<Part, kParts> parts_;
  std::uint64_t last_ = ~0ULL;
};

/// Adds the people of every commune of one part to `counts`, by commune. `room` is memory to be used again.
void count_part(std::size_t part, const std::vector<Parted>& threads, std::vector<std::uint64_t>& counts,
                std::vector<std::uint64_t>& room);

}  // namespace ntmd::bench
