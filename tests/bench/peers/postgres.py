"""PostgreSQL 15: per bank COPY into a temporary table, judge, upsert by (bank, commune, person), delete who is no longer
told of; one transaction. Days are looked up in a table of all of them, the fastest of the forms tried that refuses 31
February."""

import pathlib

import answer
from measuring import measured
from peers import Outcome, Tools
from peers.postgres_server import PROGRAMS, Server
from province import BirthRange, Exports

HEAD = """\
CREATE TABLE commune(id smallint GENERATED ALWAYS AS IDENTITY, code text PRIMARY KEY);
\\copy commune(code) FROM '{communes}'
CREATE TABLE account(bank smallint, unit smallint, person bigint, counts boolean NOT NULL, load bigint NOT NULL,
                     PRIMARY KEY (bank, unit, person));
CREATE TABLE quarantine(bank smallint NOT NULL, line bigint NOT NULL, field text NOT NULL);
CREATE TEMP TABLE calendar AS
  SELECT to_char(day, 'DD/MM/YYYY') AS text, day::date FROM generate_series(date '1900-01-01', date '2100-12-31', '1 day') AS day;
CREATE TEMP TABLE raw(line bigint GENERATED ALWAYS AS IDENTITY (CACHE 1000), ma_don_vi text, so_cccd text, ho_ten text,
                      ngay_sinh text, loai_tk text, ngay_mo text, trang_thai text);
ANALYZE commune, calendar;
"""

BANK = """\
\\copy raw(ma_don_vi, so_cccd, ho_ten, ngay_sinh, loai_tk, ngay_mo, trang_thai) FROM '{file}' (FORMAT csv, HEADER)
ANALYZE raw;
BEGIN;
CREATE TEMP TABLE judged ON COMMIT DROP AS
  SELECT line, commune.id AS unit, so_cccd AS person, trang_thai AS state, born.day AS born,
    CASE WHEN commune.id IS NULL THEN 'ma_don_vi'
         WHEN so_cccd !~ '^[0-9]{{12}}$' OR so_cccd IS NULL THEN 'so_cccd'
         WHEN born.day IS NULL THEN 'ngay_sinh'
         WHEN opened.day IS NULL THEN 'ngay_mo'
         WHEN trang_thai NOT IN ('ACTIVE', 'CLOSED') OR trang_thai IS NULL THEN 'trang_thai' END AS fault
  FROM raw LEFT JOIN commune ON commune.code = ma_don_vi
    LEFT JOIN calendar AS born ON born.text = ngay_sinh LEFT JOIN calendar AS opened ON opened.text = ngay_mo;
INSERT INTO account
  SELECT {bank}, unit, person::bigint, bool_or(state = 'ACTIVE' AND
    CASE WHEN substr(person, 4, 1) IN ('1', '3', '5', '7', '9') THEN {women} ELSE {men} END), txid_current()
  FROM judged WHERE fault IS NULL GROUP BY unit, person
  ON CONFLICT (bank, unit, person) DO UPDATE SET counts = excluded.counts, load = excluded.load;
DELETE FROM account WHERE bank = {bank} AND load <> txid_current();
DELETE FROM quarantine WHERE bank = {bank};
INSERT INTO quarantine SELECT {bank}, line + 1, fault FROM judged WHERE fault IS NOT NULL;
COMMIT;
TRUNCATE raw RESTART IDENTITY;
"""

ANSWER = """\
SELECT code || ',' || count(DISTINCT person) FILTER (WHERE counts) FROM account JOIN commune ON commune.id = unit GROUP BY code;
SELECT 'bad,' || count(*) FROM quarantine;
"""


def between(days: BirthRange) -> str:
    return f"(born > '{days.after}' AND born <= '{days.last}')"


def script(exports: Exports) -> str:
    banks = [BANK.format(bank=number, file=file, men=between(exports.men), women=between(exports.women))
             for number, file in enumerate(exports.files.values())]
    return "".join([HEAD.format(communes=exports.communes), *banks, ANSWER])


class Postgres:
    name = "postgresql"
    note = "COPY, judge, upsert; per bank one transaction"
    slow = True

    def missing(self, tools: Tools) -> str | None:
        return None if (PROGRAMS / "postgres").is_file() else f"there is no {PROGRAMS}/postgres"

    def load(self, exports: Exports, scratch: pathlib.Path, tools: Tools) -> Outcome:
        job = scratch / "job.sql"
        job.write_text(script(exports), encoding="utf-8")
        with Server() as server:
            took, said = measured(scratch, *server.client(), "-f", job, server=server.pid)
        return Outcome(took, answer.parse(said))
