#!/usr/bin/env python3
"""Five banks with real names, people in several of them and bad rows: memory does not grow with the rows, and the people are right."""
import os
import pathlib
import statistics
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NTMD = pathlib.Path(os.environ.get("NTMD", ROOT / "build/release/ntmd"))
PROGRAMS = pathlib.Path(os.environ.get("NTMD_BENCH_PROGRAMS", ROOT / "build/release/tests/bench"))
sys.path.insert(0, str(ROOT / "tests" / "bench"))

from peers import Tools  # noqa: E402
from peers.ntmd import Ntmd  # noqa: E402
from province import Province, fresh  # noqa: E402
from sizes import Size  # noqa: E402

GROWTH_MAX_PERCENT = 10
RUNS = 3  # which threads have time when differs from run to run


class BulkMemory(unittest.TestCase):
    def test_five_million_rows_take_no_more_memory_than_one_million(self):
        with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
            home = pathlib.Path(folder)
            tools = Tools(NTMD, PROGRAMS, home / "npm")
            peaks = {}
            for rows in (1_000_000, 5_000_000):
                province = Province(home / "province", Size("memory", rows, 225), PROGRAMS / "bench_generate")
                exports = province.generate()
                found = []
                for _ in range(RUNS):
                    done = Ntmd(province).load(exports, fresh(home / "scratch"), tools)
                    self.assertEqual(done.answer, exports.answer, f"{rows} rows: another answer than the generator's")
                    found.append(done.measured.peak_kib)
                peaks[rows] = statistics.median(found)
            self.assertLessEqual(peaks[5_000_000], peaks[1_000_000] * (1 + GROWTH_MAX_PERCENT / 100))


if __name__ == "__main__":
    unittest.main()
