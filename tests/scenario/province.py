"""A small province in a folder of its own, and the real binary run on it."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
NTMD = os.environ.get("NTMD", str(ROOT / "build/release/ntmd"))
DAY = "2024-12-20"


class Province:
    """A copy of one of `provinces/`, deleted by `close`."""

    def __init__(self, name, criteria="xa-thong-minh-2024.yaml"):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="ntmd-scenario-"))
        self.folder = self.home / name
        shutil.copytree(ROOT / "tests/scenario/provinces" / name, self.folder)
        shutil.copy(ROOT / "config/criteria" / criteria, self.folder)
        self.config = self.folder / "ntmd.yaml"
        self.age_files()

    def copy(self):
        """Another one of the same content, its store and its files' times included."""
        other = object.__new__(Province)
        other.home = pathlib.Path(tempfile.mkdtemp(prefix="ntmd-scenario-"))
        other.folder = other.home / self.folder.name
        shutil.copytree(self.folder, other.folder)
        other.config = other.folder / self.config.name
        return other

    def close(self):
        shutil.rmtree(self.home)

    def age_files(self):
        hour_ago = time.time() - 3600
        for file in (self.folder / "in").rglob("*"):
            os.utime(file, (hour_ago, hour_ago))

    def ntmd(self, *arguments, env=None, **options):
        return subprocess.run([NTMD, "--config", str(self.config), *arguments], capture_output=True, text=True, timeout=120,
                              env={**os.environ, **(env or {})}, **options)

    def hold_nothing_for_flips(self):
        """For tests in which one delivery is meant to change many verdicts."""
        for file in (self.folder / "sources.d").iterdir():
            file.write_text(file.read_text().replace("quarantine_max_pct: 50", "quarantine_max_pct: 50, flips_max_pct: 100"))

    def once(self, day=DAY, env=None, json=False, **options):
        return self.ntmd("run", "--once", "--as-of", day, *(["--json"] if json else []), env=env, **options)

    def write(self, name, text, age=3600):
        file = self.folder / "in" / name
        data = text if isinstance(text, bytes) else text.encode()
        file.write_bytes(data)
        then = time.time() - age
        os.utime(file, (then, then))
        return file

    def status(self):
        return json.loads((self.folder / "public/status.json").read_text())

    def units(self):
        """status.json's units without what differs between two ways to the same content."""
        units = self.status()["units"]
        for unit in units:
            for indicator in unit["indicators"]:
                indicator.pop("decision", None)
        return units

    def sources(self):
        return {source["id"]: source for source in self.status()["sources"]}

    def dump(self):
        return self.ntmd("verify", "--dump").stdout


def differences(expected, got, path=""):
    """Where `got` lacks or differs from what `expected` holds; more in `got` is fine."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            if not isinstance(got, dict) or key not in got:
                yield f"{path}/{key}: is missing"
            else:
                yield from differences(value, got[key], f"{path}/{key}")
    elif isinstance(expected, list):
        if not isinstance(got, list) or len(expected) != len(got):
            yield f"{path}: has another length"
        else:
            for number, (one, other) in enumerate(zip(expected, got)):
                yield from differences(one, other, f"{path}/{number}")
    elif expected != got:
        yield f"{path}: is {got!r}, expected {expected!r}"
