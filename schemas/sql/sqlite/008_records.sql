-- Upserted records: each delivery keeps its own rows, one per key, so that what it superseded can be in force again; the
-- row in force of a key is counted, and the counts per unit and day move by the difference.

-- A delivery may be of records, too (kind 4). A column's check can only go with the column.
DROP INDEX delivery_by_source;
DROP INDEX delivery_by_part;
ALTER TABLE delivery RENAME COLUMN kind TO kind_before;
ALTER TABLE delivery ADD COLUMN kind INTEGER NOT NULL DEFAULT 1 CHECK (kind BETWEEN 1 AND 4);
UPDATE delivery SET kind = kind_before;
ALTER TABLE delivery DROP COLUMN kind_before;
CREATE INDEX delivery_by_source ON delivery (source, kind, standing, dated);
CREATE INDEX delivery_by_part ON delivery (source, kind, part, turn);

-- What the days and counters of a source's records are called, in the order in which they were first seen.
CREATE TABLE record_day (
  source INTEGER NOT NULL REFERENCES source (id),
  slot INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (source, slot),
  UNIQUE (source, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE record_counter (
  source INTEGER NOT NULL REFERENCES source (id),
  slot INTEGER NOT NULL,
  element INTEGER NOT NULL REFERENCES element (id),
  day INTEGER NOT NULL,
  PRIMARY KEY (source, slot),
  UNIQUE (source, element, day),
  FOREIGN KEY (source, day) REFERENCES record_day (source, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_counter_by_element ON record_counter (element);

-- From this day on the counts of a source are told day by day, before it month by month.
CREATE TABLE record_source (
  source INTEGER PRIMARY KEY REFERENCES source (id),
  daily_from INTEGER NOT NULL
) STRICT;

-- The rows of one delivery: units, days and counters in its own order, rows by the first bits of their keys. `told`
-- orders deliveries: of two rows of one version the later told counts.
CREATE TABLE record_delivery (
  delivery INTEGER PRIMARY KEY REFERENCES delivery (revision),
  source INTEGER NOT NULL REFERENCES source (id),
  told INTEGER NOT NULL,
  daily_from INTEGER NOT NULL,
  bits INTEGER NOT NULL CHECK (bits BETWEEN 0 AND 16),
  size INTEGER NOT NULL,
  units TEXT NOT NULL,
  days TEXT NOT NULL,
  counters TEXT NOT NULL
) STRICT;
CREATE INDEX record_delivery_by_source ON record_delivery (source);
CREATE TABLE record_block (
  id INTEGER PRIMARY KEY,
  delivery INTEGER NOT NULL REFERENCES record_delivery (delivery),
  bucket INTEGER NOT NULL,
  size INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (delivery, bucket)
) STRICT;

-- The rows in force, counted: by day of the month, of each day and counter. `seen`: bits of the days that have rows.
CREATE TABLE record_month (
  source INTEGER NOT NULL REFERENCES source (id),
  unit TEXT NOT NULL,
  month INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  received INTEGER NOT NULL,
  recorded INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  counts BLOB NOT NULL,
  PRIMARY KEY (source, unit, month)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_month_by_month ON record_month (source, month);

-- What they were before, until they were replaced.
CREATE TABLE record_month_past (
  source INTEGER NOT NULL REFERENCES source (id),
  unit TEXT NOT NULL,
  month INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  received INTEGER NOT NULL,
  recorded INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  counts BLOB NOT NULL,
  replaced INTEGER NOT NULL,
  PRIMARY KEY (source, unit, month, revision)
) STRICT, WITHOUT ROWID;
