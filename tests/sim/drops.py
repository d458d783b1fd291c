"""The drop folders: commune figures and the evidence register, by the input formats of the daemon. Every file appears
whole under its name, with a modification time long enough ago to be taken at first sight."""

import dataclasses
import datetime
import hashlib
import os
import pathlib
import random
import time

from population import CONFIRMED, Profile

FIGURES_HEADER = "unit,element,as_of,period_start,period_end,value"
EVIDENCE_HEADER = "unit,indicator,kind,number,issued_on,issuer,valid_to,state,confirmed_value,sha256"
KINDS = {
    "1.1.1": ("confirm_area", "confirm_commune"),
    "1.1.2": ("confirm_commune",),
    "1.2.1": ("inspection",),
    "1.2.2": ("inspection",),
    "1.2.3": ("decision", "plan", "activity"),
    "1.2.4": ("channel",),
    "1.2.5": ("radio", "website", "social"),
    "1.3.1": ("confirm_area", "confirm_commune"),
    "1.3.2": ("confirm_area", "confirm_commune"),
    "1.3.3": ("inspection",),
    "1.4.1": ("channel",),
    "1.4.2": ("inspection",),
    "1.4.3": ("inspection",),
}
THRESHOLDS = {"1.1.1": 85, "1.1.2": 100, "1.3.1": 85, "1.3.2": 70}
ELEMENTS = {
    "1.1.1": ("adults_with_smartphone", "adults"),
    "1.1.2": ("officials_with_smartphone", "officials"),
    "1.3.1": ("account_holders", "working_age"),
    "1.3.2": ("businesses_with_epayment", "businesses"),
}
OLD_ENOUGH_SECONDS = 3600


@dataclasses.dataclass(frozen=True)
class Evidence:
    unit: str
    indicator: str
    kind: str
    number: str
    issued_on: datetime.date
    issuer: str
    valid_to: datetime.date | None = None
    state: str = "accepted"
    confirmed_value: int | None = None
    sha256: str = ""

    def line(self) -> str:
        value = "" if self.confirmed_value is None else str(self.confirmed_value)
        return (f"{self.unit},{self.indicator},{self.kind},{self.number},{self.issued_on.isoformat()},{self.issuer},"
                f"{self.valid_to.isoformat() if self.valid_to else ''},{self.state},{value},{self.sha256}")


def put(path: pathlib.Path, lines: list[str], age_seconds: float = OLD_ENOUGH_SECONDS) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name("." + path.name + ".part")
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    set_back(draft, age_seconds)
    os.replace(draft, path)


def set_back(path: pathlib.Path, age_seconds: float = OLD_ENOUGH_SECONDS) -> None:
    when = time.time() - age_seconds
    os.utime(path, (when, when))


def figure_line(unit: str, element: str, as_of: datetime.date, value: int) -> str:
    return f"{unit},{element},{as_of.isoformat()},,,{value}"


def write_figures(path: pathlib.Path, found: list[Profile], as_of: datetime.date) -> None:
    put(path, [FIGURES_HEADER] + [figure_line(profile.code, element, as_of, value)
                                  for profile in found for element, value in profile.elements.items()])


def signed_total(profile: Profile, indicator: str, fault: str | None) -> int | None:
    """The total on a confirmation: the reported one, or for "resigned" one that the verdict no longer stands on."""
    numerator, denominator = ELEMENTS[indicator]
    below = profile.elements.get(denominator)
    value = profile.account_holders if numerator == "account_holders" else profile.elements.get(numerator)
    if below is None or value is None:
        return None
    if fault == "resigned":
        return max(0, -(-below * THRESHOLDS[indicator] // 100) - 1)
    return value


def evidence_of(profile: Profile, today: datetime.date, seed: int) -> list[Evidence]:
    """What is on file for a commune: two years at most, none issued in the last month (the story writes those)."""
    if profile.role == "silent":
        return []
    rng = random.Random(f"evidence/{seed}/{profile.code}")
    found = []
    for indicator, kinds in KINDS.items():
        fault = profile.faults.get(indicator)
        spoilt = rng.choice(kinds) if fault in ("unsigned", "expired", "rejected", "resigned") else None
        for kind in kinds:
            issued = today - datetime.timedelta(days=rng.randrange(31, 500))
            confirms = kind.startswith("confirm")
            record = Evidence(profile.code, indicator, kind, f"{rng.randrange(1, 900)}/QĐ-UBND", issued,
                              "UBND xã" if confirms else "UBND tỉnh Phú Thọ",
                              valid_to=today + datetime.timedelta(days=rng.randrange(60, 700))
                              if rng.random() < 0.3 else None,
                              confirmed_value=signed_total(profile, indicator, fault) if confirms else None,
                              sha256=hashlib.sha256(rng.randbytes(8)).hexdigest() if rng.random() < 0.5 else "")
            if kind == spoilt and fault == "unsigned":
                continue
            if kind == spoilt and fault == "expired":
                record = dataclasses.replace(record, valid_to=today - datetime.timedelta(days=rng.randrange(1, 25)))
            elif kind == spoilt and fault == "rejected":
                record = dataclasses.replace(record, state=rng.choice(("rejected", "rejected", "withdrawn")))
            found.append(record)
    return found


def write_evidence(path: pathlib.Path, records: list[Evidence], age_seconds: float = OLD_ENOUGH_SECONDS) -> None:
    put(path, [EVIDENCE_HEADER] + [record.line() for record in records], age_seconds)


assert set(CONFIRMED) == set(ELEMENTS)
