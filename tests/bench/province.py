"""A generated province as ntmd takes one: its config, its communes, five banks' exports, and what must be found in them."""

import contextlib
import dataclasses
import datetime
import functools
import itertools
import json
import pathlib
import shutil
import sys
import typing

from answer import Answer
from measuring import call
from sizes import Size

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "sim"))

import facts  # noqa: E402
from working_age import is_working_age, retirement_months  # noqa: E402

DAY = datetime.date(2024, 12, 1)
BANKS = ("vcb", "agribank", "bidv", "mb", "viettelmoney")
SEED = 20241201
CRITERIA = ROOT / "config" / "criteria" / "xa-thong-minh-2024.yaml"
CONFIG = """\
province: "25"
timezone: Asia/Ho_Chi_Minh
data_dir: var
publish_dir: public
units: {registers: [units.csv]}
criteria: [xa-thong-minh-2024.yaml]
sources: sources.d
log: {level: warn}
"""
SOURCE = """\
id: bank-{bank}
connector: bank-accounts-csv
with: {{dir: ../in, match: "{bank}_*.csv", bank: {bank}}}
schedule: {{cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}}
"""


def fresh(folder: pathlib.Path) -> pathlib.Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@dataclasses.dataclass(frozen=True)
class BirthRange:
    """Who counts on a day: born after `after`, on or before `last`."""
    after: datetime.date
    last: datetime.date


def birth_range(female: bool, on: datetime.date) -> BirthRange:
    """Found by asking for every day, so that it says what is_working_age says."""
    day = datetime.timedelta(days=1)
    born = [on - day * back for back in range(100 * 366)]
    counting = [one for one in born if is_working_age(one, female, on)]
    return BirthRange(counting[-1] - day, counting[0])


@dataclasses.dataclass(frozen=True)
class Exports:
    day: datetime.date
    files: dict[str, pathlib.Path]  # by bank
    rows: int
    answer: Answer
    communes: pathlib.Path  # a code per line

    @property
    def size(self) -> int:
        return sum(file.stat().st_size for file in self.files.values())

    @functools.cached_property
    def men(self) -> BirthRange:
        return birth_range(False, self.day)

    @functools.cached_property
    def women(self) -> BirthRange:
        return birth_range(True, self.day)


@dataclasses.dataclass(frozen=True)
class Dossiers:
    day: datetime.date
    file: pathlib.Path
    rows: int
    answer: Answer  # by commune those received, by commune/online those of them that came online
    communes: pathlib.Path


class Province:
    """A folder of its own; what ntmd makes in it is removed by `forget`."""

    def __init__(self, folder: pathlib.Path, size: Size, generator: pathlib.Path, sources: dict[str, str] | None = None):
        """`sources`: by id what its file says; the five banks unless given."""
        self.folder, self.size, self.generator = fresh(folder), size, generator
        self.times_forgotten = itertools.count()
        self.config = folder / "ntmd.yaml"
        self.config.write_text(CONFIG)
        shutil.copy(CRITERIA, folder)
        (folder / "sources.d").mkdir()
        for name, text in (sources or {f"bank-{bank}": SOURCE.format(bank=bank) for bank in BANKS}).items():
            (folder / "sources.d" / f"{name}.yaml").write_text(text)
        lines = real_register() if size.communes == 225 else invented_register(size.communes)
        (folder / "units.csv").write_text("".join(lines), encoding="utf-8")
        (folder / "communes").write_text("".join(line.partition(",")[0] + "\n" for line in lines[1:]))

    @property
    def store(self) -> pathlib.Path:
        return self.folder / "var" / "ntmd.db"

    @property
    def inputs(self) -> pathlib.Path:
        return self.folder / "in"

    def generate(self, change: str = "none", day: datetime.date = DAY) -> Exports:
        """The exports of `day` instead of those before. `change`: none, scattered (1 % of the people), few (communes)."""
        fresh(self.inputs)
        return self.generate_into(self.inputs, change, day)

    def generate_into(self, folder: pathlib.Path, change: str = "none", day: datetime.date = DAY) -> Exports:
        known = self.folder / "answer.json"
        call(self.generator, "banks", folder, self.size.rows, "--communes", self.folder / "communes", "--day", day,
             "--first-day", DAY, "--men", retirement_months(day.year, False), "--women", retirement_months(day.year, True),
             "--seed", SEED, "--change", change, "--answer", known)
        told = json.loads(known.read_text())
        return Exports(day, {bank: folder / f"{bank}_{day}.csv" for bank in BANKS}, told["rows"],
                       Answer(told["counted"], told["bad"]), self.folder / "communes")

    def generate_dossiers(self) -> Dossiers:
        """Of the year up to DAY, instead of the inputs before."""
        known, file = self.folder / "answer.json", fresh(self.inputs) / "dossiers.ndjson"
        call(self.generator, "dossiers", file, self.size.rows, "--communes", self.folder / "communes", "--first-day",
             DAY.replace(month=1, day=1), "--day", DAY - datetime.timedelta(days=1), "--seed", SEED, "--answer", known)
        told = json.loads(known.read_text())
        return Dossiers(DAY, file, told["rows"], Answer(told["counted"], told["bad"]), self.folder / "communes")

    @contextlib.contextmanager
    def beside(self, change: str, day: datetime.date) -> typing.Iterator[Exports]:
        """Another day's exports in a folder of their own, gone afterwards."""
        folder = fresh(self.folder / f"in-{day}")
        try:
            yield self.generate_into(folder, change, day)
        finally:
            shutil.rmtree(folder)

    @contextlib.contextmanager
    def shown(self, exports: Exports) -> typing.Iterator[None]:
        """Those of `beside` instead of the inputs. Folders are renamed: the files stay as they are on disk."""
        other, kept = next(iter(exports.files.values())).parent, self.folder / "in-before"
        self.inputs.rename(kept)
        other.rename(self.inputs)
        try:
            yield
        finally:
            self.inputs.rename(other)
            kept.rename(self.inputs)

    def forget(self) -> None:
        """As before ntmd ran here first. What it made is put aside and not removed: for seconds after hundreds of files went
        a file system makes new ones slowly, which is nobody's cost but the bench's own."""
        gone = self.folder / "gone" / str(next(self.times_forgotten))
        for made in ("var", "public"):
            if (self.folder / made).exists():
                gone.mkdir(parents=True, exist_ok=True)
                (self.folder / made).rename(gone / made)

    def remove(self) -> None:
        shutil.rmtree(self.folder)


def real_register() -> list[str]:
    units = ROOT / "config" / "units" / "units.csv"
    day = DAY.isoformat()
    head, *lines = units.read_text(encoding="utf-8").splitlines(keepends=True)
    valid = {row["code"] for row in facts.rows(units)
             if row["valid_from"] <= day and (not row["valid_to"] or day <= row["valid_to"])}
    return [head] + [line for line in lines if line.partition(",")[0] in valid and line.split(",")[4] <= day]


def invented_register(communes: int) -> list[str]:
    lines = [f"{number:05d},Xã Thứ {number},xa,{number // 20:03d},2020-01-01,\n" for number in range(1, communes + 1)]
    return ["code,name,kind,group,valid_from,valid_to\n"] + lines
