"""Our own floor: reads, checks and counts on two threads, keeps nothing."""

import pathlib

import answer
from measuring import measured
from peers import Outcome, Tools
from province import Exports


class Floor:
    name = "floor"
    note = "reads, checks and counts only; two threads, nothing kept"
    slow = False

    def missing(self, tools: Tools) -> str | None:
        return None if (tools.programs / "bench_floor").is_file() else "bench_floor is not built"

    def load(self, exports: Exports, scratch: pathlib.Path, tools: Tools) -> Outcome:
        took, said = measured(scratch, *self.command(tools, exports))
        return Outcome(took, answer.parse(said))

    @staticmethod
    def command(tools: Tools, exports: Exports) -> list[object]:
        return [tools.programs / "bench_floor", exports.communes, exports.men.after, exports.men.last, exports.women.after,
                exports.women.last, *exports.files.values()]
