"""Peak memory does not grow with the rows."""

import dataclasses

from jobs import Bench
from peers.ntmd import Ntmd
from province import Province
from report import Line, Section, Target
from sizes import PROVINCE

TIMES_FEWER = 5
GROWTH = 1.1
PEAK_MIB = 200


def run(bench: Bench) -> Section:
    size = bench.province.size
    section = Section("peak memory of a first load")
    fewer = dataclasses.replace(size, name=f"a {TIMES_FEWER}th of the rows", rows=size.rows // TIMES_FEWER)
    others = [fewer] + ([dataclasses.replace(PROVINCE, rows=fewer.rows)] if size.communes != PROVINCE.communes else [])
    for other in others:
        province = Province(bench.folder / "other", other, bench.province.generator)
        section.lines.append(line(f"{other.rows:,} × {other.communes:,}", bench, Ntmd(province), province.generate()))
        province.remove()
    section.lines.append(line(f"{size.rows:,} × {size.communes:,}", bench, bench.ntmd, bench.exports))
    peaks = [max(run.peak_kib for run in one.runs) for one in section.lines]
    section.notes.append("rows × communes")
    section.targets = [Target(f"times the peak of a {TIMES_FEWER}th of the rows, same communes", peaks[-1] / peaks[0], GROWTH, "")]
    if len(others) > 1:
        section.targets.append(Target("times the province's peak", peaks[-1] / peaks[1], GROWTH, ""))
    section.targets.append(Target("peak memory", peaks[-1] / 1024, PEAK_MIB, " MiB"))
    return section


def line(who: str, bench: Bench, ntmd: Ntmd, exports) -> Line:
    found = [ntmd.load(exports, bench.scratch(), bench.tools) for _ in range(bench.rounds)]
    return Line(who, runs=[one.measured for one in found], answers=[one.answer for one in found], expected=exports.answer,
                rows=exports.rows)
