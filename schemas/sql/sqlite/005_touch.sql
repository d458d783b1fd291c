-- How a delivery changed a cell: 1 it came, 2 it was accepted, 3 it was taken out, 4 its source was configured or not.
ALTER TABLE dirty ADD COLUMN touch INTEGER NOT NULL DEFAULT 1 CHECK (touch BETWEEN 1 AND 4);
