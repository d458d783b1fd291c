"""What is measured, one job per module: each makes a section of the report."""

import dataclasses
import pathlib

from peers import Peer, Tools
from peers.ntmd import Ntmd
from province import Exports, Province, fresh


@dataclasses.dataclass
class Bench:
    """What all jobs share."""
    tools: Tools
    province: Province
    exports: Exports  # of the first day
    ntmd: Ntmd
    peers: list[Peer]  # ntmd first
    rounds: int
    folder: pathlib.Path

    def scratch(self) -> pathlib.Path:
        """Empty, and the same every time: what the run before left there goes."""
        return fresh(self.folder / "scratch")
