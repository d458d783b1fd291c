"""Parts of ntmd in one process, on figures of a whole country: assessing, deciding, publishing; and counting people from the
runs that are stored."""

import datetime
import json
import sqlite3
import statistics
import time

import nation
from jobs import Bench
from measuring import Failed, call
from report import Section, Target
from same_in_sql import InSql

UNION_MS = 150
ASSESS_MS = 15
DECIDE_MS = 2
PUBLISH_MS = 50
FILES = 8  # about the whole: status, sources, alerts, metrics, index, head; of the unit: its data and its page
TIMES_SQL = 15


def measure(bench: Bench, config, day: datetime.date, what: str) -> dict:
    return json.loads(call(bench.tools.programs / "bench_parts", config, day, what, timeout=1800))


def told(what: str, took: dict) -> str:
    wall, cpu = took["wall_ms"], took["cpu_ms"]
    return (f"{what}: {len(wall)} times, median {statistics.median(wall):.2f} ms, best {min(wall):.2f} ms, "
            f"CPU {statistics.median(cpu):.2f} ms")


def union(bench: Bench) -> Section:
    """Of what the first load left; the store forgets that it was counted already."""
    exports, province = bench.exports, bench.province
    bench.ntmd.load(exports, bench.scratch(), bench.tools)
    with sqlite3.connect(province.store) as store:
        store.execute("DELETE FROM basis_delivery")
        store.execute("DELETE FROM basis")
    store.close()
    took = measure(bench, province.config, exports.day, "union")
    province.forget()
    if took["people"] != sum(exports.answer.counted.values()):
        raise Failed(f"bench_parts union: {took['people']} people, expected {sum(exports.answer.counted.values())}")
    return Section(f"union of all {took['units']:,} communes from stored runs: {exports.rows:,} rows",
                   notes=[told("union", took)],
                   targets=[Target("union", statistics.median(took["wall_ms"]), UNION_MS, " ms")])


def whole_country(bench: Bench) -> Section:
    country = bench.country
    communes, day, config = country.nation.communes, country.nation.day, country.config
    found = {what: measure(bench, config, day, what) for what in ("assess",)}
    sql, equal = in_sql(country)
    found |= {what: measure(bench, config, day, what) for what in ("decide", "publish", "sync")}
    median = {what: statistics.median(took["wall_ms"]) for what, took in found.items()}
    files = max(found["publish"]["files"])
    rows = nation.MONTHS * nation.ELEMENTS * communes
    return Section(
        f"{communes:,} communes × 13 indicators from figures in memory: {rows:,} figures of {nation.ELEMENTS} elements, "
        f"{nation.MONTHS} months",
        notes=[told("assess all, nothing changed", found["assess"]), told("judging alone", found["assess"]["judged"]),
               told("the same in SQL", sql),
               f"the SQL gives {'the same' if equal else 'ANOTHER'} answer; by CPU it takes "
               f"{statistics.median(sql['cpu_ms']) / statistics.median(found['assess']['cpu_ms']):.1f} times as long",
               told("a changed figure to its decision: two commits", found["decide"]),
               told("publish after it", found["publish"]),
               told("for comparison, 4 KiB written and synced to this disk", found["sync"])],
        targets=[Target("assess all, durable", median["assess"], ASSESS_MS, " ms"),
                 Target("times as fast as the same SQL in SQLite", statistics.median(sql["wall_ms"]) / median["assess"], TIMES_SQL,
                        "", at_least=True),
                 Target("answers that the SQL gives otherwise", 0 if equal else 1, 0, ""),
                 Target("one changed figure to a durable decision", median["decide"], DECIDE_MS, " ms"),
                 Target("publish after one commune changed", median["publish"], PUBLISH_MS, " ms"),
                 Target("files written by it", files, FILES, "")])


def in_sql(country: nation.Prepared) -> tuple[dict, bool]:
    """What it took, and whether it gives what ntmd published."""
    sql = InSql(country.nation)
    took: dict[str, list[float]] = {"wall_ms": [], "cpu_ms": []}
    for _ in range(5):
        before = time.process_time()
        took["wall_ms"].append(sql.recompute())
        took["cpu_ms"].append((time.process_time() - before) * 1e3)
    status = json.loads((country.folder / "public" / "status.json").read_text(encoding="utf-8"))
    published = {(unit, one["id"]): tuple(one[name] for name in ("measured", "official", "numerator", "denominator", "gap", "slack"))
                 for unit, entry in enumerate(status["units"]) for one in entry["indicators"]}
    return took, sql.letters() == published
