"""The facts the stand-in province is made of: today's communes, their portal codes, the portal's real counts."""

import csv
import dataclasses
import datetime
import pathlib
import uuid

SIM = pathlib.Path(__file__).resolve().parent
PROJECT = SIM.parent.parent
ROOT_CODE = "H44"
ROOT_NAME = "UBND tỉnh Phú Thọ"
REAL_MONTH = (2026, 8)


@dataclasses.dataclass(frozen=True)
class Commune:
    code: str  # statistics code
    name: str
    kind: str  # xa | phuong | thi_tran
    portal_code: str
    portal_name: str

    @property
    def department_id(self) -> str:
        return department_id(self.portal_code)


def department_id(portal_code: str) -> str:
    """The stand-in's own ids: the real ones are not needed, only that they are stable and look alike."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "portal/" + portal_code))


ROOT_ID = department_id(ROOT_CODE)


def rows(path: pathlib.Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def communes_on(day: datetime.date, units: pathlib.Path | None = None) -> list[Commune]:
    """The communes valid on `day`, by code. Raises when the register and the portal's list do not match."""
    portal = {row["gso_commune_code"]: row for row in rows(SIM / "data" / "portal_h44_to_gso.csv")}
    register = rows((units or PROJECT / "config" / "units") / "units.csv")
    found = []
    for row in register:
        until = row["valid_to"]
        if row["valid_from"] <= day.isoformat() and (not until or day.isoformat() <= until) and row["code"] in portal:
            entry = portal[row["code"]]
            found.append(Commune(row["code"], row["name"], row["kind"], entry["portal_department_code"],
                                 entry["portal_department_name"]))
    if len(found) != len(portal):
        raise ValueError(f"units.csv on {day}: {len(found)} communes have a portal code, expected {len(portal)}; "
                         "the stand-in province knows the communes since 2025-07-01")
    return sorted(found, key=lambda commune: commune.code)


def real_progress() -> dict[str, dict[str, str]]:
    """Portal code to the real row of `dvc-progress-tree` for August 2026."""
    return {row["department_code"]: row for row in rows(SIM / "data" / "portal_766_sample_202608.csv")}


def real_totals() -> dict[str, int]:
    """The province's own real counts for August 2026, by field."""
    return {row["field"]: int(row["value"]) for row in rows(SIM / "data" / "province_totals.csv")}
