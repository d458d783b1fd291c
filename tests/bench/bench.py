#!/usr/bin/env python3
"""Bank exports by ntmd and by the sqlite3 shell: rows per second, memory, and whether both give the right answer.

bench.py [--rows 1000000] [--rounds 3] [--large 5000000] [--out build/bench]

Both load the same five generated exports, check every field of every row, keep what is wrong apart, and count the people of
working age per commune; both are durable. They take turns, the median counts. The right answer is known from the generator
and counted a third time in plain Python. Then ntmd loads `--large` rows, to see that memory does not grow with them. Ends
with 1 when an answer is wrong.
"""

import argparse
import csv
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SIM = ROOT / "tests" / "sim"
sys.path.insert(0, str(SIM))

import facts  # noqa: E402
import pools  # noqa: E402
import sqlite_shell  # noqa: E402

DAY = datetime.date(2026, 8, 31)
GROWTH_MAX_PERCENT = 10


class Failed(Exception):
    pass


def digest(counts: dict[str, int]) -> str:
    text = "".join(f"{unit},{count}\n" for unit, count in sorted(counts.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def call(*command: object, text: str | None = None) -> str:
    done = subprocess.run([str(part) for part in command], input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"{command[0]}: ended with {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def measured(*command: object, stdin: pathlib.Path | None = None, log: pathlib.Path) -> dict:
    argv = [sys.executable, "-I", "-S", str(HERE / "measure.py"), *(str(part) for part in command)]
    with open(stdin or os.devnull, "rb") as given, log.open("ab") as said:
        done = subprocess.run(argv, stdin=given, stdout=subprocess.PIPE, stderr=said)
    result = json.loads(done.stdout.splitlines()[-1])
    if result["code"] != 0:
        raise Failed(f"{command[0]}: ended with {result['code']}; see {log}")
    return result


def fresh(folder: pathlib.Path) -> pathlib.Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


class Exports:
    """The generated files and what must be found in them."""

    def __init__(self, folder: pathlib.Path, rows: int):
        self.folder = fresh(folder)
        answer = folder.with_suffix(".json")
        call(sys.executable, SIM / "bank_rows.py", "--rows", rows, "--out", folder, "--bank", ",".join(pools.BANKS),
             "--date", DAY, "--answer", answer)
        known = json.loads(answer.read_text())
        self.rows, self.bad, self.counted = known["rows"], known["bad"], known["counted"]
        self.files = {bank: folder / f"{bank}_{DAY}.csv" for bank in pools.BANKS}
        self.bytes = sum(file.stat().st_size for file in self.files.values())

    def counted_in_python(self) -> dict[str, int]:
        told = call(sys.executable, SIM / "count_people.py", *self.files.values())
        return {row["unit"]: int(row["count"]) for row in csv.DictReader(told.splitlines())}


def ntmd_folder(folder: pathlib.Path, exports: Exports) -> pathlib.Path:
    fresh(folder / "sources.d")
    units = ROOT / "config" / "units"
    for bank in exports.files:
        (folder / "sources.d" / f"bank-{bank}.yaml").write_text(
            f"id: bank-{bank}\nconnector: bank-accounts-csv\n"
            f'with: {{dir: "{exports.folder}", match: "{bank}_*.csv", bank: {bank}}}\n'
            'schedule: {cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}\n')
    config = folder / "ntmd.yaml"
    config.write_text(
        'province: "25"\ntimezone: Asia/Ho_Chi_Minh\ndata_dir: var\npublish_dir: public\n'
        f'units: {{registers: ["{units}/units.csv"], lineage: ["{units}/lineage.csv"], aliases: ["{units}/aliases.csv"]}}\n'
        f'criteria: ["{ROOT}/config/criteria/xa-thong-minh-2024.yaml"]\nsources: sources.d\nlog: {{level: warn}}\n')
    return config


def run_ntmd(ntmd: pathlib.Path, exports: Exports, scratch: pathlib.Path) -> dict:
    config = ntmd_folder(fresh(scratch / "ntmd"), exports)
    result = measured(ntmd, "run", "--once", "--as-of", DAY, "--config", config, log=scratch / "ntmd.log")
    status = json.loads(call(ntmd, "status", "--json", "--config", config))
    found = {unit["code"]: indicator["numerator"] for unit in status["units"] for indicator in unit["indicators"]
             if indicator["id"] == "1.3.1" and indicator["numerator"] is not None}
    loaded = sum(source["loaded"] + source["filtered"] for source in status["sources"])
    rejected = sum(source["quarantined"] for source in status["sources"])
    return result | judged(exports, found, loaded, rejected) | {"store_bytes": store_size(config.parent / "var")}


def run_sqlite(exports: Exports, scratch: pathlib.Path) -> dict:
    folder = fresh(scratch / "sqlite")
    communes, answer, rejected = folder / "communes", folder / "answer.csv", folder / "rejected"
    communes.write_text("".join(commune.code + "\n" for commune in facts.communes_on(DAY)))
    job = folder / "job.sql"
    job.write_text(sqlite_shell.script(exports.files, DAY, communes, answer, rejected))
    result = measured("sqlite3", "-batch", folder / "accounts.db", stdin=job, log=scratch / "sqlite.log")
    found = {unit: int(count) for unit, count in csv.reader(answer.read_text().splitlines())}
    loaded = int(call("sqlite3", folder / "accounts.db", "SELECT count(*) FROM account"))
    size = store_size(folder)
    return result | judged(exports, found, loaded, int(rejected.read_text())) | {"store_bytes": size}


def judged(exports: Exports, found: dict[str, int], loaded: int, rejected: int) -> dict:
    right = found == exports.counted and rejected == exports.bad and loaded + rejected == exports.rows
    return {"answer": digest(found), "rejected": rejected, "right": right, "rows": exports.rows}


def store_size(folder: pathlib.Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*.db*") if file.is_file())


def middle(runs: list[dict], key: str) -> float:
    return statistics.median(run[key] for run in runs)


def line(name: str, runs: list[dict]) -> dict:
    wall = middle(runs, "wall")
    return {"what": name, "rows": runs[0]["rows"], "wall_s": round(wall, 3), "cpu_s": round(middle(runs, "cpu"), 3),
            "rows_per_s": round(runs[0]["rows"] / wall), "peak_mib": round(middle(runs, "peak_kib") / 1024, 1),
            "store_mib": round(runs[-1]["store_bytes"] / (1 << 20), 1), "answer": runs[-1]["answer"],
            "right": all(run["right"] for run in runs), "runs": runs}


def table(lines: list[dict]) -> str:
    head = f"{'':<26}{'rows':>11}{'wall s':>9}{'CPU s':>8}{'rows/s':>12}{'peak MiB':>10}{'store MiB':>11}  answer"
    body = [f"{one['what']:<26}{one['rows']:>11,}{one['wall_s']:>9.2f}{one['cpu_s']:>8.2f}{one['rows_per_s']:>12,}"
            f"{one['peak_mib']:>10.1f}{one['store_mib']:>11.1f}  {one['answer']}{'' if one['right'] else '  WRONG'}"
            for one in lines]
    return "\n".join([head, *body])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ntmd", type=pathlib.Path, default=ROOT / "build" / "release" / "ntmd")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", type=int, default=5_000_000, help="rows of the second load of ntmd; 0: none")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "bench")
    options = parser.parse_args()
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    scratch = fresh(out / "scratch")
    ntmd = options.ntmd.resolve()

    exports = Exports(scratch / "exports", options.rows)
    python = exports.counted_in_python()
    known = {"what": "expected", "answer": digest(exports.counted), "python": digest(python),
             "right": python == exports.counted}
    if not known["right"]:
        raise Failed("the generator and the count in Python disagree, expected the same people")
    print(f"{exports.rows:,} rows of {len(exports.files)} banks, {exports.bytes / (1 << 20):.0f} MiB, {exports.bad:,} of them bad; "
          f"expected answer {known['answer']}; {options.rounds} rounds, medians\n", flush=True)
    ours, theirs = [], []
    for _ in range(options.rounds):
        ours.append(run_ntmd(ntmd, exports, scratch))
        theirs.append(run_sqlite(exports, scratch))
    lines = [line("ntmd run --once", ours), line("sqlite3 shell", theirs)]
    notes = [f"ntmd takes {lines[0]['wall_s'] / lines[1]['wall_s']:.3f} of the time of the sqlite3 shell "
             f"({lines[1]['wall_s'] / lines[0]['wall_s']:.1f} times as fast)"]
    if options.large:
        large = Exports(scratch / "exports", options.large)
        lines.append(line("ntmd run --once, larger", [run_ntmd(ntmd, large, scratch)]))
        growth = (lines[2]["peak_mib"] / lines[0]["peak_mib"] - 1) * 100
        notes.append(f"memory: {lines[2]['peak_mib']:.1f} MiB for {large.rows:,} rows, {growth:+.1f} % of that for {exports.rows:,}"
                     + ("" if growth <= GROWTH_MAX_PERCENT else f": MORE THAN {GROWTH_MAX_PERCENT} %"))
    text = table(lines) + "\n\n" + "\n".join(notes) + "\n"
    print(text, end="")
    (out / "bench.txt").write_text(text, encoding="utf-8")
    (out / "bench.json").write_text(json.dumps({"day": DAY.isoformat(), "known": known, "lines": lines, "notes": notes}, indent=1))
    shutil.rmtree(scratch)
    print(f"\nwritten to {out}/bench.txt and bench.json")
    return 0 if all(one["right"] for one in lines) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as fault:
        print(fault, file=sys.stderr)
        sys.exit(1)
