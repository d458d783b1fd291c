"""Instructions per row: the figure that does not depend on the machine's mood. What starting, assessing and publishing takes is
the same for few rows and for many, so the difference of two sizes is the rows'."""

import dataclasses
import pathlib
import re
import shutil

from jobs import Bench
from measuring import call
from peers.floor import Floor
from peers.ntmd import Ntmd
from province import Province
from report import Section

FEW = 10_000
MANY = 110_000


def count(folder: pathlib.Path, *command: object) -> int:
    out = folder / "callgrind.out"
    call("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *command, timeout=1200)
    with out.open(encoding="utf-8", errors="replace") as file:
        found = [int(line.split()[1]) for line in file if re.match(r"(summary|totals):", line)]
    return max(found)


def run(bench: Bench) -> Section:
    section = Section(f"instructions per row: by callgrind, {MANY:,} rows less {FEW:,}")
    if not shutil.which("valgrind"):
        section.notes.append("not available: there is no valgrind")
        return section
    found: dict[str, list[int]] = {"ntmd": [], "floor": []}
    for rows in (FEW, MANY):
        size = dataclasses.replace(bench.province.size, rows=rows)
        province = Province(bench.folder / "instructions", size, bench.province.generator)
        exports = province.generate()
        found["ntmd"].append(count(province.folder, *Ntmd(province).command(bench.tools, exports)))
        found["floor"].append(count(province.folder, *Floor.command(bench.tools, exports)))
        province.remove()
    for who, (few, many) in found.items():
        section.notes.append(f"{who}: {(many - few) / (MANY - FEW):,.0f} a row; {few / 1e6:,.0f} million for {FEW:,} rows")
    section.notes.append("valgrind shows programs an older processor: hashing counts as it runs without instructions for it")
    return section
