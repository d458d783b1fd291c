"""Whatever happens at whatever moment of a run, killed or out of room: the store is sound, and the next run gives what an undisturbed
one gives."""
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import unittest

from province import Province, differences

HEADER = "unit,element,as_of,period_start,period_end,value\n"
BANK = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n"
KILL_AT = os.environ.get("NTMD_KILL_AT_LIBRARY", "")
NO_ROOM = os.environ.get("NTMD_NO_ROOM_LIBRARY", "")


class AnyMoment(unittest.TestCase):
    def setUp(self):
        for library in (KILL_AT, NO_ROOM):
            self.assertTrue(pathlib.Path(library).exists(), "the preloaded library is there")

    def fresh(self):
        """A province before its first run."""
        province = Province("1001")
        self.addCleanup(province.close)
        secret = province.folder / "secrets/person_key"
        secret.write_bytes(b"0123456789abcdef0123456789abcdef")
        secret.chmod(0o600)
        province.write("figures/a.csv", HEADER + "07951,schools,2024-12-01,,,5\n07951,schools_digital,2024-12-01,,,5\n", age=7000)
        province.write("banks/vcb_2024-12-01.csv", BANK + "07951,025090999999,AN,01/02/1990,TK,01/02/2023,ACTIVE\n", age=7001)
        return province

    def used(self, fresh):
        """One that has run, and finds changed files, new ones, bad ones and a retraction. A run of it ends with 3."""
        used = fresh.copy()
        self.addCleanup(used.close)
        self.assertEqual(used.once().returncode, 0)
        used.write("figures/b.csv", HEADER + "07951,adults,2024-12-20,,,5000\n", age=6000)
        used.write("banks/vcb_2024-12-19.csv", BANK + "07951,025090999998,AN,01/02/1990,TK,01/02/2023,ACTIVE\n", age=6001)
        loaded = re.findall(r"delivery.loaded.* delivery=(\w+) part=(\S+)", used.once().stderr)
        for delivery, part in loaded:
            self.assertEqual(used.ntmd("retract", delivery, "--reason", f"{part} was wrong").returncode, 0)
        used.write("figures/a.csv", HEADER + "07951,schools,2024-12-01,,,6\n", age=5000)
        used.write("figures/bad.csv", HEADER + "07951,schools,2024-12-02,,,-1\n07951,schools,2024-12-02,,,4\n", age=5001)
        used.write("figures/refused.csv", "no header of ours\n", age=5002)
        used.write("banks/vcb_2024-12-20.csv", BANK + "07951,025090999997,AN,01/02/1990,TK,01/02/2023,ACTIVE\n", age=5003)
        used.write("evidence/later.csv", (used.folder / "in/evidence/register.csv").read_text().replace("accepted", "withdrawn", 3), age=5004)
        return used

    @staticmethod
    def files(province):
        """What it made, kept copies under one name: theirs are those of runs."""
        return sorted(re.sub("spool/.*", "spool/*", str(file.relative_to(province.folder)))
                      for folder in ("var", "public") for file in (province.folder / folder).rglob("*"))

    def everywhere(self, template, library, variable, points, disturbed, code=0):
        """Copies of `template`, each disturbed at another of `points` calls spread over its run, then run again."""
        whole = template.copy()
        self.addCleanup(whole.close)
        count = whole.home / "count"
        done = whole.once(env={"LD_PRELOAD": library, "NTMD_COUNT_FILE": str(count)})
        self.assertEqual(done.returncode, code, done.stderr)
        calls = int(count.read_text())
        self.assertGreater(calls, points)
        dump, units, files = whole.dump(), whole.units(), self.files(whole)
        self.undisturbed, self.units = code, units
        for number in range(points):
            at = 1 + number * (calls - 1) // (points - 1)
            where = f"call {at} of {calls}"
            province = template.copy()
            try:
                disturbed(province, province.once(env={"LD_PRELOAD": library, variable: str(at)}), where)
                again = province.once()
                self.assertEqual(again.returncode, code, f"{where}: {again.stderr}")
                self.assertEqual(dump, province.dump(), where)
                self.assertEqual([], list(differences(units, province.units())), where)
                self.assertEqual(files, self.files(province), f"{where}: nothing half done is left lying about")
                done = province.ntmd("verify")
                self.assertEqual(done.returncode, 0, f"{where}: {done.stdout}")
            finally:
                province.close()

    def was_killed(self, province, done, where):
        self.assertEqual(done.returncode, -signal.SIGKILL, f"{where}: {done.stderr}")
        if (province.folder / "var/ntmd.db").exists():
            store = sqlite3.connect(province.folder / "var/ntmd.db")
            unknown = store.execute("SELECT part FROM delivery WHERE run NOT IN (SELECT id FROM poll)").fetchall()
            store.close()
            self.assertEqual([], unknown, f"{where}: a delivery whose run nobody knows")

    def was_full(self, province, done, where):
        """It is said, and the store is sound while there is still no room. Too late to matter it may even have gone well."""
        self.assertIn(done.returncode, (0, 1, 3), f"{where}: {done.stderr}")
        self.told += done.returncode != 0
        if done.returncode not in (0, self.undisturbed):
            self.assertRegex(done.stderr, r"disk full|No space left on device", where)
        if done.returncode == 0:
            self.assertEqual([], list(differences(self.units, province.units())), f"{where}: nobody was told")
        store = province.folder / "var/ntmd.db"
        if store.exists():
            sound = subprocess.run(["sqlite3", "-readonly", str(store), "PRAGMA integrity_check; PRAGMA foreign_key_check"], capture_output=True, text=True)
            self.assertEqual(sound.stdout.strip(), "ok", f"{where}: {sound.stderr}")

    def test_killed_anywhere_a_rerun_gives_the_same(self):
        fresh = self.fresh()
        self.everywhere(fresh, KILL_AT, "NTMD_KILL_AT", 40, self.was_killed)
        self.everywhere(self.used(fresh), KILL_AT, "NTMD_KILL_AT", 60, self.was_killed, code=3)

    def test_out_of_room_anywhere_a_rerun_gives_the_same(self):
        self.told = 0
        fresh = self.fresh()
        self.everywhere(fresh, NO_ROOM, "NTMD_FULL_AT", 40, self.was_full)
        self.assertGreater(self.told, 30)
        self.everywhere(self.used(fresh), NO_ROOM, "NTMD_FULL_AT", 60, self.was_full, code=3)


if __name__ == "__main__":
    unittest.main()
