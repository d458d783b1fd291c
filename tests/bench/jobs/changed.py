"""The next day's export, of which little is new: changes scattered over all communes, or in a few of them."""

import datetime

import rounds
from jobs import Bench
from province import DAY
from report import Line, Section, Target

NEXT_DAY = DAY + datetime.timedelta(days=1)
SHARE_OF_TIME = 0.7
SHARE_OF_BYTES = 0.1


def measure(bench: Bench, change: str, what: str) -> Section:
    first, ntmd, province = bench.exports, bench.ntmd, bench.province
    section = Section(f"the next day's export, {what}: {first.rows:,} rows")
    with province.beside(change, NEXT_DAY) as later:
        def load_first():
            return ntmd.load(first, bench.scratch(), bench.tools)

        def load_next():
            with province.shown(later):
                return ntmd.once(later, bench.scratch(), bench.tools)

        outcomes = rounds.alternate(bench.rounds, {"first load": load_first, "next day": load_next})
    section.lines = [Line(who, runs=[one.measured for one in outcomes[who]], answers=[one.answer for one in outcomes[who]],
                          expected=exports.answer, rows=exports.rows)
                     for who, exports in (("first load", first), ("next day", later))]
    return section


def scattered(bench: Bench) -> Section:
    section = measure(bench, "scattered", "1 % of the people changed")
    loaded, next_day = (line.runs for line in section.lines)
    section.targets = [Target("of the first load's time", rounds.ratio(next_day, loaded), SHARE_OF_TIME, "")]
    return section


def few(bench: Bench) -> Section:
    section = measure(bench, "few", "a few communes changed")
    loaded, next_day = (rounds.middle(line.runs) for line in section.lines)
    section.targets = [Target("of the first load's bytes written", next_day.written / loaded.written, SHARE_OF_BYTES, "")]
    return section
