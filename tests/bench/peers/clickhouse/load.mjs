// The bank exports in ClickHouse: per bank the file is read once into a table that keeps nothing, whose two views check each
// row and hand it to the accounts or to the quarantine of a stage; the stage's partitions then take the place of the old ones.
// Parts are synced before an insert is done.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { Session } = createRequire(job.packages + '/')('chdb');

const columns = ['ma_don_vi', 'so_cccd', 'ho_ten', 'ngay_sinh', 'loai_tk', 'ngay_mo', 'trang_thai'];
const schema = columns.map((name) => `${name} String`).join(', ');
const day = (column) => `if(length(${column}) = 10, toDate32(parseDateTime64OrNull(${column}, '%d/%m/%Y', 'UTC')), NULL)`;

const judged = `
  SELECT bank, line, dictGetOrNull('b.unit_of', 'id', ma_don_vi) AS unit, so_cccd, trang_thai AS state,
    if(length(so_cccd) = 12 AND substring(so_cccd, 1, 1) BETWEEN '0' AND '9', toUInt64OrNull(so_cccd), NULL) AS person,
    ${day('ngay_sinh')} AS born, ${day('ngay_mo')} AS opened,
    multiIf(unit IS NULL, 'ma_don_vi', person IS NULL, 'so_cccd', born IS NULL, 'ngay_sinh', opened IS NULL, 'ngay_mo',
      state NOT IN ('ACTIVE', 'CLOSED'), 'trang_thai', '') AS fault
  FROM b.raw`;
const between = ([after, last]) => `born > toDate32('${after}') AND born <= toDate32('${last}')`;
const counts = `
  state = 'ACTIVE' AND if(intDiv(assumeNotNull(person), 100000000) % 2 = 0, ${between(job.men)}, ${between(job.women)})`;

const db = new Session(job.store);
const run = (text) => db.query(text, 'CSV');
const durable = 'min_bytes_for_wide_part = 0, fsync_after_insert = 1, fsync_part_directory = 1';
run('CREATE DATABASE b');
run('CREATE TABLE b.commune(code String, id UInt16) ENGINE = MergeTree ORDER BY code');
run(`INSERT INTO b.commune SELECT c1, rowNumberInAllBlocks() + 1 FROM file('${job.communes}', 'CSV', 'c1 String')`);
run(`CREATE DICTIONARY b.unit_of(code String, id UInt16) PRIMARY KEY code
  SOURCE(CLICKHOUSE(DB 'b' TABLE 'commune')) LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(0)`);
run(`CREATE TABLE b.raw(bank LowCardinality(String), line UInt64, ${schema}) ENGINE = Null`);
for (const stage of ['', '_stage']) {
  run(`CREATE TABLE b.account${stage}(bank LowCardinality(String), unit UInt16, person UInt64, counts Bool)
    ENGINE = MergeTree PARTITION BY bank ORDER BY tuple() SETTINGS ${durable}`);
  run(`CREATE TABLE b.quarantine${stage}(bank LowCardinality(String), line UInt64, field LowCardinality(String))
    ENGINE = MergeTree PARTITION BY bank ORDER BY tuple() SETTINGS ${durable}`);
}
run(`CREATE MATERIALIZED VIEW b.good TO b.account_stage AS
  SELECT bank, unit, person, ${counts} AS counts FROM (${judged}) WHERE fault = ''`);
run(`CREATE MATERIALIZED VIEW b.bad TO b.quarantine_stage AS SELECT bank, line, fault AS field FROM (${judged}) WHERE fault <> ''`);

for (const [bank, file] of Object.entries(job.files)) {
  run(`INSERT INTO b.raw SELECT '${bank}', _row_number + 2, ${columns.join(', ')}
    FROM file('${file}', 'CSVWithNames', '${schema}')`);
  for (const table of ['account', 'quarantine']) {
    run(`ALTER TABLE b.${table} REPLACE PARTITION '${bank}' FROM b.${table}_stage`);
    run(`ALTER TABLE b.${table}_stage DROP PARTITION '${bank}'`);
  }
}

process.stdout.write(run(`SELECT code, n FROM (SELECT unit AS id, uniqExactIf(person, counts) AS n FROM b.account GROUP BY unit) AS found
  JOIN b.commune USING id`).replaceAll('"', ''));
process.stdout.write(run(`SELECT 'bad', count() FROM b.quarantine`).replaceAll('"', ''));
db.cleanup?.();
