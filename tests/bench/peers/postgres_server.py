"""A PostgreSQL server of the benchmark's own: its folder is made for it and goes with it, it listens on a socket there only,
and ends with whoever started it."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import typing

from measuring import TIED, Failed

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
UNPRIVILEGED = ("postgres", "nobody")
SETTINGS = {"listen_addresses": "", "shared_buffers": "512MB", "work_mem": "256MB", "maintenance_work_mem": "256MB",
            "wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "8GB", "wal_compression": "on",
            "checkpoint_timeout": "1h", "jit": "off", "autovacuum": "off", "temp_buffers": "256MB"}
USER = "bench"
START_SECONDS = 30
STOP_SECONDS = 120


def who() -> dict[str, typing.Any]:
    """The server refuses to run as root: who runs it then, as arguments of subprocess."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    found = next((known[name] for name in UNPRIVILEGED if name in known), None)
    if found is None:
        raise Failed(f"postgres: there is no user {' or '.join(UNPRIVILEGED)} to run it, and it does not run as root")
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


class Server:
    """Runs within `with`."""

    def __enter__(self) -> "Server":
        self.who = who()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ntmd-bench-postgres-", dir="/var/tmp"))
        self.child: subprocess.Popen | None = None
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        if self.who:
            os.chown(self.folder, self.who["user"], self.who["group"])
        data = self.folder / "data"
        made = subprocess.run([PROGRAMS / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C"],
                              capture_output=True, text=True, cwd="/", timeout=120, **self.who)
        if made.returncode != 0:
            raise Failed(f"initdb: ended with {made.returncode}\n{made.stderr[-2000:]}")
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self.log = self.folder / "log"
        with self.log.open("wb") as log:
            self.child = subprocess.Popen([*TIED, PROGRAMS / "postgres", "-D", data, "-k", self.folder, *settings],
                                          stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **self.who)
        state = data / "postmaster.pid"
        until = time.monotonic() + START_SECONDS
        while not (state.is_file() and state.read_text().split("\n")[7:8] == ["ready   "]):
            if self.ended_within(0.02) or time.monotonic() > until:
                raise Failed(f"postgres: is not ready after {START_SECONDS} s\n{self.log.read_text(errors='replace')[-2000:]}")

    def ended_within(self, seconds: float) -> bool:
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        if self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)  # fast shutdown
            if not self.ended_within(STOP_SECONDS):
                self.child.send_signal(signal.SIGQUIT)
                self.child.wait()
        shutil.rmtree(self.folder)

    @property
    def pid(self) -> int:
        return self.child.pid

    def client(self) -> list[str]:
        """How a script is run."""
        return [str(PROGRAMS / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-U", USER, "postgres"]
