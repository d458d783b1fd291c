"""The first load of all banks, by everybody."""

import rounds
from jobs import Bench
from report import Line, Section, Target

FASTER_THAN_DUCKDB = 6
TIMES_THE_FLOOR = 2.5
PEAK_MIB = 200


def run(bench: Bench) -> Section:
    exports = bench.exports
    section = Section(f"first load: {exports.rows:,} rows of {len(exports.files)} banks, {exports.size / (1 << 20):.0f} MiB, "
                      f"{bench.province.size.communes:,} communes, {exports.answer.bad:,} bad rows")
    lines, actors = {}, {}
    for peer in bench.peers:
        lines[peer.name] = Line(peer.name, peer.note, missing=peer.missing(bench.tools), expected=exports.answer,
                                rows=exports.rows)
        if not lines[peer.name].missing:
            actors[peer.name] = lambda peer=peer: peer.load(exports, bench.scratch(), bench.tools)
    once = {peer.name for peer in bench.peers if peer.slow}
    for name, outcomes in rounds.alternate(bench.rounds, actors, once).items():
        lines[name].runs = [outcome.measured for outcome in outcomes]
        lines[name].answers = [outcome.answer for outcome in outcomes]
    section.lines = list(lines.values())
    ours = lines["ntmd"].runs if "ntmd" in lines else []
    if not ours:
        return section
    for line in section.lines:
        if line.runs and line.who not in ("ntmd", "floor"):
            section.notes.append(f"ntmd is {rounds.ratio(line.runs, ours):.2f} times as fast as {line.who}, which takes "
                                 f"{rounds.ratio(line.runs, ours, 'cpu'):.2f} times its CPU")
    if "duckdb" in actors:
        section.targets.append(Target("times as fast as DuckDB", rounds.ratio(lines["duckdb"].runs, ours), FASTER_THAN_DUCKDB, "",
                                      at_least=True))
    if "floor" in actors:
        section.targets.append(Target("times the floor's time", rounds.ratio(ours, lines["floor"].runs), TIMES_THE_FLOOR, ""))
    section.targets.append(Target("peak memory", max(run.peak_kib for run in ours) / 1024, PEAK_MIB, " MiB"))
    return section
