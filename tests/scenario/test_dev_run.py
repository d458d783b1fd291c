#!/usr/bin/env python3
"""`./dev run` as an operator sees it: 148 statuses, a fall and its alert, and hints that work."""
import json
import os
import pathlib
import queue
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
NTMD = os.environ.get("NTMD", str(ROOT / "build/release/ntmd"))
SIM = ROOT / "tests" / "sim"
PATIENCE_SECONDS = 400


class Lines:
    """The output of a running program, line by line."""

    def __init__(self, child):
        self.seen = []
        self._waiting = queue.Queue()
        self._reader = threading.Thread(target=self._read, args=(child.stdout,), daemon=True)
        self._reader.start()

    def _read(self, stream):
        for line in stream:
            self._waiting.put(line.rstrip("\n"))
        self._waiting.put(None)

    def until(self, pattern):
        """The lines up to the one that matches, which is the last."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        found = []
        while True:
            try:
                line = self._waiting.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"no line like {pattern!r}, expected one; seen:\n" + "\n".join(self.seen))
            self.seen.append(line)
            found.append(line)
            if re.search(pattern, line):
                return found


class DevRun(unittest.TestCase):
    def test_the_operator_sees_148_statuses_a_fall_and_its_alert_and_can_go_on(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch) / "province"
            child = subprocess.Popen([sys.executable, "-B", str(SIM / "run.py"), "--ntmd", NTMD, "--dir", str(folder),
                                      "--bank-rows", "50000", "--listen", "127.0.0.1:0", "--at-once"],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            try:
                self.play(Lines(child), folder)
                child.send_signal(signal.SIGINT)
                self.assertEqual(child.wait(30), 0)
            finally:
                if child.poll() is None:
                    child.kill()
                    child.wait()
                child.stdout.close()

    def play(self, lines, folder):
        judged = lines.until(r"148 communes judged")
        statuses = {code for line in judged for code in re.findall(r"[✓✗◐∅!~–] (\d{5}) ", line)}
        self.assertEqual(len(statuses), 148)
        hints = {match[1]: match[2] for line in lines.until(r"^  Stop:") if (match := re.match(r"^  ([^:]+): +(\S.*)$", line))}
        with urllib.request.urlopen(hints["The page"], timeout=30) as page:
            self.assertEqual((page.status, page.headers.get_content_type()), (200, "text/html"))
        self.the_count_of_people_is_right(hints["The page"], folder)
        alert = lines.until(r"ALERT firing IndicatorLost")[-1]
        lines.until(r"the rest is yours")
        self.the_hints_work(hints)
        for source in ("ho-so", "so-lieu-xa", "camera"):
            self.assertEqual(subprocess.run([NTMD, "sync", source, "--config", str(folder / "ntmd.yaml")], timeout=120,
                                            capture_output=True).returncode, 0, source)
        lines.until(r"ALERT resolved IndicatorLost " + re.search(r"IndicatorLost (\d{5} \S+)", alert)[1])

    def the_count_of_people_is_right(self, page, folder):
        with urllib.request.urlopen(page + "status.json", timeout=30) as answer:
            units = json.load(answer)["units"]
        holders = {unit["code"]: put["value"] for unit in units for indicator in unit["indicators"]
                   for put in indicator["inputs"] if put["element"] == "account_holders" and put["value"] is not None}
        counted = subprocess.run([sys.executable, "-B", str(SIM / "count_people.py"),
                                  *map(str, sorted((folder / "in/banks").glob("*.csv")))],
                                 capture_output=True, text=True, check=True).stdout.splitlines()[1:]
        self.assertEqual(holders, {line.split(",")[0]: int(line.split(",")[1]) for line in counted})

    def the_hints_work(self, hints):
        commands = [(what, how) for what, how in hints.items() if what not in ("The page", "The log", "Stop")]
        self.assertGreater(len(commands), 8)
        for what, how in commands:
            done = subprocess.run(shlex.split(how), capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, f"{what}: {how}\n{done.stdout}{done.stderr}")
            self.assertNotEqual(done.stdout, "", what)


if __name__ == "__main__":
    unittest.main()
