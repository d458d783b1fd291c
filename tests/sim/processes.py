"""Child processes that never outlive us: started in their own session, stopped by their own process id."""

import ctypes
import pathlib
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 15


def _die_with_parent() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(argv: list[str], log: pathlib.Path | None = None) -> subprocess.Popen:
    """Standard output is a pipe when there is no `log`, else both streams go there. A Ctrl-C reaches only us."""
    if log is None:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                start_new_session=True, preexec_fn=_die_with_parent)
    with log.open("ab") as file:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True,
                                preexec_fn=_die_with_parent)


def stop(child: subprocess.Popen, name: str) -> None:
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"{name}: still running {STOP_SECONDS} s after SIGTERM, killed", file=sys.stderr)
        child.kill()
        child.wait()
