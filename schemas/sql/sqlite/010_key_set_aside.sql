-- 5: was in force until another one was given at once; unlike those of 3 its runs are kept.
CREATE TABLE key_with_aside (
  id INTEGER PRIMARY KEY,
  secret TEXT NOT NULL,
  check_value TEXT NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5),
  since INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT;
INSERT INTO key_with_aside SELECT id, secret, check_value, CASE
  WHEN state = 3 AND EXISTS (SELECT 1 FROM run WHERE key_id = person_key.id) THEN 5 ELSE state END, since, reason
  FROM person_key;
DROP TABLE person_key;
ALTER TABLE key_with_aside RENAME TO person_key;
CREATE UNIQUE INDEX person_key_in_use ON person_key (state) WHERE state IN (1, 2);
