// The bank exports in DuckDB: per bank one transaction that deletes and inserts, the fastest correct form of those tried.
// The file is read once into a table in memory, where each row is checked; communes are small numbers there.
// Slower were: reading twice, one table with the faults in it, dates by cast or by a table of days, communes as text.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { DuckDBInstance } = createRequire(job.packages + '/')('@duckdb/node-api');

const columns = ['ma_don_vi', 'so_cccd', 'ho_ten', 'ngay_sinh', 'loai_tk', 'ngay_mo', 'trang_thai'];
const schema = '{' + columns.map((name) => `'${name}': 'VARCHAR'`).join(', ') + '}';
const day = (column) => `CASE WHEN length(${column}) = 10 THEN try_strptime(${column}, '%d/%m/%Y')::DATE END`;

const read = (file) => `
  SELECT line + 1 AS line, known.id AS unit, trang_thai AS state, ${day('ngay_sinh')} AS born, ${day('ngay_mo')} AS opened,
    CASE WHEN length(so_cccd) = 12 AND so_cccd[1] BETWEEN '0' AND '9' THEN try_cast(so_cccd AS BIGINT) END AS person
  FROM (SELECT row_number() OVER () AS line, *
        FROM read_csv('${file}', header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = ${schema}))
  LEFT JOIN commune known ON known.code = ma_don_vi`;
const fault = `
  CASE WHEN unit IS NULL THEN 'ma_don_vi' WHEN person IS NULL THEN 'so_cccd' WHEN born IS NULL THEN 'ngay_sinh'
       WHEN opened IS NULL THEN 'ngay_mo' WHEN state IS NULL OR state NOT IN ('ACTIVE', 'CLOSED') THEN 'trang_thai' END`;
const between = ([after, last]) => `born > DATE '${after}' AND born <= DATE '${last}'`;
const counts = `
  state = 'ACTIVE' AND CASE WHEN person // 100000000 % 2 = 0 THEN ${between(job.men)} ELSE ${between(job.women)} END`;

const instance = await DuckDBInstance.create(job.store);
const db = await instance.connect();
await db.run(`CREATE TABLE commune AS SELECT row_number() OVER ()::SMALLINT AS id, column0 AS code
  FROM read_csv('${job.communes}', header = false, all_varchar = true)`);
await db.run('CREATE TABLE account(bank VARCHAR, unit SMALLINT, person BIGINT, counts BOOLEAN)');
await db.run('CREATE TABLE quarantine(bank VARCHAR, line BIGINT, field VARCHAR)');

for (const [bank, file] of Object.entries(job.files)) {
  await db.run('BEGIN');
  await db.run(`DELETE FROM account WHERE bank = '${bank}'`);
  await db.run(`DELETE FROM quarantine WHERE bank = '${bank}'`);
  await db.run(`CREATE OR REPLACE TEMP TABLE judged AS
    SELECT line, unit, person, ${counts} AS counts, ${fault} AS fault FROM (${read(file)})`);
  await db.run(`INSERT INTO account SELECT '${bank}', unit, person, counts FROM judged WHERE fault IS NULL`);
  await db.run(`INSERT INTO quarantine SELECT '${bank}', line, fault FROM judged WHERE fault IS NOT NULL`);
  await db.run('COMMIT');
}

const found = await db.runAndReadAll(`
  SELECT code, count(DISTINCT person) FILTER (counts) FROM account JOIN commune ON id = unit GROUP BY code
  UNION ALL SELECT 'bad', count(*) FROM quarantine`);
process.stdout.write(found.getRows().map(([unit, count]) => `${unit},${count}\n`).join(''));
db.closeSync();
instance.closeSync();
