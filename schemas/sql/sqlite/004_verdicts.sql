-- What the last pass said of each subject, with the inputs it saw: what commands print until the next pass.
CREATE TABLE verdict (
  subject TEXT NOT NULL,
  criteria TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (subject, criteria)
) STRICT;
