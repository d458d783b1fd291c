"""What changes while the daemon watches: two observations that agree for two falls, and a rejection that needs one."""

import dataclasses
import datetime
import pathlib
import threading

import drops
from cameras import Cameras
from population import Profile, story

SOURCES = ("ho-so", "so-lieu-xa", "camera")  # where a step shows
RECENT_SECONDS = 120  # older than any `stable_for`, younger than the first files


class Story:
    """Each `advance` plays the next step and tells it in words. Thread-safe; after the last step nothing happens."""

    def __init__(self, folder: pathlib.Path, found: list[Profile], records: list[drops.Evidence], cameras: Cameras,
                 today: datetime.date):
        self._folder, self._records, self._cameras, self._today = folder, records, cameras, today
        self._cast = story(found)
        self._lock = threading.Lock()
        self._step = 0

    def expected(self) -> list[dict[str, str]]:
        """The falls that the story brings about."""
        return [{"unit": self._cast[role].code, "name": self._cast[role].commune.name, "indicator": indicator}
                for role, indicator in (("evidence", "1.2.2"), ("correction", "1.1.1"), ("camera", "1.4.1"))]

    def advance(self) -> dict:
        with self._lock:
            steps = (self._first, self._second, self._recovery)
            if self._step >= len(steps):
                return {"step": self._step, "last": True, "told": []}
            told = steps[self._step]()
            self._step += 1
            return {"step": self._step, "last": self._step == len(steps), "told": told}

    def _first(self) -> list[str]:
        self._judge("rejected")
        below = self._correct(1, self._today - datetime.timedelta(days=1), -7)
        self._cameras.set_area(self._cast["camera"].code, 1, False)
        return [f"{self._name('evidence')}: the inspection of 1.2.2 is rejected",
                f"{self._name('correction')}: a correction reports {below} adults with a smartphone (below 85 %)",
                f"{self._name('camera')}: the cameras of one residential area lose the police connection"]

    def _second(self) -> list[str]:
        below = self._correct(2, self._today, -4)
        self._cameras.set_area(self._cast["camera"].code, 2, False)
        return [f"{self._name('correction')}: a second correction reports {below}, still below 85 %",
                f"{self._name('camera')}: a second residential area loses its connection"]

    def _recovery(self) -> list[str]:
        self._judge("accepted")
        above = self._correct(3, self._today, 25)
        for area in (1, 2):
            self._cameras.set_area(self._cast["camera"].code, area, True)
        return [f"{self._name('evidence')}: a new inspection of 1.2.2 is accepted",
                f"{self._name('correction')}: a third correction reports {above}, above 85 % again",
                f"{self._name('camera')}: every camera is connected again"]

    def _name(self, role: str) -> str:
        profile = self._cast[role]
        return f"{profile.commune.name} ({profile.code})"

    def _correct(self, number: int, as_of: datetime.date, beyond: int) -> int:
        """A new figures file; `beyond` is counted from the smallest number that passes."""
        profile = self._cast["correction"]
        adults = profile.elements["adults"]
        value = max(0, min(adults, -(-adults * 85 // 100) + beyond))
        drops.put(self._folder / "figures" / f"so-lieu-xa_{self._today.isoformat()}_dinh-chinh-{number}.csv",
                  [drops.FIGURES_HEADER, drops.figure_line(profile.code, "adults_with_smartphone", as_of, value)],
                  RECENT_SECONDS)
        return value

    def _judge(self, state: str) -> None:
        """The register is a snapshot: the whole file comes again, one record longer."""
        profile = self._cast["evidence"]
        last = max((record for record in self._records if record.unit == profile.code and record.indicator == "1.2.2"),
                   key=lambda record: record.issued_on)
        self._records.append(dataclasses.replace(last, number=f"9{len(self._records)}/QĐ-UBND", issued_on=self._today,
                                                 valid_to=None, state=state))
        drops.write_evidence(self._folder / "evidence" / "dang-ky.csv", self._records, RECENT_SECONDS)
