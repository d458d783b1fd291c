"""ntmd itself: run --once on the generated province, with everything that belongs to it: decisions, published files."""

import json
import pathlib

from answer import Answer
from measuring import Measured, measured
from peers import Outcome, Tools
from province import Dossiers, Exports, Province
from stored import bad_rows


class Ntmd:
    name = "ntmd"
    note = "run --once: load, assess, decide, publish"
    slow = False

    def __init__(self, province: Province):
        self.province = province

    def missing(self, tools: Tools) -> str | None:
        return None if tools.ntmd.is_file() else f"{tools.ntmd} is not built"

    def load(self, exports: Exports | Dossiers, scratch: pathlib.Path, tools: Tools) -> Outcome:
        self.province.forget()
        return self.once(exports, scratch, tools)

    def once(self, exports: Exports | Dossiers, scratch: pathlib.Path, tools: Tools) -> Outcome:
        """On what is stored already."""
        took = self.run(exports, scratch, tools)
        return Outcome(took, self.found())

    def run(self, exports: Exports | Dossiers, scratch: pathlib.Path, tools: Tools) -> Measured:
        return measured(scratch, *self.command(tools, exports))[0]

    def command(self, tools: Tools, exports: Exports | Dossiers) -> list[object]:
        return [tools.ntmd, "run", "--once", "--as-of", exports.day, "--config", self.province.config]

    def found(self) -> Answer:
        """What is published and stored now."""
        status = json.loads((self.province.folder / "public" / "status.json").read_text(encoding="utf-8"))
        counted = {}
        for unit, indicator in ((unit["code"], one) for unit in status["units"] for one in unit["indicators"]):
            if indicator["id"] == "1.3.1" and indicator["numerator"] is not None:
                counted[unit] = indicator["numerator"]
            if indicator["id"] == "1.2.1" and indicator["denominator"] is not None:
                counted |= {unit: indicator["denominator"], f"{unit}/online": indicator["numerator"]}
        return Answer(counted, bad_rows(self.province.store))
