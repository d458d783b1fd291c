"""What a benchmark run found, as text for people and as JSON for programs."""

import dataclasses
import json

import rounds
from answer import Answer
from measuring import Measured

MEBI = 1 << 20


@dataclasses.dataclass
class Line:
    """One who does a job."""
    who: str
    note: str = ""
    runs: list[Measured] = dataclasses.field(default_factory=list)
    answers: list[Answer] = dataclasses.field(default_factory=list)
    missing: str | None = None  # why there are no runs
    expected: Answer | None = None
    rows: int = 0  # of one run; 0: no rate is shown

    @property
    def right(self) -> bool:
        return all(answer == self.expected for answer in self.answers)


@dataclasses.dataclass(frozen=True)
class Target:
    what: str
    value: float
    limit: float
    unit: str
    at_least: bool = False  # else at most

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclasses.dataclass
class Section:
    """One job."""
    title: str
    lines: list[Line] = dataclasses.field(default_factory=list)
    targets: list[Target] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)

    @property
    def right(self) -> bool:
        return all(line.right for line in self.lines)

    @property
    def expected(self) -> list[Answer]:
        return list(dict.fromkeys(line.expected for line in self.lines if line.expected))


def line_text(line: Line) -> str:
    if line.missing:
        return f"  {line.who:<22}not available: {line.missing}"
    took = rounds.middle(line.runs)
    rate = f"{line.rows / took.wall:>13,.0f}" if line.rows else f"{'':>13}"
    answer = line.answers[-1].digest + ("" if line.right else "  WRONG") if line.answers else ""
    return (f"  {line.who:<22}{len(line.runs):>4}{took.wall:>10.3f}{took.cpu:>9.2f}{rate}{took.peak_kib / 1024:>10.1f}"
            f"{took.written / MEBI:>12.1f}  {answer}")


def target_text(target: Target) -> str:
    sign = "≥" if target.at_least else "≤"
    return (f"  {'met   ' if target.met else 'MISSED'} {target.what}: {target.value:.4g}{target.unit}, "
            f"target {sign} {target.limit:g}{target.unit}")


def text(sections: list[Section]) -> str:
    found = []
    for section in sections:
        found.append(section.title)
        if section.lines:
            found.append(f"  {'':<22}{'runs':>4}{'wall s':>10}{'CPU s':>9}{'rows/s':>13}{'peak MiB':>10}{'written MiB':>12}"
                         + ("  answer" if section.expected else ""))
        found += [line_text(line) for line in section.lines]
        found += [f"  {'expected':<80}  {answer.digest}" for answer in section.expected]
        found += [f"  {note}" for note in section.notes]
        found += [target_text(target) for target in section.targets]
        found.append("")
    return "\n".join(found)


def as_json(sections: list[Section]) -> str:
    def line(one: Line) -> dict:
        runs = [dataclasses.asdict(run) for run in one.runs]
        told = {"who": one.who, "note": one.note, "missing": one.missing, "rows": one.rows, "runs": runs}
        if one.runs:
            told["median"] = dataclasses.asdict(rounds.middle(one.runs))
        if one.answers:
            told |= {"expected": one.expected.digest, "answers": [answer.digest for answer in one.answers], "right": one.right}
        return told

    return json.dumps([{"title": section.title, "notes": section.notes, "lines": [line(one) for one in section.lines],
                        "targets": [dataclasses.asdict(target) | {"met": target.met} for target in section.targets]}
                       for section in sections], indent=1, ensure_ascii=False)
