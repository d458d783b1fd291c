"""The daemon as a test sees it: its notices to the service manager, its log, its answers, its end."""
import datetime
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
import unittest
import urllib.error
import urllib.request

from province import NTMD, Province

HEADER = "unit,element,as_of,period_start,period_end,value\n"
BANK = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n"
KEY = b"0123456789abcdef0123456789abcdef"
WALL_CLOCK = os.environ.get("NTMD_WALL_CLOCK_LIBRARY", "")


def wait(condition, what, seconds=60):
    """The first true value of `condition`, which is asked again until then."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"{what}: did not happen within {seconds} s")
        threading.Event().wait(0.02)


def content(province):
    """What the store of a province holds, without the way there: what was decided in between."""
    return [line for line in province.dump().splitlines() if not line.startswith(("decision ", "status "))]


class WallClock:
    """A wall clock that a test sets, also under a running daemon; the clock that only runs forward is the real one."""

    def __init__(self, folder, text=None):
        self.file = pathlib.Path(folder) / "clock"
        if text:
            self.set(text)

    def later(self, seconds):
        self._write(seconds)

    def set(self, text):
        """`text`: the province's local time, "2024-12-20 12:00:00". It goes on from there."""
        then = datetime.datetime.strptime(text + " +0700", "%Y-%m-%d %H:%M:%S %z")
        self._write(round(then.timestamp() - time.time()))

    def _write(self, offset):
        draft = self.file.with_suffix(".new")
        draft.write_text(str(offset))
        draft.replace(self.file)

    def env(self, also=""):
        """`also`: one more library to preload."""
        return {"LD_PRELOAD": f"{WALL_CLOCK} {also}".strip(), "NTMD_CLOCK_FILE": str(self.file)}


class Daemon:
    """`ntmd run` on a province. What it says is kept; it is killed by `close` at the latest."""

    def __init__(self, province, env=None, ready=True, **options):
        self.province = province
        self.lines = []
        self.notices = []  # (text, whether status.json was there when it came)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = str(province.home / f"notify-{time.monotonic_ns()}")
        self.socket.bind(address)
        self.process = subprocess.Popen([NTMD, "--config", str(province.config), "run"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, errors="replace",
                                        env={**os.environ, "NOTIFY_SOCKET": address, **(env or {})}, **options)
        self.readers = [threading.Thread(target=self._read_log, daemon=True), threading.Thread(target=self._read_notices, daemon=True)]
        for reader in self.readers:
            reader.start()
        if ready:
            try:
                self.wait_for_notice("READY=1")
            except BaseException:
                self.close()
                raise

    def _read_log(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def _read_notices(self):
        while True:
            text = self.socket.recv(4096).decode()
            if text == "close":
                return
            published = (self.province.folder / "public/status.json").exists()
            self.notices += [(line, published) for line in text.splitlines()]

    def log(self):
        return "\n".join(self.lines)

    def wait_for_line(self, pattern, count=1, seconds=60):
        """The `count`-th log line that `pattern` is found in."""
        found = lambda: [line for line in list(self.lines) if re.search(pattern, line)]
        try:
            return wait(lambda: found()[count - 1:count], f"log line {pattern!r}", seconds)[0]
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.log()}") from None

    def wait_for_notice(self, text, count=1, seconds=60):
        def look():
            found = [notice for notice in list(self.notices) if notice[0].startswith(text)]
            if len(found) < count and self.process.poll() is not None:
                raise AssertionError(f"ntmd run ended with {self.process.returncode} before {text}\n{self.log()}")
            return found[count - 1:count]
        return wait(look, f"notice {text}", seconds)[0]

    def url(self):
        return re.search(r'url="?(http://[^" ]+)', self.wait_for_line("daemon.ready")).group(1)

    def get(self, path):
        """Status and text of an answer of its server."""
        try:
            with urllib.request.urlopen(self.url().rstrip("/") + path, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def ready(self):
        return self.get("/readyz")[0] == 200

    def not_ready(self):
        """Why it is not ready, or nothing."""
        status, text = self.get("/readyz")
        return text if status == 503 else ""

    def hang_up(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self, number=signal.SIGTERM):
        """Its exit code. It has 10 s, as the service manager gives it."""
        self.process.send_signal(number)
        try:
            return self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"signal {number}: it did not stop within 10 s\n{self.log()}") from None

    def json_lines(self):
        return [json.loads(line) for line in list(self.lines)]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.readers[0].join()
        self.process.stderr.close()
        closer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        closer.sendto(b"close", self.socket.getsockname())
        closer.close()
        self.readers[1].join()
        self.socket.close()


class DaemonCase(unittest.TestCase):
    def make_province(self, name="1002"):
        province = Province(name)
        self.addCleanup(province.close)
        secret = province.folder / "secrets/person_key"
        secret.write_bytes(KEY)
        secret.chmod(0o600)
        self.age_files(province)
        return province

    @staticmethod
    def age_files(province):
        """To before any day that a test takes for today."""
        for file in (province.folder / "in").rglob("*"):
            os.utime(file, (1_700_000_000, 1_700_000_000))

    def drop(self, name, text, province=None):
        """A file that comes into a drop folder; each a second younger than the one before."""
        file = (province or self.province).write(name, text)
        self.dropped += 1
        os.utime(file, (1_700_000_000 + self.dropped, 1_700_000_000 + self.dropped))
        return file

    def setUp(self):
        self.dropped = 0
        self.province = self.make_province()

    def start(self, province=None, **options):
        daemon = Daemon(province or self.province, **options)
        self.addCleanup(daemon.close)
        return daemon

    def ask(self, *arguments, code=0, province=None):
        done = (province or self.province).ntmd(*arguments)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout}{done.stderr}")
        return done

    def configure(self, old, new, file="ntmd.yaml", province=None):
        path = (province or self.province).folder / file
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))

    def value(self, unit, element):
        """The published value of an input, wherever it stands."""
        for each in self.province.status()["units"]:
            for indicator in each["indicators"]:
                for entry in indicator["inputs"]:
                    if each["code"] == unit and entry["element"] == element:
                        return entry["value"]
        return None

    def wait_for_polls(self, daemon):
        """Every source has been polled since the start, and that is published."""
        for source in self.province.sources():
            daemon.wait_for_line(f"source.polled.*source=\"?{source}\\b")
        wait(lambda: all(s["outcome"] for s in self.province.sources().values()), "the polls are published")

    def faults_of(self, daemon):
        return [line for line in list(daemon.lines) if " error " in line]
