#!/usr/bin/env python3
"""Counts the people of 1.3.1 without ntmd: distinct citizen numbers per commune with an active account, of working age
on the day of the export; of each bank the files of its latest date count.

count_people.py [--units units.csv] FILE... -> CSV `unit,count` (0 where valid rows stand but none counts); names are
<bank>_<yyyy-mm-dd>[…].csv. `--rejects` prints how many rows break which rule instead.
"""

import argparse
import collections
import csv
import datetime
import functools
import pathlib
import re
import sys

import facts
from working_age import is_working_age

NAME = re.compile(r"(?P<bank>[^_]+)_(?P<day>\d{4}-\d{2}-\d{2})")
CITIZEN = re.compile(r"[0-9]{12}")
DATE = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")


@functools.lru_cache(maxsize=None)
def parse_day(text: str) -> datetime.date | None:
    match = DATE.fullmatch(text)
    try:
        return datetime.date(int(match[3]), int(match[2]), int(match[1])) if match else None
    except ValueError:
        return None


def valid_units(units: pathlib.Path, day: datetime.date) -> set[str]:
    return {row["code"] for row in facts.rows(units)
            if row["valid_from"] <= day.isoformat() and (not row["valid_to"] or day.isoformat() <= row["valid_to"])}


def fault_of(row: list[str], columns: dict[str, int], units: set[str]) -> str | None:
    """The column that makes the row one for quarantine."""
    if len(row) != len(columns):
        return "fields"
    if row[columns["ma_don_vi"]] not in units:
        return "ma_don_vi"
    if not CITIZEN.fullmatch(row[columns["so_cccd"]]):
        return "so_cccd"
    for date in ("ngay_sinh", "ngay_mo"):
        if parse_day(row[columns[date]]) is None:
            return date
    return None if row[columns["trang_thai"]] in ("ACTIVE", "CLOSED") else "trang_thai"


def latest(files: list[pathlib.Path]) -> list[tuple[pathlib.Path, datetime.date]]:
    banks: dict[str, list[tuple[pathlib.Path, datetime.date]]] = collections.defaultdict(list)
    for file in files:
        match = NAME.match(file.name)
        if not match:
            raise ValueError(f"{file.name}: no bank and date in the name, expected <bank>_<yyyy-mm-dd>.csv")
        banks[match["bank"]].append((file, datetime.date.fromisoformat(match["day"])))
    return [(file, day) for found in banks.values() for file, day in found if day == max(day for _, day in found)]


def count(files: list[pathlib.Path], units: pathlib.Path) -> tuple[dict[str, int], collections.Counter]:
    people: dict[str, set[int]] = {}
    rejects: collections.Counter = collections.Counter()
    for path, day in latest(files):
        valid = valid_units(units, day)
        of_age = functools.lru_cache(maxsize=None)(lambda born, female: is_working_age(parse_day(born), female, day))
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            columns = {name: index for index, name in enumerate(next(reader))}
            unit, citizen, born, state = (columns[n] for n in ("ma_don_vi", "so_cccd", "ngay_sinh", "trang_thai"))
            for row in reader:
                fault = fault_of(row, columns, valid)
                if fault:
                    rejects[fault] += 1
                    continue
                found = people.setdefault(row[unit], set())
                if row[state] == "ACTIVE" and of_age(row[born], int(row[citizen][3]) % 2 == 1):
                    found.add(int(row[citizen]))
    return {unit: len(found) for unit, found in people.items()}, rejects


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=pathlib.Path, default=facts.PROJECT / "config" / "units" / "units.csv")
    parser.add_argument("--rejects", action="store_true")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    counts, rejects = count(options.files, options.units)
    out = csv.writer(sys.stdout, lineterminator="\n")
    if options.rejects:
        out.writerow(("column", "rows"))
        out.writerows(sorted(rejects.items()))
    else:
        out.writerow(("unit", "count"))
        out.writerows(sorted(counts.items()))


if __name__ == "__main__":
    main()
