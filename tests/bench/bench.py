#!/usr/bin/env python3
"""ntmd beside what people would use instead, on the same generated files, with the same answer, in turns.

bench.py [--short | --province | --national] [--only PEER,…] [--jobs JOB,…] [--rounds N] [--rows N] [--out build/bench]

  --short      1 million rows, ntmd, DuckDB and the floor: under two minutes
  --province   10 million rows of 225 communes, everybody (the default)
  --national   50 million rows of 10,600 communes

Jobs, in their order (--short leaves out those from memory on, but for dossiers):
  first-load    all banks from nothing, by everybody
  again         the same files, unchanged on disk
  scattered     the next day's export, 1 % of the people changed
  few           the next day's export, a few communes changed
  memory        peak memory with a fifth of the rows and with all
  dossiers      up to 2 million dossiers as NDJSON, a row per dossier kept
  union         all communes counted anew from the stored runs
  instructions  per row, by callgrind: what does not depend on the machine's mood
  idle          300 sources with nothing new
  cold-start    10,600 communes × 40 elements × 12 months, until /readyz says ready
  country       on the same: assess, decide, publish, and the same in SQL

Prints one table and writes it to OUT as bench-SIZE.txt and bench-SIZE.json. CPU, memory and bytes written are those of all
processes of a command (see measure.py); ratios are medians of the rounds. Ends with 1 when an answer is wrong.
"""

import argparse
import dataclasses
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import report  # noqa: E402
import sizes  # noqa: E402
from jobs import Bench, again, changed, dossiers, first_load, instructions, memory, parts, running  # noqa: E402
from measuring import Failed  # noqa: E402
from peers import Peer, Tools  # noqa: E402
from peers.floor import Floor  # noqa: E402
from peers.node import NodePeer  # noqa: E402
from peers.ntmd import Ntmd  # noqa: E402
from peers.plain_python import PlainPython  # noqa: E402
from peers.postgres import Postgres  # noqa: E402
from peers.sqlite_shell import SqliteShell  # noqa: E402
from province import ROOT, Province, fresh  # noqa: E402

JOBS = {"first-load": first_load.run, "again": again.run, "scattered": changed.scattered, "few": changed.few,
        "memory": memory.run, "dossiers": dossiers.run, "union": parts.union, "instructions": instructions.run,
        "idle": running.idle, "cold-start": running.cold_start, "country": parts.whole_country}
SHORT_JOBS = ("first-load", "again", "scattered", "few", "dossiers")
SHORT_PEERS = ("ntmd", "duckdb", "floor")


def all_peers(ntmd: Ntmd) -> list[Peer]:
    return [ntmd, NodePeer("duckdb", "per bank: delete and insert in one transaction"),
            NodePeer("clickhouse", "per bank: insert into a stage, replace the partition"), SqliteShell(), Postgres(),
            PlainPython(), Floor()]


def chosen(names: str | None, known: list[str], what: str) -> list[str]:
    found = names.split(",") if names else known
    for name in found:
        if name not in known:
            raise Failed(f"{name}: is no {what}, expected one of {', '.join(known)}")
    return found


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    for one in (sizes.SHORT, sizes.PROVINCE, sizes.NATIONAL):
        size.add_argument(f"--{one.name}", dest="size", action="store_const", const=one)
    parser.set_defaults(size=sizes.PROVINCE)
    parser.add_argument("--rows", type=int, help="instead of the size's")
    parser.add_argument("--only", help="these peers, by comma")
    parser.add_argument("--jobs", help="these jobs, by comma")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ntmd", type=pathlib.Path, default=ROOT / "build" / "release" / "ntmd")
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build" / "release" / "tests" / "bench")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "bench")
    parser.add_argument("--keep", action="store_true", help="leave the generated files where they are")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    size = dataclasses.replace(options.size, rows=options.rows or options.size.rows)
    tools = Tools(options.ntmd.resolve(), options.programs.resolve(), out / "npm")
    folder = fresh(out / size.name)
    province = Province(folder / "province", size, tools.programs / "bench_generate")
    ntmd = Ntmd(province)
    peers = {peer.name: peer for peer in all_peers(ntmd)}
    names = chosen(options.only or (",".join(SHORT_PEERS) if size.name == "short" else None), list(peers), "peer")
    bench = Bench(tools, province, province.generate(), ntmd, [peers[name] for name in names], options.rounds, folder)
    sections = []
    for job in chosen(options.jobs or (",".join(SHORT_JOBS) if size.name == "short" else None), list(JOBS), "job"):
        sections.append(JOBS[job](bench))
        print(report.text(sections[-1:]), flush=True)
    (out / f"bench-{size.name}.txt").write_text(report.text(sections), encoding="utf-8")
    (out / f"bench-{size.name}.json").write_text(report.as_json(sections), encoding="utf-8")
    if not options.keep:
        shutil.rmtree(folder)
    print(f"written to {out}/bench-{size.name}.txt and .json")
    return 0 if all(section.right for section in sections) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as fault:
        print(fault, file=sys.stderr)
        sys.exit(1)
