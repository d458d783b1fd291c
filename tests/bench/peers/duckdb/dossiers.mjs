// Dossiers in DuckDB: INSERT OR REPLACE by a primary key. Within one statement the first row of a key would stay, so of
// dossiers told again in one file all but the last telling are left out before. Slower were a sort by line and a window.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { DuckDBInstance } = createRequire(job.packages + '/')('@duckdb/node-api');

const columns = ['MaHoSo', 'KenhThucHien', 'NgayNopHoSo', 'NgayTiepNhan', 'NgayTra', 'NgayKetThucXuLy', 'TrangThaiHoSo', 'DonViXuLy'];
const schema = '{' + columns.map((name) => `${name}: 'VARCHAR'`).join(', ') + '}';
const moment = (column) => `CASE WHEN length(${column}) = 14 THEN try_strptime(${column}, '%Y%m%d%H%M%S') END`;
const bad = (column, told) => `(${told} IS NULL AND ${column} <> '')`;

const instance = await DuckDBInstance.create(job.store);
const db = await instance.connect();
await db.run(`CREATE TABLE commune AS SELECT row_number() OVER ()::SMALLINT AS id, column0 AS code
  FROM read_csv('${job.communes}', header = false, all_varchar = true)`);
await db.run(`CREATE TABLE dossier(id VARCHAR PRIMARY KEY, unit SMALLINT, channel UTINYINT, state UTINYINT, received DATE, ended DATE)`);
await db.run('CREATE TABLE quarantine(line BIGINT, field VARCHAR)');

await db.run('BEGIN');
await db.run(`CREATE TEMP TABLE judged AS
  SELECT line, id, unit, channel, state, coalesce(received, submitted)::DATE AS received, coalesce(ended, returned)::DATE AS ended,
    CASE WHEN coalesce(id, '') = '' THEN 'MaHoSo' WHEN unit IS NULL THEN 'DonViXuLy'
         WHEN channel IS NULL OR channel NOT BETWEEN 1 AND 3 THEN 'KenhThucHien'
         WHEN state IS NULL OR state NOT BETWEEN 1 AND 10 THEN 'TrangThaiHoSo'
         WHEN ${bad('NgayNopHoSo', 'submitted')} THEN 'NgayNopHoSo' WHEN ${bad('NgayTiepNhan', 'received')} THEN 'NgayTiepNhan'
         WHEN coalesce(received, submitted) IS NULL THEN 'NgayTiepNhan'
         WHEN ${bad('NgayTra', 'returned')} THEN 'NgayTra' WHEN ${bad('NgayKetThucXuLy', 'ended')} THEN 'NgayKetThucXuLy' END AS fault
  FROM (SELECT line, MaHoSo AS id, known.id AS unit, NgayNopHoSo, NgayTiepNhan, NgayTra, NgayKetThucXuLy,
          CASE WHEN coalesce(KenhThucHien, '') = '' THEN 1 ELSE try_cast(KenhThucHien AS UTINYINT) END AS channel,
          try_cast(TrangThaiHoSo AS UTINYINT) AS state, ${moment('NgayNopHoSo')} AS submitted, ${moment('NgayTiepNhan')} AS received,
          ${moment('NgayTra')} AS returned, ${moment('NgayKetThucXuLy')} AS ended
        FROM (SELECT row_number() OVER () AS line, * FROM read_ndjson('${job.file}', columns = ${schema}, ignore_errors = true))
        LEFT JOIN commune known ON known.code = DonViXuLy)`);
await db.run('CREATE TEMP TABLE again AS SELECT id, max(line) AS line FROM judged WHERE fault IS NULL GROUP BY id HAVING count(*) > 1');
await db.run(`INSERT OR REPLACE INTO dossier SELECT told.id, unit, channel, state, received, ended
  FROM judged AS told LEFT JOIN again ON again.id = told.id
  WHERE fault IS NULL AND (again.id IS NULL OR again.line = told.line)`);
await db.run('INSERT INTO quarantine SELECT line, fault FROM judged WHERE fault IS NOT NULL');
await db.run('COMMIT');

const found = await db.runAndReadAll(`
  SELECT code, count(*) FILTER (state NOT IN (1, 3)), count(*) FILTER (state NOT IN (1, 3) AND channel = 2)
  FROM dossier JOIN commune ON commune.id = unit GROUP BY code`);
process.stdout.write(found.getRows().map(([unit, received, online]) => `${unit},${received}\n${unit}/online,${online}\n`).join(''));
const rows = await db.runAndReadAll('SELECT count(*) FROM quarantine');
process.stdout.write(`bad,${rows.getRows()[0][0]}\n`);
db.closeSync();
instance.closeSync();
