#!/usr/bin/env python3
"""Bank exports with made-up people: the five of the stand-in province, or one file of N rows for load tests.

bank_rows.py --rows 5000000 --out DIR [--bank vcb,mb] [--date 2026-08-31] [--seed 1] [--bad 0.01] [--answer FILE]
"""

import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import random
import time

import facts
import pools

HEADER = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n"
FLUSH_PEOPLE = 1 << 15


@dataclasses.dataclass
class Written:
    files: list[pathlib.Path]
    rows: int
    bad: int
    people: int
    counted: dict[str, int]  # unit to distinct people of working age with an active account


class Sinks:
    """One growing file per bank, written in big joins and renamed into place when whole."""

    def __init__(self, folder: pathlib.Path, dates: dict[str, datetime.date]):
        self.final = {bank: folder / f"{bank}_{day.isoformat()}.csv" for bank, day in dates.items()}
        self.files = {bank: path.with_name("." + path.name + ".part").open("w", encoding="utf-8", newline="")
                      for bank, path in self.final.items()}
        self.rows: dict[str, list[str]] = {bank: [] for bank in dates}
        for file in self.files.values():
            file.write(HEADER)

    def flush(self) -> None:
        for bank, pending in self.rows.items():
            if pending:
                self.files[bank].write("\n".join(pending) + "\n")
                pending.clear()

    def finish(self) -> list[pathlib.Path]:
        self.flush()
        for bank, file in self.files.items():
            file.close()
            os.replace(file.name, self.final[bank])
        return list(self.final.values())


def account_plans(rng: random.Random, banks: list[str], last: datetime.date, count: int) -> list[tuple]:
    """What a person holds: ((bank, tail, upper-case name?), …) and whether any account is active."""
    weights = [pools.BANK_WEIGHTS[pools.BANKS.index(bank)] if bank in pools.BANKS else 1 for bank in banks]
    tails = pools.account_tails(rng, 4096, 0.08, last)
    found = []
    for _ in range(count):
        accounts = []
        for _ in range(rng.choices((1, 2, 3, 4), (50, 30, 14, 6))[0]):
            bank = rng.choices(range(len(banks)), weights)[0]
            tail, active = rng.choice(tails)
            accounts.append((bank, tail, 1 if banks[bank] in ("vcb", "agribank") else 0, active))
        found.append((tuple(account[:3] for account in accounts), any(account[3] for account in accounts)))
    return found


def write(folder: pathlib.Path, dates: dict[str, datetime.date], weights: dict[str, float], rows: int, seed: int,
          bad: float = 0.01) -> Written:
    """At least `rows` rows over the banks of `dates`, spread over the units by weight; deterministic."""
    rng = random.Random(seed)
    banks, days = list(dates), sorted(set(dates.values()))
    names = pools.names(rng, 4096)
    births = pools.births(rng, 4096, days)
    plans = account_plans(rng, banks, days[0], 4096)
    schedule = rng.choices(list(weights), list(weights.values()), k=1 << 17)
    last_unit, counted = len(schedule) - 1, {unit: 0 for unit in weights}
    per_person = sum(len(plan[0]) for plan in plans) / len(plans)
    bad_limit = int(bad / (1 - bad) * per_person * (1 << 16))
    sinks = Sinks(folder, dates)
    out = [sinks.rows[bank] for bank in banks]
    written = broken = made = 0
    bits = rng.getrandbits
    while written < rows:
        block, serial = divmod(made, 1_000_000)  # a serial comes back only under other provinces
        made += 1
        draw = bits(80)
        birth = births[draw & 4095]
        name = names[(draw >> 12) & 4095]
        accounts, active = plans[(draw >> 24) & 4095]
        unit = schedule[(draw >> 36) & last_unit]
        province = pools.PROVINCES[(block * 3 + (draw >> 78 == 0) + (draw >> 73 == 0)) % len(pools.PROVINCES)]
        person = f"{province}{birth.digits}{serial * 611953 % 1000000:06d}"
        for bank, tail, upper in accounts:
            out[bank].append(f"{unit},{person},{name[upper]},{birth.text},{tail}")
        written += len(accounts)
        if active and birth.working:
            counted[unit] += 1
        if not (draw >> 70) & 63:  # a few hold an account in a second commune and count in both
            second = schedule[(draw >> 53) & last_unit]
            if second != unit:
                out[0].append(f"{second},{person},{name[0]},{birth.text},TK,05/03/2021,ACTIVE")
                written += 1
                counted[second] += birth.working
        if (draw >> 54) & 0xFFFF < bad_limit:
            stranger = f"{province}{birth.digits}{(serial * 611953 + 1) % 1000000:06d}"
            out[draw % len(banks)].append(pools.BROKEN[broken % len(pools.BROKEN)](unit, stranger, name[0], birth.text))
            broken += 1
            written += 1
        if not made % FLUSH_PEOPLE:
            sinks.flush()
    return Written(sinks.finish(), written, broken, made, counted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of the files")
    parser.add_argument("--bank", default="vcb", help="one or more, by comma")
    parser.add_argument("--date", type=datetime.date.fromisoformat, default=datetime.date(2026, 8, 31))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bad", type=float, default=0.01)
    parser.add_argument("--answer", type=pathlib.Path, default=None, help="gets what must be found in the files, as JSON")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    weights = {commune.code: 1.0 for commune in facts.communes_on(options.date)}
    dates = {bank: options.date for bank in options.bank.split(",")}
    written = write(options.out, dates, weights, options.rows, options.seed, options.bad)
    old = time.time() - 3600
    for path in written.files:
        os.utime(path, (old, old))
    if options.answer:
        options.answer.write_text(json.dumps({"rows": written.rows, "bad": written.bad, "counted": written.counted}))
    print(f"{options.out}: {len(written.files)} files, {written.rows} rows, {written.bad} of them bad, "
          f"{written.people} people, {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
