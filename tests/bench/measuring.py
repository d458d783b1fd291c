"""Commands that are measured, and commands that are just run."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


# A server started by this ends with whoever started it, however that ends.
TIED = ("setpriv", "--pdeathsig", "INT")


class Failed(Exception):
    """A command did not do its work; says which and what it said."""


@dataclasses.dataclass(frozen=True)
class Measured:
    wall: float  # seconds
    cpu: float  # seconds, user and system, of all processes
    peak_kib: int
    written: int  # bytes made dirty in files: write_bytes of /proc/PID/io, temporary files with them


def call(*command: object, cwd: pathlib.Path | None = None, timeout: float = 600) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=cwd, timeout=timeout)
    if done.returncode != 0:
        raise Failed(f"{command[0]}: ended with {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def measured(scratch: pathlib.Path, *command: object, stdin: pathlib.Path | None = None, server: int | None = None,
             codes: tuple[int, ...] = (0,)) -> tuple[Measured, str]:
    """What the command took, and its standard output. `scratch` gets its log. What lies dirty is written out before."""
    report, said, log = scratch / "measured.json", scratch / "stdout", scratch / "stderr"
    argv = [sys.executable, "-I", "-S", str(HERE / "measure.py"), str(report)]
    argv += ["--server", str(server)] if server else []
    argv += [str(part) for part in command]
    os.sync()
    with open(stdin or os.devnull, "rb") as given, said.open("wb") as out, log.open("wb") as err:
        done = subprocess.run(argv, stdin=given, stdout=out, stderr=err)
    result = json.loads(report.read_text()) if done.returncode == 0 else {"code": done.returncode}
    if result.pop("code") not in codes:
        raise Failed(f"{command[0]}: did not end with {codes}\n{log.read_text(errors='replace')[-2000:]}")
    return Measured(**result), said.read_text()
