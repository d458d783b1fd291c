"""The sqlite3 shell, in the fastest of the forms tried: .import, one judged table, one transaction per bank. It may keep
citizen numbers as they are, which ntmd may not."""

import pathlib
import shutil

import answer
from measuring import measured
from peers import Outcome, Tools
from province import BirthRange, Exports

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
  SELECT rowid + 1 AS line, ma_don_vi AS unit, so_cccd AS person, {iso_born} AS born, trang_thai AS state,
    CASE WHEN ma_don_vi NOT IN (SELECT code FROM commune) THEN 'ma_don_vi'
         WHEN length(so_cccd) <> 12 OR so_cccd GLOB '*[^0-9]*' THEN 'so_cccd'
         WHEN {bad_born} THEN 'ngay_sinh'
         WHEN {bad_opened} THEN 'ngay_mo'
         WHEN trang_thai NOT IN ('ACTIVE', 'CLOSED') THEN 'trang_thai' END AS fault
  FROM raw;
DELETE FROM account WHERE bank = '{bank}';
DELETE FROM quarantine WHERE bank = '{bank}';
INSERT INTO account SELECT '{bank}', unit, CAST(person AS INTEGER), state = 'ACTIVE' AND
    CASE WHEN substr(person, 4, 1) IN ('1', '3', '5', '7', '9') THEN {women} ELSE {men} END FROM judged WHERE fault IS NULL;
INSERT INTO quarantine SELECT '{bank}', line, fault FROM judged WHERE fault IS NOT NULL;
COMMIT;
DROP TABLE judged;
DELETE FROM raw;
"""

ANSWER = """\
.mode csv
.separator , "\\n"
SELECT unit, count(DISTINCT CASE WHEN counts THEN person END) FROM account GROUP BY unit ORDER BY unit;
SELECT 'bad', count(*) FROM quarantine;
"""


def iso(column: str) -> str:
    return f"substr({column}, 7, 4) || '-' || substr({column}, 4, 2) || '-' || substr({column}, 1, 2)"


def not_a_day(column: str) -> str:
    """Without the modifier date() gives 31 April back as it came."""
    return (f"{column} NOT GLOB '[0-9][0-9]/[0-9][0-9]/[0-9][0-9][0-9][0-9]' "
            f"OR date({iso(column)}, '+0 days') IS NOT {iso(column)}")


def between(days: BirthRange) -> str:
    return f"(born > '{days.after}' AND born <= '{days.last}')"


def script(exports: Exports) -> str:
    banks = [BANK.format(bank=bank, file=file, iso_born=iso("ngay_sinh"), bad_born=not_a_day("ngay_sinh"),
                         bad_opened=not_a_day("ngay_mo"), men=between(exports.men), women=between(exports.women))
             for bank, file in exports.files.items()]
    return "".join([HEAD.format(communes=exports.communes), *banks, ANSWER])


class SqliteShell:
    name = "sqlite"
    note = ".import, judge, insert; per bank one transaction"
    slow = True

    def missing(self, tools: Tools) -> str | None:
        return None if shutil.which("sqlite3") else "there is no sqlite3"

    def load(self, exports: Exports, scratch: pathlib.Path, tools: Tools) -> Outcome:
        job = scratch / "job.sql"
        job.write_text(script(exports), encoding="utf-8")
        took, said = measured(scratch, "sqlite3", "-batch", scratch / "accounts.db", stdin=job)
        return Outcome(took, answer.parse(said.replace('"', "").removeprefix("wal\n")))
