#include "tests/bench/generate/names.h"

#include <array>
#include <cstdint>
#include <string_view>

#include "tests/bench/generate/random.h"

namespace ntmd::bench {
namespace {

struct Word {
  std::string_view written;
  std::string_view capitals;
};

constexpr std::array kFamily{
    Word{"Nguyễn", "NGUYEN"}, Word{"Trần", "TRAN"},   Word{"Lê", "LE"},       Word{"Phạm", "PHAM"},
    Word{"Hoàng", "HOANG"},   Word{"Phan", "PHAN"},   Word{"Vũ", "VU"},       Word{"Đặng", "DANG"},
    Word{"Bùi", "BUI"},       Word{"Đỗ", "DO"},       Word{"Ngô", "NGO"},     Word{"Dương", "DUONG"},
    Word{"Lý", "LY"},         Word{"Quách", "QUACH"}, Word{"Khuất", "KHUAT"}, Word{"Hà", "HA"}};
constexpr std::array kMiddle{Word{"Văn", "VAN"},   Word{"Đức", "DUC"},   Word{"Hữu", "HUU"},   Word{"Quang", "QUANG"},
                             Word{"Thị", "THI"},   Word{"Thu", "THU"},   Word{"Ngọc", "NGOC"}, Word{"Bích", "BICH"},
                             Word{"Minh", "MINH"}, Word{"Xuân", "XUAN"}, Word{"Hồng", "HONG"}, Word{"Mỹ", "MY"}};
constexpr std::array kGiven{
    Word{"An", "AN"},         Word{"Bình", "BINH"},   Word{"Cường", "CUONG"},   Word{"Dũng", "DUNG"},
    Word{"Đạt", "DAT"},       Word{"Giang", "GIANG"}, Word{"Hải", "HAI"},       Word{"Hùng", "HUNG"},
    Word{"Hương", "HUONG"},   Word{"Lan", "LAN"},     Word{"Mai", "MAI"},       Word{"Nhung", "NHUNG"},
    Word{"Phương", "PHUONG"}, Word{"Quỳnh", "QUYNH"}, Word{"Thảo", "THAO"},     Word{"Tuyết", "TUYET"},
    Word{"Yến", "YEN"},       Word{"Thắng", "THANG"}, Word{"Trường", "TRUONG"}, Word{"Kiên", "KIEN"}};

template <std::size_t kCount>
const Word& one_of(const std::array<Word, kCount>& words, Draws& draws) {
  return words[draws.below(kCount)];
}

}  // namespace

std::vector<Name> make_names(std::size_t count, std::uint64_t seed) {
  std::vector<Name> names;
  names.reserve(count);
  Draws draws(seed);
  for (std::size_t index = 0; index < count; ++index) {
    const Word& family = one_of(kFamily, draws);
    const Word& middle = one_of(kMiddle, draws);
    const Word& given = one_of(kGiven, draws);
    Name name;
    for (const auto& [out, part] : {std::pair{&name.written, &Word::written}, {&name.capitals, &Word::capitals}}) {
      const std::string first(family.*part);
      const std::string rest = " " + std::string(middle.*part) + " " + std::string(given.*part);
      if (index % 31 == 7) {
        *out = "\"" + first + rest + ", " + (out == &name.written ? "chủ hộ" : "CHU HO") + "\"";
      } else if (index % 97 == 11) {
        *out = "\"" + first + " \"\"" + (out == &name.written ? "Tý" : "TY") + "\"\"" + rest + "\"";
      } else if (index % 1024 == 500) {
        *out = "\"" + first + "\n" + rest + "\"";
      } else {
        *out = first + rest;
      }
    }
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace ntmd::bench
