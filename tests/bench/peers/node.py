"""A peer that is an npm package, driven by load.mjs beside its package.json."""

import json
import pathlib

import answer
import npm
from measuring import measured
from peers import Outcome, Tools
from province import Exports

HERE = pathlib.Path(__file__).resolve().parent


class NodePeer:
    slow = False

    def __init__(self, name: str, note: str):
        self.name, self.note = name, note
        self.package = HERE / name

    def missing(self, tools: Tools) -> str | None:
        try:
            npm.install(self.package, tools.npm)
        except npm.NotInstalled as fault:
            return str(fault)
        return None

    def load(self, exports: Exports, scratch: pathlib.Path, tools: Tools) -> Outcome:
        job = scratch / "job.json"
        job.write_text(json.dumps({
            "packages": str(npm.install(self.package, tools.npm)), "store": str(scratch / "store"),
            "communes": str(exports.communes), "files": {bank: str(file) for bank, file in exports.files.items()},
            "men": [str(exports.men.after), str(exports.men.last)],
            "women": [str(exports.women.after), str(exports.women.last)]}))
        took, said = measured(scratch, "node", self.package / "load.mjs", job)
        return Outcome(took, answer.parse(said))
