"""What ntmd's store holds, to be compared."""

import contextlib
import hashlib
import pathlib
import sqlite3
import typing


NEWEST_QUARANTINED = """
SELECT coalesce(sum(quarantined), 0) FROM delivery AS of
WHERE dated IS (SELECT max(dated) FROM delivery WHERE source = of.source)"""


@contextlib.contextmanager
def opened(file: pathlib.Path) -> typing.Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        yield store


def bad_rows(file: pathlib.Path) -> int:
    """Of each source's newest day; all parts of it."""
    with opened(file) as store:
        return store.execute(NEWEST_QUARANTINED).fetchone()[0]


class Stored:
    """A digest per table."""

    def __init__(self, file: pathlib.Path):
        self.tables: dict[str, str] = {}
        with opened(file) as store:
            names = [name for name, in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
            for name in names:
                digest = hashlib.sha256()
                for row in store.execute(f'SELECT * FROM "{name}"'):
                    digest.update(repr(row).encode())
                self.tables[name] = digest.hexdigest()

    def changed(self, later: "Stored") -> set[str]:
        return {name for name in self.tables | later.tables if self.tables.get(name) != later.tables.get(name)}
