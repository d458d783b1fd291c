#!/usr/bin/env python3
"""Prints `commune,received`, `commune/online,received online` and `bad,lines` of dossiers. count_dossiers_in_python.py COMMUNES FILE"""

import collections
import datetime
import json
import pathlib
import sys

STATES = {str(number) for number in range(1, 11)}
NOT_RECEIVED = {"1", "3"}


def moment(text: str | None) -> bool:
    """Absent, or a real time of a real day."""
    try:
        return not text or len(text) == 14 and bool(datetime.datetime.strptime(text, "%Y%m%d%H%M%S"))
    except ValueError:
        return False


def good(told: dict, communes: set[str]) -> bool:
    return (bool(told.get("MaHoSo")) and told.get("DonViXuLy") in communes and told.get("TrangThaiHoSo") in STATES
            and (told.get("KenhThucHien") or "1") in {"1", "2", "3"} and bool(told.get("NgayTiepNhan") or told.get("NgayNopHoSo"))
            and all(moment(told.get(name)) for name in ("NgayNopHoSo", "NgayTiepNhan", "NgayTra", "NgayKetThucXuLy")))


def main() -> None:
    communes = set(pathlib.Path(sys.argv[1]).read_text().split())
    bad, last = 0, {}
    with open(sys.argv[2], encoding="utf-8") as file:
        for line in file:
            try:
                told = json.loads(line)
            except ValueError:
                bad += 1
                continue
            if good(told, communes):
                last[told["MaHoSo"]] = (told["DonViXuLy"], told["TrangThaiHoSo"] not in NOT_RECEIVED, told.get("KenhThucHien") == "2")
            else:
                bad += 1
    counts: collections.Counter = collections.Counter()
    for unit, received, online in last.values():
        counts[unit] += received
        counts[f"{unit}/online"] += received and online
    print("".join(f"{name},{count}\n" for name, count in sorted(counts.items())) + f"bad,{bad}")


main()
