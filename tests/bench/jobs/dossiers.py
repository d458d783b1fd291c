"""The first load of a year's dossiers, a row per dossier kept: by us, and by DuckDB with a primary key."""

import dataclasses
import sys

import answer
import rounds
from jobs import Bench
from measuring import measured
from peers import Outcome
from peers.node import NodePeer
from peers.ntmd import Ntmd
from peers.plain_python import SCRIPT as COUNT_IN_PYTHON
from province import ROOT, Province
from report import Line, Section, Target

LINES = 2_000_000  # a fifth of the accounts where those are fewer
FASTER_THAN_DUCKDB = 3
CONNECTOR = ROOT / "connectors" / "catalogue" / "portal-dossiers-file.yaml"
SOURCE = """\
id: dossiers
connector: portal-dossiers-file
with: {dir: ../in, match: "*.ndjson", scheme: gso}
schedule: {cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}
"""


def run(bench: Bench) -> Section:
    size = dataclasses.replace(bench.province.size, rows=min(LINES, bench.province.size.rows // 5))
    province = Province(bench.folder / "dossiers", size, bench.province.generator, {"dossiers": SOURCE})
    given = province.generate_dossiers()
    ntmd, duckdb = Ntmd(province), NodePeer("duckdb", "INSERT OR REPLACE by primary key, one transaction")
    script = COUNT_IN_PYTHON.with_name("count_dossiers_in_python.py")

    def by_ntmd() -> Outcome:
        return ntmd.load(given, bench.scratch(), bench.tools)

    def by_duckdb() -> Outcome:
        return duckdb.run("dossiers.mjs", bench.scratch(), bench.tools, communes=str(given.communes), file=str(given.file))

    def by_python() -> Outcome:
        took, said = measured(bench.scratch(), sys.executable, "-B", script, given.communes, given.file)
        return Outcome(took, answer.parse(said))

    missing = {"ntmd": ntmd.missing(bench.tools) or (None if CONNECTOR.is_file() else f"there is no connector {CONNECTOR.stem}"),
               "duckdb": duckdb.missing(bench.tools), "python": None}
    notes = {"ntmd": ntmd.note, "duckdb": duckdb.note, "python": "json module and a dict; nothing kept"}
    names = [name for name in notes if any(peer.name == name for peer in bench.peers)]
    acts = {"ntmd": by_ntmd, "duckdb": by_duckdb, "python": by_python}
    found = rounds.alternate(bench.rounds, {name: acts[name] for name in names if not missing[name]}, {"python"})
    section = Section(f"dossiers, first load: {given.rows:,} lines of NDJSON, {given.file.stat().st_size / (1 << 20):.0f} MiB, "
                      f"{size.communes:,} communes, {given.answer.bad:,} bad lines")
    lines = {name: Line(name, notes[name], [one.measured for one in found.get(name, [])], [one.answer for one in found.get(name, [])],
                        missing[name], given.answer, given.rows) for name in names}
    section.lines = list(lines.values())
    if {"ntmd", "duckdb"} <= found.keys():
        ratio = rounds.ratio(lines["duckdb"].runs, lines["ntmd"].runs)
        section.targets.append(Target("times as fast as DuckDB", ratio, FASTER_THAN_DUCKDB, "", at_least=True))
    province.remove()
    return section
