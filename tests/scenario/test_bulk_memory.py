#!/usr/bin/env python3
"""Five banks with real names, people in several of them and bad rows: memory does not grow with the rows, and the people are right."""
import os
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NTMD = pathlib.Path(os.environ.get("NTMD", str(ROOT / "build/release/ntmd")))
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import bench  # noqa: E402


class BulkMemory(unittest.TestCase):
    def test_five_million_rows_take_no_more_memory_than_one_million(self):
        with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
            scratch = pathlib.Path(folder)
            peaks = {}
            for rows in (1_000_000, 5_000_000):
                exports = bench.Exports(scratch / "exports", rows)
                done = bench.run_ntmd(NTMD, exports, scratch)
                self.assertTrue(done["right"], f"{rows} rows: another answer than the generator's")
                peaks[rows] = done["peak_kib"]
            self.assertLessEqual(peaks[5_000_000], peaks[1_000_000] * (1 + bench.GROWTH_MAX_PERCENT / 100))


if __name__ == "__main__":
    unittest.main()
