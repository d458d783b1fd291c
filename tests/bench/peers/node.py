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
        return self.run("load.mjs", scratch, tools, communes=str(exports.communes),
                        files={bank: str(file) for bank, file in exports.files.items()},
                        men=[str(exports.men.after), str(exports.men.last)],
                        women=[str(exports.women.after), str(exports.women.last)])

    def run(self, script: str, scratch: pathlib.Path, tools: Tools, **job: object) -> Outcome:
        """A script of the package's folder; `job` says on what."""
        given = scratch / "job.json"
        packages = npm.install(self.package, tools.npm)
        given.write_text(json.dumps({"packages": str(packages), "store": str(scratch / "store")} | job))
        took, said = measured(scratch, "node", self.package / script, given)
        return Outcome(took, answer.parse(said))
