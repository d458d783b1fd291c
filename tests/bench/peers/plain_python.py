"""A plain Python script: the csv module, sets, nothing kept. It shares no code with ntmd or the generator, so it says who is
right."""

import pathlib
import sys

import answer
from measuring import measured
from peers import Outcome, Tools
from province import Exports

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "count_in_python.py"


class PlainPython:
    name = "python"
    note = "csv module and sets; nothing kept"
    slow = True

    def missing(self, tools: Tools) -> str | None:
        return None

    def load(self, exports: Exports, scratch: pathlib.Path, tools: Tools) -> Outcome:
        units = exports.communes.with_name("units.csv")
        took, said = measured(scratch, sys.executable, "-B", SCRIPT, units, *exports.files.values())
        return Outcome(took, answer.parse(said))
