#!/usr/bin/env python3
"""Starts the stand-in province and ntmd on it, tells what happens, and echoes alerts until Ctrl-C.

Waits for facts, not for time: the ready line, 148 statuses on the page, the verdicts that the story changes. With
--exit-after-alert it ends with 0 once the page shows all communes and the alert of a fall has come, and with 1 after
--timeout.
"""

import argparse
import collections
import datetime
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import config
import facts
import processes
import receiver
import story
import tell
from province import today_in_vietnam

MARKER = ".stand-in-province"
POLL_SECONDS = 0.5
FALLS = ("IndicatorLost", "PillarLost", "UnitLost")
SIGNS = {"met": "✓", "not_met": "✗", "unconfirmed": "◐", "exempt": "∅", "error": "!", "stale": "~", "no_data": "–"}
WIDEST_NAME = 22


class Failed(Exception):
    pass


class Run:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.folder: pathlib.Path = options.dir.resolve()
        self.started = time.monotonic()
        self.stopping = threading.Event()
        self.children: list[tuple[str, subprocess.Popen]] = []
        self.offset = 0
        self.seen: set[str] = set()
        self.fallen = 0

    def say(self, text: str) -> None:
        print(f"[{time.monotonic() - self.started:6.1f} s] {text}", flush=True)

    def log_tail(self) -> str:
        log = self.folder / "ntmd.log"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:] if log.exists() else []
        return "\n".join("    " + line for line in lines)

    def prepare(self) -> None:
        if not self.options.ntmd.exists():
            raise Failed(f"{self.options.ntmd}: not there, expected the built program; run ./dev build")
        if self.folder.exists() and any(self.folder.iterdir()):
            if not (self.folder / MARKER).exists():
                raise Failed(f"{self.folder}: not empty and not made by this script, expected a folder it may clear")
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / MARKER).touch()

    def start_province(self) -> dict:
        day = self.options.today or today_in_vietnam()
        self.say(f"stand-in province: writing files for {day} ({self.options.bank_rows:,} bank rows) …")
        child = processes.start([sys.executable, str(facts.SIM / "province.py"), "--dir", str(self.folder), "--today",
                                 day.isoformat(), "--seed", str(self.options.seed), "--bank-rows",
                                 str(self.options.bank_rows), "--fail-first", str(self.options.fail_first),
                                 "--ports-file", str(self.folder / tell.PORTS_FILE)])
        self.children.append(("province", child))
        line = child.stdout.readline()
        if not line:
            raise Failed(f"province: ended with {child.wait()} before it was ready")
        ready = json.loads(line)
        self.say(f"{ready['communes']} communes, {ready['bank_rows']:,} bank rows ({ready['bad_rows']:,} broken), "
                 f"{ready['people']:,} people, {ready['evidence']:,} evidence records; servers: "
                 + ", ".join(f"{name} :{port}" for name, port in ready["ports"].items()))
        return ready

    def start_daemon(self, ready: dict) -> None:
        self.listen = free_address(self.options.listen)
        self.file = config.write(self.folder, ready["ports"], self.listen, self.options.language)
        argv = [str(self.options.ntmd.resolve()), "run", "--config", str(self.file)]
        self.children.append(("ntmd", processes.start(argv, self.folder / "ntmd.log")))
        self.say(f"ntmd started; its log: {self.folder / 'ntmd.log'}")

    def get(self, path: str) -> bytes | None:
        try:
            with urllib.request.urlopen(f"http://{self.listen}{path}", timeout=10) as answer:
                return answer.read()
        except (urllib.error.URLError, OSError):
            return None  # not up yet, or not published yet: asked again

    def status(self) -> dict | None:
        text = self.get("/status.json")
        return json.loads(text) if text else None

    def watch(self, what: str, until) -> object:
        """Polls until the condition gives something, echoing alerts. Fails when a child ends or time is up."""
        while not self.stopping.is_set():
            self.echo_alerts()
            found = until()
            if found:
                return found
            for name, child in self.children:
                if child.poll() is not None:
                    raise Failed(f"{name}: ended with {child.returncode} while waiting for {what}")
            if self.options.exit_after_alert and time.monotonic() - self.started > self.options.timeout:
                raise Failed(f"waiting for {what}: not within {self.options.timeout} s")
            self.stopping.wait(POLL_SECONDS)
        raise KeyboardInterrupt

    def echo_alerts(self) -> None:
        events, self.offset = receiver.events(self.folder / "received.jsonl", self.offset)
        for line in events:
            event = line["event"]
            if not line["signed"]:
                self.say("webhook: a call without a right signature was refused")
                continue
            if line["status"] != 200 or not isinstance(event, dict) or event.get("id") in self.seen:
                continue
            self.seen.add(event.get("id"))
            self.fallen += event.get("alert") in FALLS and event.get("state") == "firing"
            where = " ".join(str(event[key]) for key in ("unit", "indicator", "source") if event.get(key))
            self.say(f"ALERT {event.get('state')} {event.get('alert')} {where}: {event.get('text')}")

    def all_served(self) -> dict | None:
        status = self.status()
        if not status or len(status["units"]) != self.communes:
            return None
        if any(not source["last_success"] for source in status["sources"]):
            return None
        page = self.get("/") or b""
        missing = [unit["code"] for unit in status["units"] if unit["code"].encode() not in page]
        return None if missing else status

    def verdicts(self, word: str, falls: list[dict]) -> bool:
        status = self.status() or {"units": []}
        units = {unit["code"]: {i["id"]: i["status"] for i in unit["indicators"]} for unit in status["units"]}
        return all(units.get(fall["unit"], {}).get(fall["indicator"]) == word for fall in falls)

    def play(self) -> int:
        self.prepare()
        ready = self.start_province()
        self.communes = ready["communes"]
        self.start_daemon(ready)
        status = self.watch(f"a page with {self.communes} statuses from all sources", self.all_served)
        self.print_statuses(status)
        self.print_hints(ready)
        falls = ready["falls"]
        self.watch("the verdicts that will fall to be met", lambda: self.verdicts("met", falls))
        self.say("the province changes its answers:")
        self.next_step()
        self.watch("the first change to be seen", lambda: self.verdicts("not_met", falls))
        self.next_step()
        self.watch("the alert of a fall", lambda: self.fallen)
        if self.options.exit_after_alert:
            self.say("done: the page is served and the alert of a fall has come")
            return 0
        self.say("the rest is yours: the next change makes all of it well again")
        self.watch("Ctrl-C", lambda: None)
        return 0

    def next_step(self) -> None:
        for told in tell.ask(self.folder, "portal", "next")["told"]:
            self.say("  " + told)
        if self.options.at_once:
            for source in story.SOURCES:
                self.sync(source)

    def sync(self, source: str) -> None:
        argv = [str(self.options.ntmd.resolve()), "sync", source, "--config", str(self.file)]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"ntmd sync {source}: ended with {done.returncode}: {done.stdout}{done.stderr}")

    def print_statuses(self, status: dict) -> None:
        """Every commune with its status and how many of its indicators are met, in as many columns as fit."""
        units = status["units"]
        cells = [f"{SIGNS.get(unit['status'], '?')} {unit['code']} {unit['name'][:WIDEST_NAME]:<{WIDEST_NAME}} "
                 f"{unit['met']:>2}/{unit['of']}" for unit in units]
        columns = max(1, shutil.get_terminal_size((120, 24)).columns // (max(map(len, cells)) + 3))
        height = -(-len(cells) // columns)
        for row in range(height):
            print("   ".join(cells[row::height]))
        counts = collections.Counter(unit["status"] for unit in units)
        judged = ", ".join(f"{number} {word} {SIGNS.get(word, '?')}" for word, number in counts.most_common())
        self.say(f"{len(units)} communes judged: {judged}")

    def hints(self, ready: dict) -> list[tuple[str, str]]:
        """What to try, each a command that works as it stands in the folder where this was started."""
        ntmd, config_file = shorter(self.options.ntmd), shorter(self.file)
        fall = ready["falls"][1]
        told = f"python3 {shorter(facts.SIM / 'tell.py')}"
        if self.folder != facts.PROJECT / "build" / "province":
            told += f" --dir {shorter(self.folder)}"

        def on(command: str) -> str:
            return f"{ntmd} {command} --config {config_file}"

        return [("All statuses", on("status")), ("One commune", on(f"status {fall['unit']}")),
                ("One verdict", on(f"explain {fall['unit']} {fall['indicator']}")), ("The sources", on("sources")),
                ("The last polls", on("runs")), ("Refused rows", on("quarantine list")), ("Alerts", on("alerts")),
                ("Decisions, judged again", on("verify")), ("The next change", f"{told} next"),
                ("A fault of the portal", f"{told} fault portal html 3")]

    def print_hints(self, ready: dict) -> None:
        lines = [("The page", f"http://{self.listen}/"), ("The log", f"tail -f {shorter(self.folder / 'ntmd.log')}"),
                 *self.hints(ready), ("Stop", "Ctrl-C")]
        print("\n" + "".join(f"  {what + ':':<25}{how}\n" for what, how in lines), flush=True)

    def stop(self) -> None:
        for name, child in reversed(self.children):
            processes.stop(child, name)
            if child.stdout:
                child.stdout.close()


def shorter(path: pathlib.Path) -> pathlib.Path:
    """Relative to the folder we are in, where it lies below it."""
    here = pathlib.Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


def free_address(wanted: str) -> str:
    """`wanted`, or a free port of the same host when somebody has it."""
    host, _, port = wanted.rpartition(":")
    for number in (int(port), 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, number))
            except OSError:
                continue
            return f"{host}:{probe.getsockname()[1]}"
    raise Failed(f"{host}: no free port")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ntmd", type=pathlib.Path, default=facts.PROJECT / "build" / "release" / "ntmd")
    parser.add_argument("--dir", type=pathlib.Path, default=facts.PROJECT / "build" / "province",
                        help="cleared at start")
    parser.add_argument("--today", type=datetime.date.fromisoformat, default=None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bank-rows", type=int, default=1_000_000)
    parser.add_argument("--listen", default="127.0.0.1:8780")
    parser.add_argument("--language", choices=("vi", "en"), default="vi")
    parser.add_argument("--fail-first", type=int, default=0, help="the webhook answers the first N events with 500")
    parser.add_argument("--at-once", action="store_true",
                        help="have the sources that change polled at once, not at their next minute")
    parser.add_argument("--exit-after-alert", action="store_true")
    parser.add_argument("--timeout", type=float, default=360, metavar="SECONDS", help="with --exit-after-alert")
    run = Run(parser.parse_args())

    def interrupted(*_: object) -> None:
        if not run.stopping.is_set():
            run.stopping.set()
            raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGINT, interrupted)
    code = 1
    try:
        code = run.play()
    except KeyboardInterrupt:
        code = 1 if run.options.exit_after_alert else 0
        run.say("stopping …")
    except Failed as fault:
        print(f"{fault}\n{run.log_tail()}", file=sys.stderr)
    finally:
        run.stop()
    return code


if __name__ == "__main__":
    sys.exit(main())
