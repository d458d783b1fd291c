-- What happened so often since this step, for the metrics: they only grow.
CREATE TABLE tally (
  what TEXT NOT NULL,
  subject TEXT NOT NULL,
  outcome TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (what, subject, outcome)
) STRICT, WITHOUT ROWID;
