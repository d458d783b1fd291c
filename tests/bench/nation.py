"""A whole country's figures: 10,600 communes, 40 elements, 12 months, and a register of documents; the same for the same day."""

import dataclasses
import datetime
import pathlib
import shutil
import socket
import subprocess
import typing

from measuring import Failed
from province import CRITERIA, fresh, invented_register

MONTHS = 12
ELEMENTS = 40
# Of the shipped criteria: what is divided by what, in per cent, and what papers are asked for. A count has no divisor.
FIGURES = {"1.1.1": ("adults_with_smartphone", "adults", 85), "1.1.2": ("officials_with_smartphone", "officials", 100),
           "1.2.1": ("dossiers_online", "dossiers", 75), "1.3.1": ("account_holders", "working_age", 85),
           "1.3.2": ("businesses_with_epayment", "businesses", 70), "1.3.3": ("traceability_sites", None, 1),
           "1.4.1": ("residential_areas_with_connected_camera", "residential_areas", 100)}
PAPERS = {"1.1.1": ("confirm_area", "confirm_commune"), "1.1.2": ("confirm_commune",), "1.2.1": ("inspection",),
          "1.2.2": ("inspection",), "1.2.3": ("decision", "plan", "activity"), "1.2.4": ("channel",),
          "1.2.5": ("radio", "website", "social"), "1.3.1": ("confirm_area", "confirm_commune"),
          "1.3.2": ("confirm_area", "confirm_commune"), "1.3.3": ("inspection",), "1.4.1": ("channel",),
          "1.4.2": ("inspection",), "1.4.3": ("inspection",)}
FLOWS = ("dossiers", "dossiers_online", "dossiers_resolved", "dossiers_resolved_online", "telehealth_encounters")
SUPPORTING = ("dossiers_resolved", "dossiers_resolved_online", "telehealth_encounters", "residential_areas_on_platform",
              "health_facilities", "health_facilities_synced", "schools", "schools_digital")

CONFIG = """\
province: "25"
timezone: Asia/Ho_Chi_Minh
data_dir: var
publish_dir: public
units: {{registers: [units.csv]}}
criteria: [{criteria}]
elements: [elements.yaml]
sources: sources.d
http: {{listen: "127.0.0.1:{port}"}}
log: {{level: warn}}
"""
SOURCE = """\
id: {id}
connector: {connector}
with: {{dir: "../in/{id}", match: "*.csv"}}
schedule: {{cron: "0 3 * * *", timezone: Asia/Ho_Chi_Minh}}
"""


class Figure(typing.NamedTuple):
    unit: int  # from 0, in order of the codes
    element: str
    first: datetime.date
    last: datetime.date  # a stock's date: both
    value: int


class Paper(typing.NamedTuple):
    unit: int
    indicator: str
    kind: str
    valid_to: datetime.date | None
    state: str
    confirmed: int | None


def month(day: datetime.date, back: int) -> datetime.date:
    """The first of the month so many months before `day`'s."""
    years, index = divmod(day.year * 12 + day.month - 1 - back, 12)
    return datetime.date(years, index + 1, 1)


def number(*parts: int) -> int:
    """Looks random."""
    found = 0x9E3779B9
    for part in parts:
        found = (found ^ part) * 0x85EBCA6B % (1 << 32)
        found ^= found >> 13
    return found


class Nation:
    def __init__(self, communes: int, day: datetime.date):
        self.communes, self.day = communes, day
        self.issued = day - datetime.timedelta(days=60)
        told = [name for names in FIGURES.values() for name in names[:2] if name] + list(SUPPORTING)
        self.extra = [f"them_{index:02d}" for index in range(ELEMENTS - len(told))]
        self.elements = told + self.extra
        self.whole = {names[0]: names[1] for names in FIGURES.values() if names[1]}

    def value(self, unit: int, element: str, back: int) -> int:
        """In the month so many months ago."""
        divisor = self.whole.get(element)
        if divisor is None:
            return number(unit, self.elements.index(element)) % (2 if element == "traceability_sites" else 9000) + back % 2
        whole = self.value(unit, divisor, back)
        share = number(unit, 77, self.elements.index(element)) % 60 + 70  # per cent; beyond 100: all of them
        return whole * min(share, 100) // 100

    def figures(self) -> typing.Iterator[Figure]:
        for back in reversed(range(MONTHS)):
            stock, start = month(self.day, back), month(self.day, back + 1)
            end = stock - datetime.timedelta(days=1)
            for element in self.elements:
                first, last = (start, end) if element in FLOWS else (stock, stock)
                for unit in range(self.communes):
                    yield Figure(unit, element, first, last, self.value(unit, element, back))

    def papers(self) -> typing.Iterator[Paper]:
        for unit in range(self.communes):
            for indicator, kinds in PAPERS.items():
                for kind in kinds:
                    draw = number(unit, 99, *map(ord, indicator + kind))
                    if draw % 50 == 0:
                        continue  # not on file
                    valid_to = self.day + datetime.timedelta(days=draw % 400 - 10) if draw % 4 == 0 else None
                    confirmed = None
                    if kind.startswith("confirm"):
                        numerator = FIGURES[indicator][0]
                        confirmed = self.value(unit, numerator, 0) if draw % 9 else 1
                    state = "rejected" if draw % 61 == 0 else "withdrawn" if draw % 61 == 1 else "accepted"
                    yield Paper(unit, indicator, kind, valid_to, state, confirmed)

    def write(self, folder: pathlib.Path, port: int) -> pathlib.Path:
        """Everything ntmd needs; gives the config."""
        fresh(folder)
        lines = invented_register(self.communes)
        codes = [line.partition(",")[0] for line in lines[1:]]
        (folder / "units.csv").write_text("".join(lines), encoding="utf-8")
        shutil.copy(CRITERIA, folder)
        (folder / "elements.yaml").write_text("elements:\n" + "".join(
            f"  {name}: {{kind: stock, label: {{vi: {name}, en: {name}}}}}\n" for name in self.extra))
        (folder / "sources.d").mkdir()
        for name, connector in (("numbers", "figures-csv"), ("register", "evidence-register")):
            (folder / "in" / name).mkdir(parents=True)
            (folder / "sources.d" / f"{name}.yaml").write_text(SOURCE.format(id=name, connector=connector))
        (folder / "ntmd.yaml").write_text(CONFIG.format(criteria=CRITERIA.name, port=port))
        files: dict[datetime.date, list[str]] = {}
        for told in self.figures():
            stock = told.first == told.last
            files.setdefault(told.last.replace(day=1), ["unit,element,as_of,period_start,period_end,value\n"]).append(
                f"{codes[told.unit]},{told.element},{told.first if stock else ''},{'' if stock else told.first},"
                f"{'' if stock else told.last},{told.value}\n")
        for start, text in files.items():
            settled(folder / "in" / "numbers" / f"numbers-{start}.csv", "".join(text))
        settled(folder / "in" / "register" / "register.csv", "".join(
            ["unit,indicator,kind,number,issued_on,issuer,valid_to,state,confirmed_value,sha256\n"] +
            [f"{codes[paper.unit]},{paper.indicator},{paper.kind},,{self.issued},UBND,{paper.valid_to or ''},{paper.state},"
             f"{'' if paper.confirmed is None else paper.confirmed},\n" for paper in self.papers()]))
        return folder / "ntmd.yaml"


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A country that ntmd has loaded, assessed and published."""
    nation: Nation
    config: pathlib.Path
    port: int

    @property
    def folder(self) -> pathlib.Path:
        return self.config.parent


def prepare(ntmd: pathlib.Path, folder: pathlib.Path, communes: int) -> Prepared:
    """As of today, for a daemon that is started on it."""
    found, port = Nation(communes, datetime.date.today()), free_port()
    config = found.write(folder, port)
    load(ntmd, config, found.day)
    return Prepared(found, config, port)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def settled(file: pathlib.Path, text: str) -> None:
    """Dated so far back that a folder takes it for whole."""
    file.write_text(text)
    subprocess.run(["touch", "-d", "1 hour ago", file], check=True)


def load(ntmd: pathlib.Path, config: pathlib.Path, day: datetime.date) -> None:
    done = subprocess.run([ntmd, "run", "--once", "--as-of", str(day), "--config", config], capture_output=True, text=True,
                          timeout=1800)
    if done.returncode != 0:
        raise Failed(f"ntmd run --once: ended with {done.returncode}\n{done.stdout}{done.stderr[-2000:]}")
