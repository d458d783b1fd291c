// People counted over banks, when the runs of what once counted are kept no more.

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "tests/unit/engine/random_province.h"

using namespace ntmd;
using engine::Event;
using engine::Province;

namespace {

struct Bank {
  Province province{{"bank-x"}};
  std::int64_t received = 1'700'000'000'000'000;

  /// An export of November that names so many people.
  std::string deliver(int day, int people) {
    Event event;
    event.kind = Event::Kind::deliver;
    event.source = "bank-x";
    event.file = fmt::format("2024-11-{:02}.csv", day);
    event.text = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n";
    for (int n = 0; n < people; ++n)
      event.text += fmt::format("00001,0250900000{:02},AN,01/02/1990,TK,01/02/2023,ACTIVE\n", n);
    event.received_us = received += 1'000'000;
    province.happen(event);
    return province.engine().store().deliveries()->back().id;
  }
  void retract(const std::string& delivery) {
    Event event;
    event.kind = Event::Kind::retract;
    event.delivery = delivery;
    province.happen(event);
  }
  rules::Operand holders() {
    const auto pass = province.assess(false);
    for (const auto& verdict : pass.verdicts->by_unit.front().indicators) {
      for (const auto& operand : verdict.operands) {
        if (operand.element_name == "account_holders") return operand;
      }
    }
    throw std::logic_error("no account_holders");
  }
};

}  // namespace

TEST_CASE("many newer exports at once drop the runs of the one that counted, and the newest counts") {
  Bank bank;
  bank.deliver(1, 3);
  CHECK(bank.holders().value == 3);
  for (int day = 2; day <= 8; ++day) bank.deliver(day, day + 10);
  CHECK(bank.holders().value == 18);
}

TEST_CASE("without the runs of what is in force again nothing is known, until its file comes again") {
  Bank bank;
  bank.deliver(1, 3);
  CHECK(bank.holders().value == 3);
  std::vector<std::string> newer;
  for (int day = 2; day <= 5; ++day) {
    newer.push_back(bank.deliver(day, day + 10));
    CHECK(bank.holders().value == day + 10);
  }
  for (const auto& delivery : newer) bank.retract(delivery);
  CHECK(bank.holders().missing == rules::Reason::no_figure);
  CHECK(bank.holders().missing == rules::Reason::no_figure);
  bank.province.restart();
  CHECK(bank.holders().missing == rules::Reason::no_figure);
  bank.deliver(1, 3);
  CHECK(bank.holders().value == 3);
  CHECK(bank.holders().period ==
        model::Period{model::Day::of(2024, 11, 1).value(), model::Day::of(2024, 11, 1).value()});
}
