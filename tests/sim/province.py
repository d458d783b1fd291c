#!/usr/bin/env python3
"""A stand-in province on loopback: drop folders with files, and the servers that a daemon would poll.

Writes DIR/in/{figures,evidence,banks}, DIR/secrets and DIR/received.jsonl, starts the servers on free ports, and prints
one JSON line when all of it is there: {"ready": true, "ports": {…}, …}. Runs until SIGTERM or SIGINT, with --until-eof
also until its standard input closes. `POST /_sim/next` on any server plays the next step of the story.
"""

import argparse
import datetime
import json
import os
import pathlib
import secrets
import signal
import sys
import threading
import time

import bank_rows
import drops
import facts
import pools
import population
from cameras import Cameras
from health import Health
from http_sim import StandIn
from portal import Portal
from receiver import Receiver
from schools import Schools
from story import Story

VIETNAM = datetime.timezone(datetime.timedelta(hours=7))
SECRETS = ("room_key", "vms_token", "oneroster_secret", "fhir_token")


def today_in_vietnam() -> datetime.date:
    return datetime.datetime.now(VIETNAM).date()


class Province:
    """Files first, then servers: whoever sees `ports` can rely on the rest."""

    def __init__(self, folder: pathlib.Path, today: datetime.date, seed: int = 1, bank_rows_wanted: int = 1_000_000,
                 units: pathlib.Path | None = None, fail_first: int = 0):
        self.folder, self.today = folder, today
        self.log = folder / "received.jsonl"
        self.profiles = population.profiles(facts.communes_on(today, units), seed)
        self.banks = self._write_banks(bank_rows_wanted, seed)
        population.settle(self.profiles, self.banks.counted, seed)
        self.records = [record for profile in self.profiles for record in drops.evidence_of(profile, today, seed)]
        drops.write_figures(folder / "in" / "figures" / f"so-lieu-xa_{today.isoformat()}.csv", self.profiles,
                            today - datetime.timedelta(days=10))
        drops.write_evidence(folder / "in" / "evidence" / "dang-ky.csv", self.records)
        self.secrets = self._make_secrets()
        cameras = Cameras(self.profiles, today, seed, self.secrets["vms_token"])
        self.health = Health(self.profiles, today, seed, self.secrets["fhir_token"])
        self.story = Story(folder / "in", self.profiles, self.records, cameras, today)
        receiver = Receiver(self.secrets["room_key"].encode(), self.log, fail_first)
        answers = {"portal": Portal(self.profiles, today, seed).answer, "vms": cameras.answer,
                   "oneroster": Schools(self.profiles, today, seed, self.secrets["oneroster_secret"]).answer,
                   "fhir": self.health.answer, "webhook": receiver.answer}
        self.servers = {name: StandIn(name, answer, self.story.advance).start() for name, answer in answers.items()}
        self._put_secret("room_url", self.servers["webhook"].url + "/alerts")

    @property
    def ports(self) -> dict[str, int]:
        return {name: server.port for name, server in self.servers.items()}

    def describe(self) -> dict:
        return {"ready": True, "ports": self.ports, "portal_root": facts.ROOT_ID, "communes": len(self.profiles),
                "bank_rows": self.banks.rows, "bad_rows": self.banks.bad, "people": self.banks.people,
                "evidence": len(self.records), "received": str(self.log), "falls": self.story.expected()}

    def stop(self) -> None:
        for server in self.servers.values():
            server.stop()

    def _write_banks(self, rows: int, seed: int) -> bank_rows.Written:
        folder = self.folder / "in" / "banks"
        folder.mkdir(parents=True, exist_ok=True)
        dates = {bank: self.today - datetime.timedelta(days=1 + index % 3) for index, bank in enumerate(pools.BANKS)}
        weights = {profile.code: profile.weight for profile in self.profiles if profile.weight > 0}
        written = bank_rows.write(folder, dates, weights, rows, seed)
        for path in written.files:
            drops.set_back(path)
        return written

    def _make_secrets(self) -> dict[str, str]:
        (self.folder / "secrets").mkdir(mode=0o700, parents=True, exist_ok=True)
        made = {name: secrets.token_hex(24) for name in SECRETS}
        for name, text in made.items():
            self._put_secret(name, text)
        return made

    def _put_secret(self, name: str, text: str) -> None:
        path = self.folder / "secrets" / name
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text + "\n")


def play_by_itself(story: Story, every: float, stopping: threading.Event) -> None:
    while not stopping.wait(every):
        told = story.advance()
        print(json.dumps({"story": told}, ensure_ascii=False), flush=True)
        if told["last"]:
            return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=pathlib.Path, required=True)
    parser.add_argument("--today", type=datetime.date.fromisoformat, default=None, help="default: today in Vietnam")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bank-rows", type=int, default=1_000_000)
    parser.add_argument("--units", type=pathlib.Path, default=None, help="folder of units.csv; default: config/units")
    parser.add_argument("--ports-file", type=pathlib.Path, default=None, help="gets the ready line too")
    parser.add_argument("--fail-first", type=int, default=0, help="the webhook answers the first N events with 500")
    parser.add_argument("--story-every", type=float, default=0, metavar="SECONDS", help="play a step each SECONDS")
    parser.add_argument("--until-eof", action="store_true", help="stop when standard input closes")
    options = parser.parse_args()

    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    started = time.monotonic()
    province = Province(options.dir.resolve(), options.today or today_in_vietnam(), options.seed, options.bank_rows,
                        options.units, options.fail_first)
    ready = json.dumps(province.describe() | {"seconds": round(time.monotonic() - started, 1)}, ensure_ascii=False)
    if options.ports_file:
        draft = options.ports_file.with_name(options.ports_file.name + ".part")
        draft.write_text(ready + "\n", encoding="utf-8")
        os.replace(draft, options.ports_file)
    print(ready, flush=True)
    if options.story_every > 0:
        arguments = (province.story, options.story_every, stopping)
        threading.Thread(target=play_by_itself, args=arguments, daemon=True).start()
    if options.until_eof:
        threading.Thread(target=lambda: (sys.stdin.read(), stopping.set()), daemon=True).start()
    stopping.wait()
    province.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
