#pragma once
// Three-valued truth and "not applicable", with the logic of the criteria (domain §5).

#include <cstdint>

namespace ntmd::model {

/// Values are frozen: they are stored.
enum class Truth : std::uint8_t { f = 0, t = 1, u = 2, n = 3 };

/// AND over the applicable: any F is F, else any U is U, else T; N is left out (N and N is N).
constexpr Truth operator&(Truth a, Truth b) {
  if (a == Truth::n) return b;
  if (b == Truth::n) return a;
  if (a == Truth::f || b == Truth::f) return Truth::f;
  if (a == Truth::u || b == Truth::u) return Truth::u;
  return Truth::t;
}

/// "T", "F", "U" or "N".
constexpr char letter(Truth truth) {
  switch (truth) {
    case Truth::t:
      return 'T';
    case Truth::f:
      return 'F';
    case Truth::u:
      return 'U';
    case Truth::n:
      return 'N';
  }
  return 'U';
}

}  // namespace ntmd::model
