"""The shipped criteria as one SQL script over the same figures and papers: who meets what, with numbers, roll-ups and gaps."""

import datetime
import sqlite3
import time

from nation import FIGURES, FLOWS, PAPERS, Nation

TABLES = """
CREATE TABLE unit(id INTEGER PRIMARY KEY);
CREATE TABLE figure(unit INTEGER, element INTEGER, last INTEGER, first INTEGER, value INTEGER,
                    PRIMARY KEY (unit, element, last)) WITHOUT ROWID;
CREATE TABLE paper(unit INTEGER, indicator INTEGER, kind INTEGER, issued INTEGER, valid_to INTEGER, state INTEGER,
                   confirmed INTEGER, PRIMARY KEY (unit, indicator, kind, issued)) WITHOUT ROWID;
CREATE TABLE indicator(id INTEGER PRIMARY KEY, name TEXT, pillar TEXT, numerator INTEGER, denominator INTEGER, threshold INTEGER,
                       flow INTEGER);
CREATE TABLE asked(indicator INTEGER, kind INTEGER, confirms INTEGER, PRIMARY KEY (indicator, kind)) WITHOUT ROWID;
"""
# Truth: 0 false, 1 unknown, 2 true, so that AND is the least. `newest` and `total` are the fastest of the forms tried: seeks
# along the primary key.
NEWEST = "(SELECT value FROM figure WHERE unit = unit.id AND element = {0} AND last <= :day ORDER BY last DESC LIMIT 1)"
TOTAL = "(SELECT sum(value) FROM figure WHERE unit = unit.id AND element = {0} AND last <= :day AND first >= :from)"
FIGURE = f"CASE WHEN flow THEN {TOTAL} ELSE {NEWEST} END"
RECOMPUTE = [
    f"""
CREATE TEMP TABLE told AS
SELECT unit.id AS unit, indicator.id AS indicator, pillar, threshold, indicator.denominator IS NOT NULL AS ratio,
       indicator.numerator IS NOT NULL AS figure,
       {FIGURE.format('indicator.numerator')} AS numerator, {FIGURE.format('indicator.denominator')} AS denominator
FROM unit CROSS JOIN indicator""",
    """
CREATE TEMP TABLE measured AS
SELECT *, CASE WHEN NOT figure THEN NULL
               WHEN numerator IS NULL OR ratio AND (denominator IS NULL OR denominator = 0 OR numerator > denominator) THEN 1
               WHEN ratio THEN 2 * (numerator * 100 >= threshold * denominator)
               ELSE 2 * (numerator >= threshold) END AS truth
FROM told""",
    """
CREATE TEMP TABLE papers AS
SELECT measured.unit, measured.indicator, min(
  CASE WHEN paper.state IS NULL THEN 1
       WHEN paper.state <> 0 THEN 0
       WHEN paper.valid_to < :day THEN 1
       WHEN NOT asked.confirms THEN 2
       WHEN paper.confirmed IS NULL OR measured.truth = 1 OR paper.confirmed > measured.denominator THEN 1
       WHEN 2 * (paper.confirmed * 100 >= measured.threshold * measured.denominator) = measured.truth THEN 2
       ELSE 1 END) AS truth
FROM measured JOIN asked USING (indicator)
  LEFT JOIN paper ON paper.unit = measured.unit AND paper.indicator = measured.indicator AND paper.kind = asked.kind
    AND paper.issued = (SELECT max(issued) FROM paper AS other WHERE other.unit = measured.unit
                          AND other.indicator = measured.indicator AND other.kind = asked.kind AND issued <= :day)
GROUP BY measured.unit, measured.indicator""",
    """
CREATE TEMP TABLE verdict AS
SELECT measured.unit, measured.indicator, pillar, coalesce(measured.truth, papers.truth) AS measured,
  min(coalesce(measured.truth, papers.truth), papers.truth) AS official, numerator, denominator,
  CASE WHEN ratio AND denominator > 0 THEN printf('%d.%02d', numerator * 100 / denominator, numerator * 10000 / denominator % 100)
    END AS percent,
  CASE WHEN NOT figure OR measured.truth = 1 THEN NULL
       WHEN ratio THEN max(0, (threshold * denominator + 99) / 100 - numerator) ELSE max(0, threshold - numerator) END AS gap,
  CASE WHEN NOT figure OR measured.truth = 1 THEN NULL
       WHEN ratio THEN max(0, numerator - (threshold * denominator + 99) / 100) ELSE max(0, numerator - threshold) END AS slack
FROM measured JOIN papers USING (unit, indicator)""",
    """
CREATE TEMP TABLE pillar AS
SELECT unit, pillar, min(measured) AS measured, min(official) AS official, sum(official = 2) AS met, sum(official >= 1) AS possible,
  count(*) AS of FROM verdict GROUP BY unit, pillar""",
    """
CREATE TEMP TABLE whole AS
SELECT unit, min(measured) AS measured, min(official) AS official, sum(met) AS met, sum(possible) AS possible, sum(of) AS of
FROM pillar GROUP BY unit"""]
MADE = ("told", "measured", "papers", "verdict", "pillar", "whole")


class InSql:
    def __init__(self, nation: Nation):
        self.nation = nation
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.execute("PRAGMA temp_store = MEMORY")
        self.db.executescript(TABLES)
        elements = {name: number for number, name in enumerate(nation.elements)}
        indicators = {name: number for number, name in enumerate(PAPERS)}
        kinds = {name: number for number, name in enumerate(sorted({kind for found in PAPERS.values() for kind in found}))}
        states = {"accepted": 0, "rejected": 1, "withdrawn": 2}
        self.db.execute("BEGIN")
        self.db.executemany("INSERT INTO unit VALUES (?)", ((unit,) for unit in range(nation.communes)))
        for name, number in indicators.items():
            numerator, denominator, threshold = FIGURES.get(name, (None, None, None))
            self.db.execute("INSERT INTO indicator VALUES (?, ?, ?, ?, ?, ?, ?)",
                            (number, name, name.rpartition(".")[0], elements.get(numerator), elements.get(denominator), threshold,
                             numerator in FLOWS))
            self.db.executemany("INSERT INTO asked VALUES (?, ?, ?)",
                                ((number, kinds[kind], kind.startswith("confirm")) for kind in PAPERS[name]))
        self.db.executemany("INSERT INTO figure VALUES (?, ?, ?, ?, ?)", (
            (told.unit, elements[told.element], told.last.toordinal(), told.first.toordinal(), told.value)
            for told in nation.figures()))
        self.db.executemany("INSERT INTO paper VALUES (?, ?, ?, ?, ?, ?, ?)", (
            (paper.unit, indicators[paper.indicator], kinds[paper.kind], nation.issued.toordinal(),
             paper.valid_to.toordinal() if paper.valid_to else None, states[paper.state], paper.confirmed)
            for paper in nation.papers()))
        self.db.execute("COMMIT")
        self.db.execute("ANALYZE")

    def recompute(self) -> float:
        """Everything anew; the milliseconds it took."""
        for table in MADE:
            self.db.execute(f"DROP TABLE IF EXISTS temp.{table}")
        day = self.nation.day
        start = window(day)
        begun = time.monotonic()
        for text in RECOMPUTE:
            self.db.execute(text, {"day": day.toordinal(), "from": start.toordinal()})
        return (time.monotonic() - begun) * 1e3

    def letters(self) -> dict[tuple[int, str], tuple]:
        """By unit and indicator: measured, official, numerator, denominator, gap, slack."""
        rows = self.db.execute("SELECT unit, name, measured, official, verdict.numerator, verdict.denominator, gap, slack"
                               " FROM verdict JOIN indicator ON indicator.id = indicator")
        return {(unit, name): ("FUT"[measured], "FUT"[official], *numbers)
                for unit, name, measured, official, *numbers in rows}


def window(day: datetime.date) -> datetime.date:
    """The first day of the assessment window."""
    carried = day < datetime.date(day.year, 2, 15)
    return datetime.date(day.year - carried, 1, 1)
