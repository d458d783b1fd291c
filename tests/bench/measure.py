"""Runs one command and prints its wall time, CPU time and peak memory as one JSON line on the last line of standard output.

A process of its own: the peak of a child counts from the memory of whoever started it, so this one must be small.
python3 -I -S measure.py COMMAND [ARGUMENT…]
"""

import os
import sys
import time

started = time.monotonic()
child = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(child, 0)
wall = time.monotonic() - started
cpu = used.ru_utime + used.ru_stime
print(f'\n{{"code": {os.waitstatus_to_exitcode(status)}, "wall": {wall:.3f}, "cpu": {cpu:.3f}, "peak_kib": {used.ru_maxrss}}}')
