"""Dossiers that are told, told again and taken back: what counts is what was told last, whatever the way there."""
import datetime
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import unittest

import test_any_moment
from daemon import content
from province import Province, differences

SOURCE = """id: dossiers
connector: portal-dossiers-file
with: {dir: ../in/dossiers, match: "*.ndjson", scheme: gso}
schedule: {cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}
expect: {quarantine_max_pct: 40, flips_max_pct: 100}
"""
XA, YB = "08527", "08314"  # two communes
CANARY = "CANARY NGUYỄN", "025090777777"


def line(number, unit, day, channel="2", state="4", ended=""):
    return json.dumps({"MaHoSo": f"H44.1-{number:05}", "KenhThucHien": channel, "ChuHoSo": CANARY[0], "SoGiayToChuHoSo": CANARY[1],
                       "NgayNopHoSo": "20240101080000", "NgayTiepNhan": day.replace("-", "") + "090000",
                       "NgayKetThucXuLy": ended and ended.replace("-", "") + "160000", "TrangThaiHoSo": state, "DonViXuLy": unit},
                      ensure_ascii=number % 2 == 0) + "\n"


def make():
    province = Province("1002")
    key = province.folder / "secrets/person_key"
    key.write_bytes(b"0123456789abcdef0123456789abcdef")
    key.chmod(0o600)
    (province.folder / "in/dossiers").mkdir()
    (province.folder / "sources.d/dossiers.yaml").write_text(SOURCE)
    return province


class Dossiers(unittest.TestCase):
    def setUp(self):
        self.province = self.make()

    def make(self):
        province = make()
        self.addCleanup(province.close)
        return province

    def tell(self, name, *lines, minutes=0, province=None):
        """A file whose bytes are the later the more `minutes`."""
        (province or self.province).write(f"dossiers/{name}.ndjson", "".join(lines), age=360_000 - 60 * minutes)

    def once(self, day="2024-12-20", code=0, province=None):
        done = (province or self.province).once(day)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr

    def indicator(self, unit, province=None):
        found = next(each for each in (province or self.province).units() if each["code"] == unit)
        return next(each for each in found["indicators"] if each["id"] == "1.2.1")

    def counts(self, unit, province=None):
        indicator = self.indicator(unit, province)
        return indicator["numerator"], indicator["denominator"]

    def value(self, unit, element):
        return next((entry["value"] for entry in self.indicator(unit)["inputs"] if entry["element"] == element), None)

    @staticmethod
    def without_deliveries(province):
        """A count is shown with the delivery that moved it last."""
        units = province.units()
        for entry in [entry for unit in units for indicator in unit["indicators"] for entry in indicator["inputs"]]:
            entry.pop("delivery")
        return units

    def verify(self, province=None):
        done = (province or self.province).ntmd("verify")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_window_ends_on_any_day(self):
        days = ["2023-12-31", "2024-01-01", "2024-06-30", "2024-12-01", "2024-12-19", "2024-12-20", "2024-12-21", "2025-01-05"]
        self.tell("a", *(line(number, XA, day) for number, day in enumerate(days)))
        for day in ("2024-12-19", "2024-12-20", "2024-12-21", "2024-12-31", "2025-01-06", "2025-02-14", "2025-02-15"):
            self.once(day)
            year = day[:4] if day[5:] > "02-14" else str(int(day[:4]) - 1)
            expected = sum(f"{year}-01-01" <= each <= min(day, f"{year}-12-31") for each in days)
            self.assertEqual(self.counts(XA), (expected, expected), day)
        self.verify()

    def test_late_and_corrected_dossiers_move_and_move_back(self):
        self.tell("1", line(1, XA, "2024-11-30", channel="1"), line(2, XA, "2024-12-02"), line(3, XA, "2024-12-03"))
        self.once()
        self.assertEqual(self.counts(XA), (2, 3))
        self.tell("2", line(2, YB, "2024-12-02"), line(3, XA, "2024-12-03", state="3"), line(4, XA, "2024-03-01"), minutes=1)
        loaded = self.once()
        self.assertEqual(self.counts(XA), (1, 2))
        self.assertEqual(self.counts(YB), (1, 1))
        second = re.search(r"delivery.loaded.* delivery=(\w+) part=2.ndjson", loaded)[1]
        inputs = {entry["element"]: entry for entry in self.indicator(YB)["inputs"]}
        self.assertEqual((inputs["dossiers"]["source"], inputs["dossiers"]["delivery"]), ("dossiers", second))
        done = self.province.ntmd("retract", second, "--reason", "a test")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.counts(XA), (2, 3))
        self.assertNotEqual(self.indicator(XA)["inputs"][0]["delivery"], "")
        self.once()
        self.assertEqual(self.counts(XA), (2, 3), "it stays retracted while its file lies there")
        self.verify()

    def test_a_delivery_with_too_many_bad_lines_waits_for_someones_word(self):
        self.tell("1", line(1, XA, "2024-12-02"))
        self.once()
        self.tell("2", line(2, XA, "2024-12-02"), line(3, "99999", "2024-12-02"), "no JSON\n", minutes=1)
        self.once(code=3)
        self.assertEqual(self.counts(XA), (1, 1))
        deliveries = json.loads(self.province.ntmd("quarantine", "list", "--json").stdout)["deliveries"]
        held = next(entry["delivery"] for entry in deliveries if entry["part"] == "2.ndjson")
        rows = json.loads(self.province.ntmd("quarantine", "show", held, "--json").stdout)["rows"]
        self.assertEqual([(row["line"], row["rule"]) for row in rows], [(2, "unit"), (3, "type")])
        self.assertEqual(self.province.ntmd("accept", held, "--reason", "checked").returncode, 0)
        self.assertEqual(self.counts(XA), (2, 2))
        self.once()
        self.verify()

    def test_the_other_reading_is_flagged_when_it_falls_on_the_other_side(self):
        self.tell("1", *(line(number, XA, "2024-12-02", state="10" if number < 2 else "4", channel="1" if number == 0 else "2",
                              ended="2024-12-10" if number < 2 else "") for number in range(8)))
        self.once()
        self.assertEqual(self.counts(XA), (7, 8))
        self.assertEqual((self.value(XA, "dossiers_resolved_online"), self.value(XA, "dossiers_resolved")), (1, 2))
        self.assertIn("alternate_differs", self.indicator(XA)["flags"])
        self.tell("2", line(0, XA, "2024-12-02", state="4", channel="1"), minutes=1)
        self.once()
        self.assertEqual((self.value(XA, "dossiers_resolved_online"), self.value(XA, "dossiers_resolved")), (1, 1))
        self.assertNotIn("alternate_differs", self.indicator(XA)["flags"])

    def test_files_in_any_order_split_and_over_any_number_of_runs(self):
        chance = random.Random(20241220)
        first = datetime.date(2024, 5, 1)
        told = [line(chance.randrange(60), chance.choice((XA, YB)), str(first + datetime.timedelta(chance.randrange(230))),
                     channel=chance.choice("123"), state=chance.choice(("1", "3", "4", "9")), ended="2024-12-01") for _ in range(200)]
        for number in range(10):
            self.tell(f"{number}", *told[number * 20:number * 20 + 20], minutes=number)
        self.once()
        published = [self.counts(unit) for unit in (XA, YB)]
        dump = self.province.dump()
        self.once()
        self.assertEqual(dump, self.province.dump(), "not touched")
        self.verify()

        shuffled = self.make()
        names = list(range(10))
        chance.shuffle(names)
        for run in range(3):
            for number in names[run::3]:
                self.tell(f"{number}", *told[number * 20:number * 20 + 20], minutes=number, province=shuffled)
            self.once(province=shuffled)
        self.assertEqual(content(self.province), content(shuffled))
        self.assertEqual([], list(differences(self.without_deliveries(self.province), self.without_deliveries(shuffled))))

        split = self.make()
        for number in range(40):
            self.tell(f"{number:02}", *told[number * 5:number * 5 + 5], minutes=number, province=split)
        self.once(province=split)
        self.assertEqual(published, [self.counts(unit, split) for unit in (XA, YB)])
        self.verify(split)

    def test_a_file_that_goes_back_to_what_it_was(self):
        self.tell("1", line(1, XA, "2024-12-02"))
        self.once()
        file = self.province.folder / "in/dossiers/1.ndjson"
        before = file.stat()
        text = file.read_text()
        self.tell("1", line(1, YB, "2024-12-02"), minutes=5)
        self.once()
        self.assertEqual(self.counts(YB), (1, 1))
        file.write_text(text)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.once()
        self.assertEqual(self.counts(XA), (1, 1))
        self.verify()

    def test_nothing_of_the_people_is_found_anywhere(self):
        self.tell("1", line(1, XA, "2024-12-02"), line(2, "99999", "2024-12-02"), line(3, XA, "2024-12-03"),
                  '{"MaHoSo":"H44.1-00009","ChuHoSo":"%s","ChuHoSo":"%s"}\n' % (CANARY[0], CANARY[1]), line(4, XA, "2024-12-03"))
        done = self.province.once()
        seen = done.stdout + done.stderr
        for delivery in json.loads(self.province.ntmd("quarantine", "list", "--json").stdout)["deliveries"]:
            seen += self.province.ntmd("quarantine", "show", delivery["delivery"], "--json").stdout
        data = seen.encode()
        for folder in ("var", "public"):
            for file in (self.province.folder / folder).rglob("*"):
                data += file.read_bytes() if file.is_file() else b""
        for text in (*CANARY, "H44.1-0000"):
            self.assertNotIn(text.encode(), data)

    def test_an_edit_of_the_counts_shows(self):
        self.tell("1", line(1, XA, "2024-12-02"))
        self.once()
        store = sqlite3.connect(self.province.folder / "var/ntmd.db")
        (counts,) = store.execute("SELECT counts FROM record_month").fetchone()
        store.execute("UPDATE record_month SET counts = ?", (counts[:-1] + b"\x02",))
        store.commit()
        store.close()
        self.assertEqual(self.province.ntmd("verify").returncode, 4)


class Killed(unittest.TestCase):
    everywhere = test_any_moment.AnyMoment.everywhere
    was_killed = test_any_moment.AnyMoment.was_killed
    files = staticmethod(test_any_moment.AnyMoment.files)

    def test_killed_anywhere_a_rerun_gives_the_same(self):
        """In a second run, which finds a correction, a changed file, a refused one and a held delivery."""
        self.assertTrue(pathlib.Path(test_any_moment.KILL_AT).exists(), "the preloaded library is there")
        province = make()
        self.addCleanup(province.close)
        shutil.rmtree(province.folder / "in/banks")  # only what is looked at here
        for name in ("bank-mb", "bank-vcb", "bank-viettelmoney"):
            (province.folder / f"sources.d/{name}.yaml").unlink()
        tell = lambda name, text, age: province.write(f"dossiers/{name}.ndjson", text, age=age)
        tell("1", "".join(line(number, XA, f"2024-12-{1 + number % 20:02}") for number in range(50)), 9000)
        tell("2", line(1, XA, "2024-12-02"), 8000)
        self.assertEqual(province.once().returncode, 0)
        tell("2", line(1, YB, "2024-11-02"), 7000)
        tell("3", line(2, XA, "2024-12-02", state="3") + line(99, YB, "2024-12-02"), 6000)
        tell("4", "{\n{\n" + line(98, YB, "2024-12-02"), 5000)
        tell("5", line(97, YB, "2024-12-02")[:-9], 5000)
        self.everywhere(province, test_any_moment.KILL_AT, "NTMD_KILL_AT", 40, self.was_killed, code=3)


if __name__ == "__main__":
    unittest.main()
