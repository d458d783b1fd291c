"""What is measured, one job per module: each makes a section of the report."""

import dataclasses
import functools
import pathlib

import nation
from peers import Peer, Tools
from peers.ntmd import Ntmd
from province import Exports, Province, fresh

COMMUNES = 10_600
SHORT_COMMUNES = 500


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

    @functools.cached_property
    def country(self) -> nation.Prepared:
        """Made when the first job asks; it takes minutes where the disk is slow to sync."""
        return nation.prepare(self.tools.ntmd, self.folder / "nation", SHORT_COMMUNES if self.province.size.name == "short" else COMMUNES)

    def scratch(self) -> pathlib.Path:
        """Empty, and the same every time: what the run before left there goes."""
        return fresh(self.folder / "scratch")
