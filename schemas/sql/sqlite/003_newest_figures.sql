-- How new the figures are that a source has told, computed ones aside: found without reading them all.
CREATE INDEX figure_by_last_day ON figure (source, last_day) WHERE delivery IS NOT NULL;
