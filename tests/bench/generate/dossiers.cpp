#include "tests/bench/generate/dossiers.h"

#include <array>
#include <deque>
#include <string_view>

#include "tests/bench/generate/names.h"
#include "tests/bench/generate/output_file.h"
#include "tests/bench/generate/random.h"

namespace ntmd::bench {
namespace {

constexpr std::size_t kWaitMost = 4096;  // dossiers that are to be told again, at most
constexpr std::array<std::string_view, 8> kProcedures{"Cấp bản sao trích lục hộ tịch",
                                                      "Đăng ký khai sinh",
                                                      "Đăng ký kết hôn",
                                                      "Chứng thực bản sao từ bản chính",
                                                      "Đăng ký biến động đất đai",
                                                      "Cấp giấy phép \\\"xây dựng\\\" nhà ở riêng lẻ",
                                                      "Đăng ký thường trú",
                                                      "Hỗ trợ chi phí mai táng"};

/// A JSON string's inside from a CSV field.
std::string json_text(const std::string& field) {
  std::string text;
  const bool quoted = field.front() == '"';
  for (std::size_t i = quoted ? 1 : 0; i < field.size() - (quoted ? 1 : 0); ++i) {
    if (field[i] == '"') {
      text += "\\\"";
      ++i;
    } else if (field[i] == '\n') {
      text += "\\n";
    } else {
      text += field[i];
    }
  }
  return text;
}

struct Telling {
  std::string number;  ///< MaHoSo: names where and when it was received first, whatever moves later
  std::uint32_t commune = 0;
  std::uint32_t day = 0;    ///< of receipt, from the first
  char channel = '2';       ///< 1 counter, 2 online, 3 post, 0 none told
  std::uint32_t state = 0;  ///< 1 to 10
  [[nodiscard]] bool received() const { return state != 1 && state != 3; }
  [[nodiscard]] bool ended() const { return state >= 9; }
};

class Writer {
 public:
  Writer(const std::filesystem::path& file, const DossierPlan& plan)
      : plan_(plan), file_(file), draws_(plan.seed ^ 0xD0551E5ULL) {
    for (const Name& name : make_names(1U << 12U, plan.seed)) names_.push_back(json_text(name.written));
    days_ = static_cast<std::uint32_t>((plan.last - plan.first).count() + 1);
    written_.received.resize(plan.communes.size());
    written_.online.resize(plan.communes.size());
    dossiers_.resize(plan.communes.size());
  }

  DossiersWritten run(std::uint64_t lines) {
    for (std::uint64_t number = 1; written_.lines < lines; ++number) {
      if (!again_.empty() && draws_.below(100) < 2) tell_again();
      if (written_.lines < lines) tell_first(number);
    }
    file_.close();
    for (const std::uint64_t count : dossiers_) written_.has_dossiers.push_back(count > 0);
    return std::move(written_);
  }

 private:
  void tell_first(std::uint64_t number) {
    Telling told;
    told.commune = draws_.below(static_cast<std::uint32_t>(plan_.communes.size()));
    told.day = draws_.below(days_);
    told.channel = channel();
    told.state = state();
    told.number = "H44." + plan_.communes[told.commune] + "-" + std::to_string(date(told.day) % 1'000'000) + "-" +
                  std::to_string(number);
    if (tell(told) && again_.size() < kWaitMost && draws_.below(32) == 0) again_.push_back(told);
  }

  void tell_again() {
    const Telling before = std::move(again_.front());
    again_.pop_front();
    Telling told = before;
    switch (draws_.below(4)) {
      case 0:
        told.state = state();
        break;
      case 1:
        told.channel = channel();
        break;
      case 2:
        told.day = draws_.below(days_);
        break;
      default:
        told.commune = draws_.below(static_cast<std::uint32_t>(plan_.communes.size()));
        break;
    }
    ++written_.again;
    if (tell(told)) count(before, ~std::uint64_t{0});
  }

  char channel() {
    constexpr std::string_view kOf = "2222222222222113";
    return draws_.below(50) == 0 ? '0' : kOf[draws_.below(kOf.size())];
  }
  std::uint32_t state() {
    constexpr std::array<std::uint8_t, 16> kOf{10, 10, 10, 10, 10, 9, 9, 9, 4, 4, 2, 5, 6, 7, 8, 3};
    return draws_.below(64) == 0 ? 1 : kOf[draws_.below(kOf.size())];
  }

  void count(const Telling& told, std::uint64_t by) {
    dossiers_[told.commune] += by;
    if (!told.received()) return;
    written_.received[told.commune] += by;
    if (told.channel == '2') written_.online[told.commune] += by;
  }

  /// False when the line is a bad one.
  bool tell(const Telling& told) {
    const bool bad = draws_.below(100) == 0;
    const std::uint32_t way = bad ? draws_.below(8) : 99;
    put(told, way);
    ++written_.lines;
    written_.bad += bad;
    if (!bad) count(told, 1);
    return !bad;
  }

  /// As the number 20241130.
  [[nodiscard]] std::uint32_t date(std::uint32_t day) const {
    const std::chrono::year_month_day parts{plan_.first + std::chrono::days{day}};
    return static_cast<std::uint32_t>(static_cast<int>(parts.year())) * 10000 +
           static_cast<unsigned>(parts.month()) * 100 + static_cast<unsigned>(parts.day());
  }

  void moment(std::string_view field, std::uint32_t day, std::string_view spoiled = {}) {
    line_.append(",\"").append(field).append("\":\"");
    if (!spoiled.empty()) {
      line_.append(spoiled);
    } else {
      const std::uint32_t second = draws_.below(9 * 3600);
      line_.append(std::to_string(date(day)));
      for (const std::uint32_t part : {8 + second / 3600, second / 60 % 60, second % 60}) {
        line_.push_back(static_cast<char>('0' + part / 10));
        line_.push_back(static_cast<char>('0' + part % 10));
      }
    }
    line_.push_back('"');
  }
  void text(std::string_view field, std::string_view value) {
    line_.append(",\"").append(field).append("\":\"").append(value).push_back('"');
  }

  void put(const Telling& told, std::uint32_t way) {
    const std::string& commune = plan_.communes[told.commune];
    line_.assign("{\"MaHoSo\":\"").append(way == 0 ? "" : told.number).push_back('"');
    const std::uint32_t procedure = draws_.below(kProcedures.size());
    text("MaTTHC", "2.00081" + std::to_string(procedure));
    text("TenTTHC", kProcedures[procedure]);
    text("MaLinhVuc", "LV0" + std::to_string(procedure / 2));
    if (told.channel != '0') {
      text("KenhThucHien", way == 1 ? "7" : std::string_view(&told.channel, 1));
    } else {
      line_.append(way == 1 ? ",\"KenhThucHien\":\"9\"" : ",\"KenhThucHien\":null");
    }
    text("ChuHoSo", names_[draws_.below(static_cast<std::uint32_t>(names_.size()))]);
    text("SoGiayToChuHoSo", "025" + std::to_string(100'000'000 + draws_.below(900'000'000)));
    text("LoaiDoiTuong", "1");
    moment("NgayNopHoSo", told.day, way == 2 ? "20240231080000" : "");
    if (told.received()) {
      moment("NgayTiepNhan", told.day, way == 3 ? "03/08/2024" : "");
    } else {
      line_.append(way == 3 ? ",\"NgayTiepNhan\":\"2024\"" : ",\"NgayTiepNhan\":\"\"");
    }
    moment("NgayHenTra", told.day + 10);
    if (told.ended()) {
      moment("NgayTra", told.day);
      moment("NgayKetThucXuLy", told.day, way == 4 ? "20241301100000" : "");
    } else {
      line_.append(",\"NgayTra\":\"\",\"NgayKetThucXuLy\":\"").append(way == 4 ? "qua han" : "").append("\"");
    }
    if (way != 5) text("TrangThaiHoSo", std::to_string(told.state));
    text("DonViXuLy", way == 6 ? "H44.999" : std::string_view(commune));
    text("MucDo", "4");
    line_.append(R"(,"DanhSachGiayToKetQua":[{"MaGiayToKetQua":"KQ)").append(told.number);
    line_.append(R"(","DuongDanTepTinKetQua":""}]})");
    if (way == 7) line_.resize(18);
    line_.push_back('\n');
    file_.put(line_);
  }

  const DossierPlan& plan_;
  OutputFile file_;
  Draws draws_;
  std::uint32_t days_ = 0;
  std::vector<std::string> names_;
  std::deque<Telling> again_;            // good ones to be told again, each once
  std::vector<std::uint64_t> dossiers_;  // by commune, whatever their state
  std::string line_;
  DossiersWritten written_;
};

}  // namespace

DossiersWritten write_dossiers(const std::filesystem::path& file, const DossierPlan& plan, std::uint64_t lines) {
  return Writer(file, plan).run(lines);
}

}  // namespace ntmd::bench
