// The look-ups that every figure takes must not allocate.

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <new>

#include "tests/unit/units/registers.h"

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  if (void* const memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

namespace ntmd::units {

TEST_CASE("finding a unit by code or portal code allocates nothing") {
  const UnitRegister& units = shipped();
  const auto commune = code("08053");
  const auto today = day("2026-08-01");
  const std::size_t before = allocations.load();
  const auto row = units.find(commune, today);
  const auto by_code = units.resolve("", "08053", today);
  const auto by_gso = units.resolve("gso", "08053", today);
  const auto by_alias = units.resolve("portal", "H44.128", today);
  const std::size_t after = allocations.load();
  CHECK(after == before);
  REQUIRE(row);
  CHECK(by_code.row == *row);
  CHECK(by_gso.row == *row);
  CHECK(by_alias.row == *row);
  const auto copy = std::make_unique<int>(1);
  CHECK(allocations.load() > after);  // the count does count
}

}  // namespace ntmd::units
