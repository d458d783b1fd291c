"""The same job for the sqlite3 shell, in the fastest of the forms tried: load every bank's export, check every field, count
the people; durable as ntmd is.

It may keep citizen numbers as they are, which ntmd may not.
"""

import calendar
import datetime
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim"))

from working_age import FROM_YEARS, retirement_months  # noqa: E402

HEAD = """\
.bail on
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -65536;
CREATE TABLE commune(code TEXT PRIMARY KEY) WITHOUT ROWID;
.import "{communes}" commune
CREATE TABLE account(bank TEXT NOT NULL, unit TEXT NOT NULL, person INTEGER NOT NULL, counts INTEGER NOT NULL) STRICT;
CREATE TABLE quarantine(bank TEXT NOT NULL, line INTEGER NOT NULL, field TEXT NOT NULL) STRICT;
CREATE TEMP TABLE raw(ma_don_vi TEXT, so_cccd TEXT, ho_ten TEXT, ngay_sinh TEXT, loai_tk TEXT, ngay_mo TEXT, trang_thai TEXT);
"""

BANK = """\
.import --csv --skip 1 --schema temp "{file}" raw
BEGIN IMMEDIATE;
CREATE TEMP TABLE judged AS
  SELECT rowid + 1 AS line, ma_don_vi AS unit, so_cccd AS person, ngay_sinh AS born, trang_thai AS state,
    CASE WHEN ma_don_vi NOT IN (SELECT code FROM commune) THEN 'ma_don_vi'
         WHEN length(so_cccd) <> 12 OR so_cccd GLOB '*[^0-9]*' THEN 'so_cccd'
         WHEN {bad_born} THEN 'ngay_sinh'
         WHEN {bad_opened} THEN 'ngay_mo'
         WHEN trang_thai NOT IN ('ACTIVE', 'CLOSED') THEN 'trang_thai' END AS fault
  FROM raw;
DELETE FROM account WHERE bank = '{bank}';
DELETE FROM quarantine WHERE bank = '{bank}';
INSERT INTO account SELECT '{bank}', unit, CAST(person AS INTEGER), state = 'ACTIVE' AND {of_age} FROM judged WHERE fault IS NULL;
INSERT INTO quarantine SELECT '{bank}', line, fault FROM judged WHERE fault IS NOT NULL;
COMMIT;
DROP TABLE judged;
DELETE FROM raw;
"""

ANSWER = """\
.mode csv
.once "{answer}"
SELECT unit, count(DISTINCT CASE WHEN counts THEN person END) FROM account GROUP BY unit ORDER BY unit;
.once "{rejected}"
SELECT count(*) FROM quarantine;
"""


def not_a_day(column: str) -> str:
    """Without the modifier date() gives 31 April back as it came."""
    iso = f"substr({column}, 7, 4) || '-' || substr({column}, 4, 2) || '-' || substr({column}, 1, 2)"
    return f"{column} NOT GLOB '[0-9][0-9]/[0-9][0-9]/[0-9][0-9][0-9][0-9]' OR date({iso}, '+0 days') IS NOT {iso}"


def of_age(on: datetime.date) -> str:
    """Whole months lived by the day of the export, against the limits of its year; 29 February is kept on the 28th."""
    last = calendar.monthrange(on.year, on.month)[1]
    months = (f"({on.year * 12 + on.month} - 12 * CAST(substr(born, 7, 4) AS INTEGER) - CAST(substr(born, 4, 2) AS INTEGER)"
              f" - ({on.day} < min(CAST(substr(born, 1, 2) AS INTEGER), {last})))")
    limit = (f"CASE WHEN substr(person, 4, 1) IN ('1', '3', '5', '7', '9') THEN {retirement_months(on.year, True)}"
             f" ELSE {retirement_months(on.year, False)} END")
    return f"({months} >= {FROM_YEARS * 12} AND {months} < {limit})"


def script(files: dict[str, pathlib.Path], on: datetime.date, communes: pathlib.Path, answer: pathlib.Path,
           rejected: pathlib.Path) -> str:
    parts = [HEAD.format(communes=communes)]
    parts += [BANK.format(bank=bank, file=file, bad_born=not_a_day("ngay_sinh"), bad_opened=not_a_day("ngay_mo"),
                          of_age=of_age(on)) for bank, file in files.items()]
    return "".join(parts) + ANSWER.format(answer=answer, rejected=rejected)
