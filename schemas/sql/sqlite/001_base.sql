-- The store in one SQLite file. A file here is one step of the schema, applied once and never changed after a release.
-- Instants are microseconds since 1970-01-01 UTC, days are days since 1970-01-01, unsigned 64-bit numbers keep their bits.

CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The last number given out; 'revision' orders deliveries and computed figures together.
CREATE TABLE counter (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter (name, value) VALUES ('revision', 0);

CREATE TABLE element (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE source (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- How far a polled source has been read.
CREATE TABLE cursor (
  source INTEGER PRIMARY KEY REFERENCES source (id),
  value TEXT NOT NULL
) STRICT;

CREATE TABLE delivery (
  revision INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  source INTEGER NOT NULL REFERENCES source (id),
  connector TEXT NOT NULL,
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3),
  partition_name TEXT NOT NULL,
  part TEXT NOT NULL,
  dated INTEGER,
  content_sha256 TEXT NOT NULL,
  received INTEGER NOT NULL,
  recorded INTEGER NOT NULL,
  standing INTEGER NOT NULL CHECK (standing BETWEEN 1 AND 4),
  outcome INTEGER NOT NULL CHECK (outcome BETWEEN 1 AND 9),
  reason TEXT NOT NULL,
  fetched INTEGER NOT NULL,
  loaded INTEGER NOT NULL,
  filtered INTEGER NOT NULL,
  quarantined INTEGER NOT NULL,
  quarantine_left_out INTEGER NOT NULL,
  run TEXT NOT NULL,
  runs_dropped INTEGER NOT NULL DEFAULT 0 CHECK (runs_dropped IN (0, 1)),
  CHECK (fetched = loaded + filtered + quarantined)
) STRICT;
CREATE INDEX delivery_by_source ON delivery (source, kind, standing, dated);

CREATE TABLE quarantine (
  delivery INTEGER NOT NULL REFERENCES delivery (revision),
  place INTEGER NOT NULL,
  line INTEGER NOT NULL,
  byte INTEGER NOT NULL,
  column_name TEXT NOT NULL,
  rule TEXT NOT NULL,
  message TEXT NOT NULL,
  value TEXT,
  PRIMARY KEY (delivery, place)
) STRICT, WITHOUT ROWID;

-- Files by name and content; never forgotten. The latest seq of a name is what the folder last showed.
CREATE TABLE ledger (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  source INTEGER NOT NULL REFERENCES source (id),
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  changed_ns INTEGER NOT NULL,
  device INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  delivery TEXT NOT NULL,
  UNIQUE (source, name, sha256)
) STRICT;

-- One poll of one source.
CREATE TABLE poll (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  source INTEGER NOT NULL REFERENCES source (id),
  started INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  outcome INTEGER NOT NULL CHECK (outcome BETWEEN 1 AND 9),
  fetched INTEGER NOT NULL,
  loaded INTEGER NOT NULL,
  filtered INTEGER NOT NULL,
  quarantined INTEGER NOT NULL,
  deliveries INTEGER NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE INDEX poll_by_source ON poll (source, seq);

-- Versions of cells, clustered by cell. Without a delivery: computed over several sources.
CREATE TABLE figure (
  element INTEGER NOT NULL REFERENCES element (id),
  unit TEXT NOT NULL,
  revision INTEGER NOT NULL,
  row_number INTEGER NOT NULL,
  first_day INTEGER NOT NULL,
  last_day INTEGER NOT NULL,
  value INTEGER NOT NULL CHECK (value >= 0),
  missing INTEGER NOT NULL CHECK (missing BETWEEN 0 AND 2),
  delivery INTEGER REFERENCES delivery (revision),
  source INTEGER NOT NULL REFERENCES source (id),
  received INTEGER NOT NULL,
  recorded INTEGER NOT NULL,
  PRIMARY KEY (element, unit, revision, row_number, first_day, last_day),
  CHECK (first_day <= last_day),
  CHECK (delivery IS NULL OR delivery = revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX figure_by_delivery ON figure (delivery) WHERE delivery IS NOT NULL;

CREATE TABLE evidence (
  delivery INTEGER NOT NULL REFERENCES delivery (revision),
  place INTEGER NOT NULL,
  unit TEXT NOT NULL,
  indicator TEXT NOT NULL,
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 12),
  number TEXT NOT NULL,
  issued_on INTEGER NOT NULL,
  issuer TEXT NOT NULL,
  valid_to INTEGER,
  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
  confirmed_value INTEGER,
  sha256 TEXT NOT NULL,
  row_number INTEGER NOT NULL,
  PRIMARY KEY (delivery, place)
) STRICT, WITHOUT ROWID;

-- Each evidence delivery is a snapshot of its source: only the newest in force speaks.
CREATE VIEW newest_evidence AS
  SELECT source, revision
  FROM (SELECT source, revision,
          row_number() OVER (PARTITION BY source ORDER BY received DESC, part DESC, revision DESC) AS place
        FROM delivery
        WHERE kind = 2 AND standing = 1)
  WHERE place = 1;

-- Ascending keyed hashes, 8 bytes each, little-endian. Equal ones are kept once.
CREATE TABLE run_blob (
  id INTEGER PRIMARY KEY,
  checksum INTEGER NOT NULL,
  size INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  CHECK (length(bytes) = 8 * size)
) STRICT;
CREATE INDEX run_blob_by_checksum ON run_blob (checksum);

CREATE TABLE run (
  delivery INTEGER NOT NULL REFERENCES delivery (revision),
  element INTEGER NOT NULL REFERENCES element (id),
  unit TEXT NOT NULL,
  key_id INTEGER NOT NULL,
  blob INTEGER NOT NULL REFERENCES run_blob (id),
  PRIMARY KEY (delivery, element, unit)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_by_blob ON run (blob);

-- What a counted element was last computed from.
CREATE TABLE basis (
  element INTEGER PRIMARY KEY REFERENCES element (id)
) STRICT;
CREATE TABLE basis_delivery (
  element INTEGER NOT NULL REFERENCES basis (element) ON DELETE CASCADE,
  delivery INTEGER NOT NULL REFERENCES delivery (revision),
  PRIMARY KEY (element, delivery)
) STRICT, WITHOUT ROWID;

-- Cells that changed since they were assessed. A null element: evidence.
CREATE TABLE dirty (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  unit TEXT NOT NULL,
  element INTEGER REFERENCES element (id),
  delivery TEXT NOT NULL
) STRICT;

CREATE TABLE decision (
  seq INTEGER PRIMARY KEY,
  day TEXT NOT NULL,
  subject TEXT NOT NULL,
  criteria TEXT NOT NULL,
  indicator TEXT NOT NULL,
  body TEXT NOT NULL,
  prev_hash TEXT NOT NULL CHECK (length(prev_hash) = 64),
  hash TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;

-- One row, moved by compare-and-swap.
CREATE TABLE chain_head (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;
INSERT INTO chain_head (only, seq, hash)
  VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE status (
  subject TEXT NOT NULL,
  criteria TEXT NOT NULL,
  indicator TEXT NOT NULL,
  state INTEGER NOT NULL,
  measured INTEGER NOT NULL CHECK (measured BETWEEN 0 AND 3),
  official INTEGER NOT NULL CHECK (official BETWEEN 0 AND 3),
  known INTEGER NOT NULL CHECK (known BETWEEN 0 AND 2),
  reasons TEXT NOT NULL,
  decision INTEGER NOT NULL,
  PRIMARY KEY (subject, criteria, indicator)
) STRICT, WITHOUT ROWID;

CREATE TABLE criteria_text (
  sha256 TEXT PRIMARY KEY,
  text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE alert (
  key TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'firing', 'resolved')),
  unit TEXT NOT NULL,
  indicator TEXT NOT NULL,
  source TEXT NOT NULL,
  delivery TEXT NOT NULL,
  since INTEGER NOT NULL,
  notified INTEGER,
  observations INTEGER NOT NULL,
  last_observation TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Messages that wait until they are acknowledged.
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  channel TEXT NOT NULL,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_try INTEGER,
  last_error TEXT NOT NULL,
  UNIQUE (channel, id)
) STRICT;

-- From the command line to a running daemon. An empty answer: it waits.
CREATE TABLE request (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  argument TEXT NOT NULL,
  answer TEXT NOT NULL DEFAULT ''
) STRICT;
