"""Pools the bank rows are put together from: names, birth dates, account tails, and what a broken row looks like."""

import dataclasses
import datetime
import random
import unicodedata

from working_age import is_working_age

BANKS = ("vcb", "agribank", "bidv", "mb", "viettelmoney")
BANK_WEIGHTS = (24, 30, 20, 14, 12)
PROVINCES = ("025", "026", "017", "001", "036", "024", "019", "030", "033", "034", "035", "037",
             "038", "040", "042", "010", "015", "014", "008", "006", "004", "002", "020", "022")

FAMILY = "Nguyễn Trần Lê Phạm Hoàng Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Hà Đinh Cao Quách Khuất".split()
MIDDLE_MEN = "Văn Đức Hữu Quang Minh Đình Xuân Công Mạnh Tuấn".split()
MIDDLE_WOMEN = "Thị Thu Thanh Ngọc Bích Kim Phương Hồng Mỹ Diệu".split()
GIVEN_MEN = "An Bình Cường Dũng Đạt Giang Hải Hùng Khánh Long Nam Phúc Quân Sơn Tú Việt Thắng Trường Huy Kiên".split()
GIVEN_WOMEN = "Anh Chi Dung Hạnh Hoa Hương Lan Loan Mai Nga Nhung Oanh Quỳnh Thảo Trang Tuyết Uyên Vân Yến Hòa".split()


def without_accents(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text


def names(rng: random.Random, count: int) -> list[tuple[str, str]]:
    """CSV fields, ready quoted: as the person writes it, and as banks print it (upper case, no accents)."""
    found = []
    for index in range(count):
        women = index % 2
        middle, given = (MIDDLE_WOMEN, GIVEN_WOMEN) if women else (MIDDLE_MEN, GIVEN_MEN)
        name = f"{rng.choice(FAMILY)} {rng.choice(middle)} {rng.choice(given)}"
        upper = without_accents(name).upper()
        if index % 61 == 7:
            name, upper = f"{name}, chủ hộ", f"{upper}, CHU HO"
        elif index % 97 == 11:
            name = name.replace(" ", ' "Tý" ', 1)
        found.append((quoted(name), quoted(upper)))
    return found


@dataclasses.dataclass(frozen=True)
class Birth:
    text: str  # dd/MM/yyyy
    digits: str  # century and sex, then the year's two digits, as in a citizen number
    working: bool


def births(rng: random.Random, count: int, days: list[datetime.date]) -> list[Birth]:
    """Mostly of working age, some children and pensioners; whoever changes sides between two of `days` is left out."""
    first = min(days)
    found: list[Birth] = []
    while len(found) < count:
        years = rng.choices(((15, 58), (3, 15), (58, 95)), (88, 4, 8))[0]
        born = first - datetime.timedelta(days=rng.randrange(years[0] * 365, years[1] * 365))
        female = rng.random() < 0.5
        answers = {is_working_age(born, female, day) for day in days}
        if len(answers) == 1:
            digit = (0 if born.year < 2000 else 2) + female
            found.append(Birth(born.strftime("%d/%m/%Y"), f"{digit}{born.year % 100:02d}", answers.pop()))
    return found


def account_tails(rng: random.Random, count: int, closed_share: float, last: datetime.date) -> list[tuple[str, bool]]:
    """`loai_tk,ngay_mo,trang_thai` with whether the account is active."""
    kinds = ["TK thanh toán", "Ví điện tử", "THẺ", quoted("Tiết kiệm, kỳ hạn"), "TK"]
    found = []
    for _ in range(count):
        opened = last - datetime.timedelta(days=rng.randrange(30, 3650))
        active = rng.random() >= closed_share
        found.append((f"{rng.choice(kinds)},{opened.strftime('%d/%m/%Y')},{'ACTIVE' if active else 'CLOSED'}", active))
    return found


# Each makes one row that must be quarantined; the people in them count nowhere.
BROKEN = (
    lambda unit, citizen, name, born: f"{unit},{citizen[1:]},{name},{born},TK,05/03/2021,ACTIVE",
    lambda unit, citizen, name, born: f"{unit},{citizen[:5]}O{citizen[6:]},{name},{born},TK,05/03/2021,ACTIVE",
    lambda unit, citizen, name, born: f"{unit},,{name},{born},TK,05/03/2021,ACTIVE",
    lambda unit, citizen, name, born: f"{unit},{citizen}7,{name},{born},TK,05/03/2021,ACTIVE",
    lambda unit, citizen, name, born: f"{unit},{citizen},{name},31/02/1990,TK,05/03/2021,ACTIVE",
    lambda unit, citizen, name, born: f"{unit},{citizen},{name},1990-02-14,TK,05/03/2021,ACTIVE",
    lambda unit, citizen, name, born: f"{unit},{citizen},{name},{born},TK,31/04/2021,ACTIVE",
    lambda unit, citizen, name, born: f"{unit},{citizen},{name},,TK,05/03/2021,ACTIVE",
    lambda unit, citizen, name, born: f"99999,{citizen},{name},{born},TK,05/03/2021,ACTIVE",
    lambda unit, citizen, name, born: f",{citizen},{name},{born},TK,05/03/2021,ACTIVE",
    lambda unit, citizen, name, born: f"{unit},{citizen},{name},{born},TK,05/03/2021,LOCKED",
    lambda unit, citizen, name, born: f"{unit},{citizen},{name},{born},TK,05/03/2021,",
)
