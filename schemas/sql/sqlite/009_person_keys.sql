-- The keys of the person hashes: where each is found and what it is told by, never the key. 1 in force: counted with;
-- 2 incoming: everybody is hashed under it, too; 3 retired; 4 cancelled: its number is not given again;
-- 5 set aside: it was in force until another one was given at once; unlike those of 3 its runs are kept.
CREATE TABLE person_key (
  id INTEGER PRIMARY KEY,
  secret TEXT NOT NULL,
  check_value TEXT NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5),
  since INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX person_key_in_use ON person_key (state) WHERE state IN (1, 2);

-- A run may be there under two keys.
CREATE TABLE run_by_key (
  delivery INTEGER NOT NULL REFERENCES delivery (revision),
  element INTEGER NOT NULL REFERENCES element (id),
  unit TEXT NOT NULL,
  key_id INTEGER NOT NULL,
  blob INTEGER NOT NULL REFERENCES run_blob (id),
  PRIMARY KEY (delivery, element, unit, key_id)
) STRICT, WITHOUT ROWID;
INSERT INTO run_by_key SELECT delivery, element, unit, key_id, blob FROM run;
DROP TABLE run;
ALTER TABLE run_by_key RENAME TO run;
CREATE INDEX run_by_blob ON run (blob);
