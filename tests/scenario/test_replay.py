"""Kept copies: what was refused once is run again when the configuration knows better."""
import json
import os
import time
import unittest

import province


class Replay(unittest.TestCase):
    def setUp(self):
        self.province = province.Province("1002")
        self.addCleanup(self.province.close)
        self.folder = self.province.folder
        self.spool = self.folder / "var/spool"

    def deliver(self, rows):
        path = self.folder / "in/figures/more.csv"
        path.write_text("unit,element,as_of,period_start,period_end,value\n" + rows, encoding="utf-8")
        self.province.age_files()

    def add_unit(self):
        with open(self.folder / "units.csv", "a", encoding="utf-8") as units:
            units.write("09999,Xã Mới,xa,,2020-01-01,\n")

    def delivery_of(self, part):
        listed = json.loads(self.province.ntmd("quarantine", "list", "--json").stdout)["deliveries"]
        return [each["delivery"] for each in listed if each["part"] == part]

    def adults(self, unit):
        status = json.loads((self.folder / "public/status.json").read_text(encoding="utf-8"))
        found = [each for each in status["units"] if each["code"] == unit]
        return found[0]["indicators"][0]["denominator"] if found else None

    def test_a_row_of_a_unit_that_was_unknown_counts_after_replay(self):
        self.deliver("09999,adults,2024-12-01,,,321\n" + "".join(f"07987,schools,2024-12-{day:02},,,1\n" for day in range(1, 20)))
        self.province.once()
        (delivery,) = self.delivery_of("more.csv")
        same = self.province.ntmd("quarantine", "replay", delivery)
        self.assertEqual(same.returncode, 0, same.stderr)
        self.assertIn("nothing is changed", same.stdout)

        self.add_unit()
        done = self.province.ntmd("quarantine", "replay", delivery)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("20 loaded, 0 filtered, 0 quarantined", done.stdout)
        self.assertEqual(self.adults("09999"), 321)
        self.assertEqual(self.delivery_of("more.csv"), [delivery])
        self.assertEqual(self.province.ntmd("verify").returncode, 0)
        # The file itself has not changed: the next poll has nothing to add.
        self.province.once()
        self.assertEqual(self.adults("09999"), 321)

    def test_people_are_never_kept_and_say_so(self):
        self.province.once()
        kept = {path.name for path in self.spool.iterdir()}
        self.assertEqual(len(kept), 2, kept)  # the register and the figures, not the three banks
        for path in self.spool.iterdir():
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        banks = [each for part in ("vcb_2024-12-10.csv", "mb_2024-12-18.csv") for each in self.delivery_of(part)]
        self.assertTrue(banks)
        done = self.province.ntmd("quarantine", "replay", banks[0])
        self.assertEqual(done.returncode, 2)
        self.assertIn("no copy of it is kept", done.stderr)

    def test_a_damaged_copy_is_refused_and_changes_nothing(self):
        self.deliver("09999,adults,2024-12-01,,,321\n" + "07987,schools,2024-12-01,,,1\n" * 25)
        self.province.once()
        (delivery,) = self.delivery_of("more.csv")
        before = self.province.ntmd("verify", "--dump").stdout
        for path in self.spool.iterdir():
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
        self.add_unit()
        done = self.province.ntmd("quarantine", "replay", delivery)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(self.province.ntmd("verify", "--dump").stdout, before)

    def test_copies_that_belong_to_nothing_or_are_too_old_go(self):
        self.province.once()
        stray = self.spool / "0123456789abcdef-0123456789abcdef.zst"
        stray.write_bytes(b"left by a process that was killed")
        old = next(path for path in self.spool.iterdir() if path != stray)
        long_ago = time.time() - 500 * 86400
        os.utime(old, (long_ago, long_ago))
        self.province.once()
        left = set(self.spool.iterdir())
        self.assertNotIn(stray, left)
        self.assertNotIn(old, left)
        self.assertEqual(len(left), 1)


if __name__ == "__main__":
    unittest.main()
