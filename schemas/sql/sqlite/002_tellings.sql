-- Which telling of a part counts: its turn orders the tellings, and a whole one withdraws those before it. What was
-- delivered before this step was told in the order of its commits, and withdraws nothing.
ALTER TABLE delivery ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN whole INTEGER NOT NULL DEFAULT 0 CHECK (whole IN (0, 1));
UPDATE delivery SET turn = revision;
CREATE INDEX delivery_by_part ON delivery (source, kind, part, turn);
DROP VIEW newest_evidence;

-- Which deliveries a computed figure was counted from, by the figure's revision.
CREATE TABLE counted_from (
  revision INTEGER NOT NULL,
  delivery INTEGER NOT NULL REFERENCES delivery (revision),
  PRIMARY KEY (revision, delivery)
) STRICT, WITHOUT ROWID;
