-- What was committed under a revision, by its digest, so that an edit shows. `ledgered`: it came with a line in the ledger.
CREATE TABLE witness (
  revision INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  ledgered INTEGER NOT NULL CHECK (ledgered IN (0, 1))
) STRICT;
-- Up to here nothing was witnessed.
INSERT INTO meta (name, value) SELECT 'unwitnessed_up_to', CAST(value AS TEXT) FROM counter WHERE name = 'revision';
CREATE INDEX figure_computed ON figure (revision) WHERE delivery IS NULL;

-- Every standing that a delivery had, in order.
CREATE TABLE standing_change (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  delivery INTEGER NOT NULL REFERENCES delivery (revision),
  standing INTEGER NOT NULL CHECK (standing BETWEEN 1 AND 4),
  reason TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX standing_change_by_delivery ON standing_change (delivery, seq);
INSERT INTO standing_change (delivery, standing, reason, at)
  SELECT revision, standing, reason, recorded FROM delivery ORDER BY revision;
