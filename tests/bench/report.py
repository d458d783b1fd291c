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

    def right(self, expected: Answer) -> bool:
        return all(answer == expected for answer in self.answers)


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
    rows: int = 0
    expected: Answer | None = None
    lines: list[Line] = dataclasses.field(default_factory=list)
    targets: list[Target] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)

    @property
    def right(self) -> bool:
        return self.expected is None or all(line.right(self.expected) for line in self.lines)


def line_text(section: Section, line: Line) -> str:
    if line.missing:
        return f"  {line.who:<22}not available: {line.missing}"
    took = rounds.middle(line.runs)
    rate = f"{section.rows / took.wall:>13,.0f}" if section.rows else f"{'':>13}"
    answer = ""
    if section.expected is not None:
        answer = line.answers[-1].digest + ("" if line.right(section.expected) else "  WRONG")
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
                         + ("  answer" if section.expected is not None else ""))
        found += [line_text(section, line) for line in section.lines]
        if section.expected is not None:
            found.append(f"  {'expected':<80}  {section.expected.digest}")
        found += [f"  {note}" for note in section.notes]
        found += [target_text(target) for target in section.targets]
        found.append("")
    return "\n".join(found)


def as_json(sections: list[Section]) -> str:
    def line(one: Line, expected: Answer | None) -> dict:
        runs = [dataclasses.asdict(run) for run in one.runs]
        told = {"who": one.who, "note": one.note, "missing": one.missing, "runs": runs}
        if one.runs:
            told["median"] = dataclasses.asdict(rounds.middle(one.runs))
        if expected is not None and one.answers:
            told |= {"answers": [answer.digest for answer in one.answers], "right": one.right(expected)}
        return told

    return json.dumps([{"title": section.title, "rows": section.rows, "notes": section.notes,
                        "expected": section.expected.digest if section.expected else None,
                        "lines": [line(one, section.expected) for one in section.lines],
                        "targets": [dataclasses.asdict(target) | {"met": target.met} for target in section.targets]}
                       for section in sections], indent=1, ensure_ascii=False)
