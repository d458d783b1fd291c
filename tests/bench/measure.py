"""Runs one command and writes what it took as JSON: wall and CPU time, peak memory, bytes written, of all its processes.

python3 -I -S measure.py REPORT [--server PID] COMMAND [ARGUMENT…]

A process of its own: the peak of a child counts from the memory of whoever started it, so this one must be small. CPU, peak
and bytes come from wait4 and this process's own /proc/self/io, to which the kernel adds what its dead children wrote:
nothing is sampled. A server that does the work was there before and stays: the CPU and bytes of its processes are taken as
differences, their memory is looked at every 20 ms.
"""

import os
import sys
import threading
import time

SAMPLE_SECONDS = 0.02
TICK = os.sysconf("SC_CLK_TCK")


def written(pid: int | str) -> int:
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("write_bytes"))


def stat(pid: int | str) -> list[str]:
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()


def tree(root: int) -> list[int]:
    """`root` and what descends from it."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                parents[int(name)] = int(stat(name)[1])
            except OSError:
                pass
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def memory(pids: list[int]) -> int:
    """In KiB; what processes share counts once."""
    own = shared = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
                fields = dict(line.split(":", 1) for line in file if line.startswith("Rss"))
        except OSError:
            continue
        if fields:
            own += int(fields["RssAnon"].split()[0])
            shared = max(shared, int(fields["RssShmem"].split()[0]) + int(fields["RssFile"].split()[0]))
    return own + shared


class Server:
    """What the processes of a running server have used since it was looked at first."""

    def __init__(self, pid: int):
        self.pid = pid
        self.peak = 0
        self.done = threading.Event()
        self.sampler = threading.Thread(target=self.sample)
        self.before = self.used()
        self.sampler.start()

    def used(self) -> tuple[float, int]:
        cpu, size = 0.0, 0
        for pid in tree(self.pid):
            try:
                times = [int(value) for value in stat(pid)[11:15]]
                cpu += (sum(times) if pid == self.pid else sum(times[:2])) / TICK  # of the first with its dead children
                size += written(pid)
            except OSError:
                pass
        return cpu, size

    def sample(self) -> None:
        while not self.done.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, memory(tree(self.pid)))

    def stop(self) -> tuple[float, int, int]:
        self.done.set()
        self.sampler.join()
        cpu, size = self.used()
        return cpu - self.before[0], size - self.before[1], self.peak


def main(report: str, command: list[str]) -> None:
    server = None
    if command[0] == "--server":
        server, command = Server(int(command[1])), command[2:]
    before = written("self")
    started = time.monotonic()
    child = os.spawnvp(os.P_NOWAIT, command[0], command)
    _, status, used = os.wait4(child, 0)
    wall = time.monotonic() - started
    cpu, size, peak = used.ru_utime + used.ru_stime, written("self") - before, used.ru_maxrss
    if server:
        more_cpu, more_size, more_peak = server.stop()
        cpu, size, peak = cpu + more_cpu, size + more_size, peak + more_peak
    with open(report, "w", encoding="ascii") as file:
        file.write(f'{{"code": {os.waitstatus_to_exitcode(status)}, "wall": {wall:.4f}, "cpu": {cpu:.4f}, '
                   f'"peak_kib": {peak}, "written": {size}}}')


main(sys.argv[1], sys.argv[2:])
