"""The answer that everybody must give: the people per commune, and how many rows are bad."""

import dataclasses
import hashlib


@dataclasses.dataclass(frozen=True)
class Answer:
    counted: dict[str, int]  # commune to people; communes without a valid row are not in it
    bad: int

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text().encode()).hexdigest()[:16]

    def text(self) -> str:
        return "".join(f"{unit},{count}\n" for unit, count in sorted(self.counted.items())) + f"bad,{self.bad}\n"


def parse(text: str) -> Answer:
    """Lines `commune,count` and one `bad,rows`."""
    found = {unit: int(count) for unit, _, count in (line.partition(",") for line in text.split())}
    return Answer({unit: count for unit, count in found.items() if unit != "bad"}, found["bad"])
