"""Those who do the same job: load every bank's export, check every field, keep bad rows apart, count the people; durable,
and the same when done twice."""

import dataclasses
import pathlib
import typing

from answer import Answer
from measuring import Measured
from province import Exports


@dataclasses.dataclass(frozen=True)
class Tools:
    """Where things are."""
    ntmd: pathlib.Path
    programs: pathlib.Path  # the folder of bench_floor and its like
    npm: pathlib.Path  # what is installed for the peers is kept here


@dataclasses.dataclass(frozen=True)
class Outcome:
    measured: Measured
    answer: Answer


class Peer(typing.Protocol):
    name: str
    note: str  # what it does, in a line
    slow: bool  # runs once only where others run in rounds

    def missing(self, tools: Tools) -> str | None:
        """Why it cannot run here; installs what it can."""

    def load(self, exports: Exports, scratch: pathlib.Path, tools: Tools) -> Outcome:
        """A first load from nothing. `scratch` is an empty folder."""
