"""The daemon itself: how soon it is ready, and what it takes when nothing happens."""

import datetime
import os
import pathlib
import signal
import statistics
import subprocess
import threading
import time
import urllib.error
import urllib.request

import nation
from jobs import Bench
from measuring import TIED, Failed
from province import CRITERIA, fresh, invented_register
from report import Section, Target

READY_SECONDS = 2
SOURCES = 300
IDLE_COMMUNES = 225
EVERY_MINUTES = 5
WATCHED_SECONDS = 60
SETTLE_SECONDS = 10
CORE_SHARE = 1  # per cent
IDLE_MIB = 60
IDLE_SOURCE = """\
id: {id}
connector: figures-csv
with: {{dir: "../in/{id}", match: "*.csv"}}
schedule: {{cron: "*/{minutes} * * * *", timezone: Asia/Ho_Chi_Minh, jitter: {minutes}m}}
"""


class Daemon:
    """Runs within `with`."""

    def __init__(self, ntmd: pathlib.Path, config: pathlib.Path, port: int):
        self.log, self.address = config.with_name("daemon.log"), f"http://127.0.0.1:{port}/readyz"
        self.started = time.monotonic()
        with self.log.open("wb") as log:
            self.child = subprocess.Popen([*TIED, ntmd, "run", "--config", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def __enter__(self) -> "Daemon":
        return self

    def __exit__(self, *_: object) -> None:
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def ready(self, seconds: float = 600) -> float:
        """Waits until it says so; seconds from its start."""
        while True:
            try:
                with urllib.request.urlopen(self.address, timeout=10) as answer:
                    if answer.status == 200:
                        return time.monotonic() - self.started
            except (urllib.error.URLError, OSError):
                pass
            if self.child.poll() is not None or time.monotonic() - self.started > seconds:
                raise Failed(f"ntmd run: is not ready after {seconds} s\n{self.log.read_text(errors='replace')[-2000:]}")
            threading.Event().wait(0.005)

    @property
    def cpu(self) -> float:
        fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def peak_mib(self) -> float:
        lines = pathlib.Path(f"/proc/{self.child.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def cold_start(bench: Bench) -> Section:
    country = bench.country
    seconds, cpu, peaks = [], [], []
    for _ in range(bench.rounds):
        with Daemon(bench.tools.ntmd, country.config, country.port) as daemon:
            seconds.append(daemon.ready())
            cpu.append(daemon.cpu)
            peaks.append(daemon.peak_mib)
    return Section(f"cold start with {country.nation.communes:,} communes × {nation.ELEMENTS} elements × {nation.MONTHS} months",
                   notes=[f"ready after {', '.join(f'{one:.2f}' for one in seconds)} s; CPU {statistics.median(cpu):.2f} s, "
                          f"peak memory {max(peaks):.0f} MiB"],
                   targets=[Target("until ready", statistics.median(seconds), READY_SECONDS, " s")])


def idle(bench: Bench) -> Section:
    folder, port, day = bench.folder / "idle", nation.free_port(), datetime.date.today()
    config = idle_config(folder, port, day)
    nation.load(bench.tools.ntmd, config, day)
    with Daemon(bench.tools.ntmd, config, port) as daemon:
        daemon.ready()
        threading.Event().wait(SETTLE_SECONDS)
        begun, before = time.monotonic(), daemon.cpu
        threading.Event().wait(WATCHED_SECONDS)
        share = 100 * (daemon.cpu - before) / (time.monotonic() - begun)
        peak = daemon.peak_mib
    fresh(folder).rmdir()
    return Section(f"{SOURCES} idle sources, each polled every {EVERY_MINUTES} minutes, {IDLE_COMMUNES} communes",
                   notes=[f"watched for {WATCHED_SECONDS} s, a minute like every other of an hour: polls are spread evenly; "
                          f"{3600 * share / 100:.1f} s of CPU in an hour"],
                   targets=[Target("of one core", share, CORE_SHARE, " %"), Target("peak memory", peak, IDLE_MIB, " MiB")])


def idle_config(folder: pathlib.Path, port: int, day: datetime.date) -> pathlib.Path:
    fresh(folder)
    (folder / "sources.d").mkdir()
    (folder / "elements.yaml").write_text("elements: {}\n")
    (folder / CRITERIA.name).write_bytes(CRITERIA.read_bytes())
    (folder / "units.csv").write_text("".join(invented_register(IDLE_COMMUNES)), encoding="utf-8")
    for number in range(SOURCES):
        name = f"source-{number:03d}"
        (folder / "sources.d" / f"{name}.yaml").write_text(IDLE_SOURCE.format(id=name, minutes=EVERY_MINUTES))
        (folder / "in" / name).mkdir(parents=True)
        nation.settled(folder / "in" / name / "figures.csv", "unit,element,as_of,period_start,period_end,value\n" +
                       f"{number % IDLE_COMMUNES + 1:05d},adults,{day},,,{1000 + number}\n")
    config = folder / "ntmd.yaml"
    config.write_text(nation.CONFIG.format(criteria=CRITERIA.name, port=port))
    return config
