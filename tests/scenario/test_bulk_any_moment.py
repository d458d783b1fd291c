"""A large export, read side by side, is killed or finds no room at any moment: what was in force before stays, and the next run brings
the new one whole."""
import os
import pathlib
import random
import signal
import sqlite3
import unittest

from province import Province, differences

BANK = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n"
KILL_AT = os.environ.get("NTMD_KILL_AT_LIBRARY", "")
NO_ROOM = os.environ.get("NTMD_NO_ROOM_LIBRARY", "")
POINTS = 60
PIECE = 512 * 1024  # bytes that one thread reads at a time
UNIT = "07951"
NEW = "vcb_2024-12-10.csv"


def export(seed, rows):
    """An export and how many distinct people count in it; some have several accounts, some have closed theirs."""
    draw = random.Random(seed)
    text, people = [BANK], set()
    for _ in range(rows):
        number, closed = f"025090{draw.randrange(rows):06}", draw.random() < 0.1
        name = '"TRẦN, ""TÝ"""' if draw.random() < 0.2 else "NGUYỄN VĂN AN"
        text.append(f"{UNIT},{number},{name},01/02/1990,Tài khoản thanh toán,01/02/2023,{'CLOSED' if closed else 'ACTIVE'}\n")
        if not closed:
            people.add(number)
    return "".join(text), len(people)


class BulkAnyMoment(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.before = Province("1001")
        cls.addClassCleanup(cls.before.close)
        cls.before.hold_nothing_for_flips()
        secret = cls.before.folder / "secrets/person_key"
        secret.write_bytes(b"0123456789abcdef0123456789abcdef")
        secret.chmod(0o600)
        for file in (cls.before.folder / "in/banks").iterdir():
            file.unlink()
        old, cls.old = export(1, 3000)
        cls.before.write("banks/vcb_2024-12-01.csv", old, age=7000)
        done = cls.before.once()
        assert done.returncode == 0, done.stderr
        new, cls.new = export(2, 30_000)
        assert cls.old != cls.new
        assert cls.before.write("banks/" + NEW, new, age=6000).stat().st_size > 4 * PIECE
        cls.after = cls.before.copy()
        cls.addClassCleanup(cls.after.close)
        cls.calls = {}
        for library in (KILL_AT, NO_ROOM):
            assert pathlib.Path(library).exists(), "the preloaded library is there"
            province = cls.before.copy()
            count = province.home / "count"
            province.once(env={"LD_PRELOAD": library, "NTMD_COUNT_FILE": str(count)})
            cls.calls[library] = int(count.read_text())
            province.close()
        done = cls.after.once()
        assert done.returncode == 0, done.stderr
        cls.dump, cls.units = cls.after.dump(), cls.after.units()

    def holders(self, province):
        for unit in province.status()["units"]:
            for indicator in unit["indicators"]:
                for entry in indicator["inputs"]:
                    if unit["code"] == UNIT and entry["element"] == "account_holders":
                        return entry["value"]
        return None

    def assert_old_or_new_is_whole(self, province, where):
        """In the store the new export is there with everybody, or not at all; what is published follows it, never a part."""
        store = sqlite3.connect(province.folder / "var/ntmd.db")
        try:
            sizes = store.execute("SELECT size FROM delivery JOIN run ON run.delivery = revision JOIN run_blob ON run_blob.id = blob"
                                  " WHERE part = ?", (NEW,)).fetchall()
            heads = store.execute("SELECT count(*) FROM delivery WHERE part = ?", (NEW,)).fetchone()
        finally:
            store.close()
        self.assertIn((heads, sizes), [((0,), []), ((1,), [(self.new,)])], where)
        self.assertIn(self.holders(province), (self.old, self.new) if sizes else (self.old,), where)

    def everywhere(self, library, variable, check):
        calls = self.calls[library]
        self.assertGreater(calls, POINTS)
        for number in range(POINTS):
            at = 1 + number * (calls - 1) // (POINTS - 1)
            where = f"call {at} of {calls}"
            province = self.before.copy()
            try:
                check(province.once(env={"LD_PRELOAD": library, variable: str(at)}), where)
                self.assert_old_or_new_is_whole(province, where)
                again = province.once()
                self.assertEqual(again.returncode, 0, f"{where}: {again.stderr}")
                self.assertEqual(self.holders(province), self.new, where)
                self.assertEqual(self.dump, province.dump(), where)
                self.assertEqual([], list(differences(self.units, province.units())), where)
                verified = province.ntmd("verify")
                self.assertEqual(verified.returncode, 0, f"{where}: {verified.stdout}")
            finally:
                province.close()

    def test_undisturbed_it_counts_what_python_counts(self):
        self.assertEqual(self.holders(self.before), self.old)
        self.assertEqual(self.holders(self.after), self.new)

    def test_killed_anywhere(self):
        self.everywhere(KILL_AT, "NTMD_KILL_AT", lambda done, where: self.assertEqual(done.returncode, -signal.SIGKILL, f"{where}: {done.stderr}"))

    def test_out_of_room_anywhere(self):
        told = []

        def check(done, where):
            self.assertIn(done.returncode, (0, 1, 3), f"{where}: {done.stderr}")
            if done.returncode != 0:
                self.assertRegex(done.stderr, r"disk full|No space left on device", where)
                told.append(where)

        self.everywhere(NO_ROOM, "NTMD_FULL_AT", check)
        self.assertGreater(len(told), POINTS // 2)


if __name__ == "__main__":
    unittest.main()
