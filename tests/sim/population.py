"""What is true of each commune: sizes, which indicators hold, and in which way the others do not. Seeded, no I/O."""

import dataclasses
import random

from facts import Commune, real_progress

FIGURE_INDICATORS = ("1.1.1", "1.1.2", "1.2.1", "1.3.1", "1.3.2", "1.3.3", "1.4.1")
INDICATORS = ("1.1.1", "1.1.2", "1.2.1", "1.2.2", "1.2.3", "1.2.4", "1.2.5", "1.3.1", "1.3.2", "1.3.3", "1.4.1",
              "1.4.2", "1.4.3")
CONFIRMED = ("1.1.1", "1.1.2", "1.3.1", "1.3.2")
# Ways an indicator fails: the figure (below, missing) or its evidence (unsigned, expired, rejected, resigned).
FIGURE_FAULTS = ("below", "below", "missing")
EVIDENCE_FAULTS = ("unsigned", "expired", "rejected")


@dataclasses.dataclass
class Profile:
    commune: Commune
    weight: float  # share of the province's people
    faults: dict[str, str]  # indicator to what is wrong with it; absent: met
    role: str = ""  # camera | correction | evidence (the story), no_dossiers | null_month | no_banks | silent
    elements: dict[str, int] = dataclasses.field(default_factory=dict)  # stock figures the commune reports
    account_holders: int | None = None
    areas: int = 0
    areas_with_camera: int = 0

    @property
    def code(self) -> str:
        return self.commune.code

    def holds(self, indicator: str) -> bool:
        return indicator not in self.faults


def choose_faults(rng: random.Random) -> dict[str, str]:
    quality = rng.choices(("smart", "close", "weak"), (42, 38, 20))[0]
    count = {"smart": 0, "close": rng.randint(1, 3), "weak": rng.randint(4, 7)}[quality]
    faults = {}
    for indicator in rng.sample(INDICATORS, count):
        kinds = EVIDENCE_FAULTS + (FIGURE_FAULTS if indicator in FIGURE_INDICATORS else ())
        fault = rng.choice(kinds + ("resigned",) if indicator in CONFIRMED else kinds)
        # What the portal and the banks say is settled by roles: the province's real totals leave little room.
        faults[indicator] = "unsigned" if indicator in ("1.2.1", "1.3.1") and fault == "missing" else fault
    return faults


def profiles(communes: list[Commune], seed: int) -> list[Profile]:
    """One per commune, in their order. Exactly one commune for each of the roles of the story, all indicators met."""
    rng = random.Random(f"profiles/{seed}")
    found = [Profile(commune, rng.uniform(0.6, 1.6) * (1.3 if commune.kind == "phuong" else 1.0), choose_faults(rng))
             for commune in communes]
    real = real_progress()
    ordinary = [profile for profile in found if profile.commune.portal_code not in real]
    roles = ("camera", "correction", "evidence", "no_dossiers", "null_month", "no_banks", "silent")
    for role, profile in zip(roles, rng.sample(ordinary, len(roles)), strict=True):
        profile.role = role
        profile.faults = {}
        if role in ("no_dossiers", "null_month"):
            profile.faults = {"1.2.1": "missing"}
        elif role == "no_banks":
            profile.faults, profile.weight = {"1.3.1": "missing"}, 0.0
        elif role == "silent":
            profile.faults = {indicator: "missing" for indicator in INDICATORS}
    limit_below_online(found, rng)
    return found


def limit_below_online(found: list[Profile], rng: random.Random) -> None:
    """At most four communes are below 75 % online: the province as a whole is at 98.9 %."""
    below = [profile for profile in found if profile.faults.get("1.2.1") == "below"]
    real = real_progress()
    candidates = [profile for profile in below if profile.commune.portal_code not in real]
    kept = rng.sample(candidates, min(4, len(candidates)))
    for profile in below:
        if profile not in kept:
            del profile.faults["1.2.1"]


def share(rng: random.Random, whole: int, percent: int, fault: str | None) -> int:
    """A part of `whole` at or above `percent` (or, for "below", just or well under it)."""
    needed = -(-whole * percent // 100)
    if fault == "below":
        return max(0, min(needed - 1, needed - 1 - int(whole * rng.choice((0.0, 0.004, 0.03, 0.08)))))
    room = whole - needed
    return needed + rng.randrange(0, max(1, min(room, room // 2 + 1)))


def settle(found: list[Profile], counted: dict[str, int], seed: int) -> None:
    """Chooses every stock figure so that each indicator comes out as its profile says, given the banks' people."""
    for profile in found:
        rng = random.Random(f"figures/{seed}/{profile.code}")
        faults = profile.faults
        holders = counted.get(profile.code, 0) if profile.weight > 0 else None
        profile.account_holders = holders
        if holders:
            rate = rng.uniform(0.78, 0.8495) if faults.get("1.3.1") == "below" else rng.uniform(0.851, 0.93)
            working_age = -int(-holders // rate) if faults.get("1.3.1") == "below" else int(holders / rate)
        else:
            working_age = 3000 + rng.randrange(1000)
        adults = working_age * 118 // 100 + rng.randrange(40)
        officials, businesses = rng.randrange(24, 60), rng.randrange(20, 160)
        profile.areas = rng.randrange(8, 28)
        lost = 1 + rng.randrange(2) if faults.get("1.4.1") == "below" else 0
        profile.areas_with_camera = profile.areas - lost
        elements = {
            "adults": adults,
            "adults_with_smartphone": share(rng, adults, 85, faults.get("1.1.1")),
            "officials": officials,
            "officials_with_smartphone": officials - (1 + rng.randrange(2) if faults.get("1.1.2") == "below" else 0),
            "residential_areas": profile.areas,
            "residential_areas_on_platform": profile.areas - rng.choice((0, 0, 0, 1)),
            "working_age": working_age,
            "businesses": businesses,
            "businesses_with_epayment": share(rng, businesses, 70, faults.get("1.3.2")),
            "traceability_sites": 0 if faults.get("1.3.3") == "below" else rng.randrange(1, 4),
        }
        missing = {"1.1.1": "adults_with_smartphone", "1.1.2": "officials_with_smartphone",
                   "1.3.2": "businesses_with_epayment", "1.3.3": "traceability_sites", "1.4.1": "residential_areas"}
        for indicator, element in missing.items():
            if faults.get(indicator) == "missing":
                del elements[element]
        profile.elements = {} if profile.role == "silent" else elements


def story(found: list[Profile]) -> dict[str, Profile]:
    return {profile.role: profile for profile in found if profile.role in ("camera", "correction", "evidence")}
