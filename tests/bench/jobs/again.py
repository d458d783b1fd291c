"""The same files again, unchanged on disk: nothing may be written but that somebody looked."""

import rounds
from jobs import Bench
from report import Line, Section, Target
from stored import Stored

SHARE = 0.1
LOOKED = {"poll", "sqlite_sequence", "meta", "tally"}  # a row per poll, its number, the generation published, polls counted


def run(bench: Bench) -> Section:
    exports, ntmd, store = bench.exports, bench.ntmd, bench.province.store
    section = Section(f"the same files again, unchanged on disk: {exports.rows:,} rows")
    changed: set[str] = set()

    def first():
        return ntmd.load(exports, bench.scratch(), bench.tools)

    def again():
        before = Stored(store)
        outcome = ntmd.once(exports, bench.scratch(), bench.tools)
        changed.update(before.changed(Stored(store)))
        return outcome

    outcomes = rounds.alternate(bench.rounds, {"first load": first, "again": again})
    section.lines = [Line(who, runs=[one.measured for one in found], answers=[one.answer for one in found],
                          expected=exports.answer, rows=exports.rows) for who, found in outcomes.items()]
    section.notes.append(f"tables with other content afterwards: {', '.join(sorted(changed)) or 'none'}")
    section.targets = [
        Target("of the first load's time", rounds.ratio(section.lines[1].runs, section.lines[0].runs), SHARE, ""),
        Target("tables with other content, beside those that say somebody looked", len(changed - LOOKED), 0, "")]
    return section
