"""Runs that take turns, so that the machine's moods fall on all alike, and what is made of them."""

import statistics
import typing

from measuring import Measured

T = typing.TypeVar("T")


def alternate(rounds: int, actors: dict[str, typing.Callable[[], T]], once: typing.Container[str] = ()) -> dict[str, list[T]]:
    """A B A B …; those in `once` only in the first round."""
    runs: dict[str, list[T]] = {name: [] for name in actors}
    for number in range(rounds):
        for name, act in actors.items():
            if number == 0 or name not in once:
                runs[name].append(act())
    return runs


def ratio(these: list[Measured], those: list[Measured], of: str = "wall") -> float:
    """How many times as long these take, or as much CPU: the median of the rounds that both ran."""
    return statistics.median(getattr(this, of) / max(getattr(that, of), 0.01) for this, that in zip(these, those))


def middle(runs: list[Measured]) -> Measured:
    """The median of each quantity by itself."""
    return Measured(*(statistics.median(values) for values in zip(*((run.wall, run.cpu, run.peak_kib, run.written) for run in runs))))
