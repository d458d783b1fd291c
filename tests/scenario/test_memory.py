"""A bank's export of any length takes the same memory, and what spills to the disk fails and recovers like the rest."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import time
import unittest

from province import NTMD, ROOT, Province

HEADER = b"ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n"
DAY = "2025-12-20"
BLOCK = 100_000
KILL_AT = os.environ.get("NTMD_KILL_AT_LIBRARY", "")


def communes():
    """The 148 communes of the day."""
    lines = (ROOT / "config/units/units.csv").read_text().splitlines()[1:]
    return [row[0] for row in (line.split(",") for line in lines) if row[4] <= DAY and not row[5]]


class Memory(unittest.TestCase):
    def setUp(self):
        self.province = self.bank()

    def bank(self):
        """One bank's source on the real communes."""
        province = Province("1002")
        self.addCleanup(province.close)
        units = ROOT / "config/units"
        text = "".join(line if not line.startswith("units:") else
                       f"units: {{registers: [{units}/units.csv], lineage: [{units}/lineage.csv], aliases: [{units}/aliases.csv]}}\n"
                       for line in province.config.read_text().splitlines(keepends=True))
        province.config.write_text(text)
        for source in (province.folder / "sources.d").iterdir():
            if source.name != "bank-vcb.yaml":
                source.unlink()
        for file in (province.folder / "in/banks").iterdir():
            file.unlink()
        key = province.folder / "secrets/person_key"
        key.write_bytes(b"0123456789abcdef0123456789abcdef")
        key.chmod(0o600)
        return province

    def export(self, province, rows, name="vcb_2025-12-01.csv"):
        """`rows` people, each once, all of working age."""
        codes = communes()
        people = (f"{codes[i * 7919 % len(codes)]},###{i % 2}90{i:06},NGUYEN VAN AN,{1 + i % 28:02}/{1 + i % 12:02}/{1975 + i % 30},TK,"
                  "01/02/2023,ACTIVE\n" for i in range(BLOCK))
        block = "".join(people).encode()
        file = province.folder / "in/banks" / name
        with open(file, "wb") as out:
            out.write(HEADER)
            for number in range(rows // BLOCK):
                out.write(block.replace(b"###", b"%03d" % number))
        then = time.time() - 3600
        os.utime(file, (then, then))
        return file

    def people(self, province):
        """All that was ever counted."""
        done = subprocess.run(["sqlite3", str(province.folder / "var/ntmd.db"), "SELECT sum(value) FROM figure"],
                              capture_output=True, text=True)
        return int(done.stdout or 0)

    def test_five_times_the_rows_take_the_same_memory(self):
        peaks = {}
        for millions in (1, 5):
            province = self.bank()
            self.export(province, millions * 1_000_000)
            process = subprocess.Popen([NTMD, "--config", str(province.config), "run", "--once", "--as-of", DAY],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0)
            self.assertEqual(self.people(province), millions * 1_000_000)
            self.assertEqual([], list((province.folder / "var/spool").iterdir()))
            peaks[millions] = usage.ru_maxrss
        self.assertLess(abs(peaks[5] - peaks[1]), peaks[1] / 10, f"peak memory in KiB by millions of rows: {peaks}")

    def test_a_disk_with_no_room_for_what_spills_keeps_the_old_figures(self):
        self.export(self.province, BLOCK, "vcb_2025-11-01.csv")
        self.assertEqual(self.province.once(DAY).returncode, 0)
        units = self.province.units()
        self.export(self.province, 1_000_000)
        done = self.province.once(DAY, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000)))
        self.assertEqual(done.returncode, 3, done.stderr)
        run = json.loads(self.province.ntmd("runs", "bank-vcb", "--json").stdout)["runs"][0]
        self.assertEqual(run["outcome"], "failed")
        self.assertIn("vcb_2025-12-01.csv", run["message"])
        self.assertIn("cannot write a temporary file", run["message"])
        self.assertEqual(units, self.province.units())
        self.assertEqual(self.people(self.province), BLOCK)
        self.assertEqual(self.province.once(DAY).returncode, 0)
        self.assertEqual(self.people(self.province), BLOCK + 1_000_000)

    def test_killed_while_it_spills_or_commits_a_rerun_gives_the_same(self):
        self.assertTrue(pathlib.Path(KILL_AT).exists(), "the preloaded library is there")
        rows = 1_100_000
        file = self.export(self.province, rows)
        count = self.province.home / "count"
        done = self.province.once(DAY, env={"LD_PRELOAD": KILL_AT, "NTMD_COUNT_FILE": str(count)})
        self.assertEqual(done.returncode, 0, done.stderr)
        calls, dump = int(count.read_text()), self.province.dump()
        for number in range(6):
            at = 1 + number * (calls - 1) // 5
            province = self.bank()
            file = file.rename(province.folder / "in/banks" / file.name)
            killed = province.once(DAY, env={"LD_PRELOAD": KILL_AT, "NTMD_KILL_AT": str(at)})
            self.assertEqual(killed.returncode, -signal.SIGKILL, f"call {at} of {calls}: {killed.stderr}")
            again = province.once(DAY)
            self.assertEqual(again.returncode, 0, f"call {at}: {again.stderr}")
            self.assertEqual(dump, province.dump(), f"call {at}")
            self.assertEqual(province.ntmd("verify").returncode, 0, f"call {at}")


if __name__ == "__main__":
    unittest.main()
