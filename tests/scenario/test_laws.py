"""What is in force depends on what was delivered: not on how often, in which order, in how many runs, or over which detours."""
import datetime
import json
import os
import random
import re
import shutil
import unittest

from daemon import BANK, HEADER, WallClock, content
from province import Province, differences

EVIDENCE = "unit,indicator,kind,number,issued_on,issuer,valid_to,state,confirmed_value,sha256\n"
# Several files of each source; each file has its own time, so that of two that tell the same figure one is the later.
MORE = {
    "figures/a.csv": HEADER + "07987,schools,2024-12-01,,,5\n07987,schools_digital,2024-12-01,,,5\n07987,adults,2024-12-19,,,4000\n",
    "figures/b.csv": HEADER + "07987,schools,2024-12-01,,,6\n07987,telehealth_encounters,,2024-01-01,2024-06-30,7\n",
    "figures/c.csv": HEADER + "07987,telehealth_encounters,,2024-07-01,2024-11-30,9\n07987,adults_with_smartphone,2024-12-19,,,3900\n",
    "banks/vcb_2024-11-30.csv": BANK + "07987,025090999999,AN,01/02/1990,TK,01/02/2023,ACTIVE\n",
    "banks/mb_2024-12-19.csv": BANK + "07987,025090999998,AN,01/02/1990,TK,01/02/2023,ACTIVE\n07987,025090999997,AN,01/02/1990,TK,01/02/2023,CLOSED\n",
    "evidence/later.csv": EVIDENCE + "07987,1.2.2,inspection,7,2024-12-01,UBND,,accepted,,\n",
}


class Laws(unittest.TestCase):
    def setUp(self):
        self.province = self.make()

    def make(self):
        province = Province("1002")
        self.addCleanup(province.close)
        key = province.folder / "secrets/person_key"
        key.write_bytes(b"0123456789abcdef0123456789abcdef")
        key.chmod(0o600)
        for name, text in MORE.items():
            province.write(name, text)
        for number, name in enumerate(sorted(self.files(province))):
            self.set_time(province, name, number)
        return province

    @staticmethod
    def files(province):
        folder = province.folder / "in"
        return [str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()]

    @staticmethod
    def set_time(province, name, minutes):
        os.utime(province.folder / "in" / name, (1_734_000_000 + 60 * minutes,) * 2)

    def run_once(self, province, code=0):
        done = province.once()
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr

    def published(self, province, deliveries=True):
        """status.json without what tells when and how often it was made, and, if asked, by which deliveries."""
        status = province.status()
        for indicator in [i for unit in status["units"] for i in unit["indicators"]]:
            indicator.pop("decision")
            for entry in [] if deliveries else indicator["inputs"]:
                entry.pop("delivery")
        for key in ("generated_at", "generation", "sources", "alerts"):
            status.pop(key)
        return status

    def assert_same(self, one, other, note=""):
        self.assertEqual([], list(differences(self.published(one), self.published(other))), note)
        self.assertEqual([], list(differences(self.published(other), self.published(one))), note)

    def verify(self, province):
        done = province.ntmd("verify")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_same_inputs_twice(self):
        self.run_once(self.province)
        dump, published = self.province.dump(), self.published(self.province)
        self.run_once(self.province)
        self.assertEqual(dump, self.province.dump(), "not touched")
        for name in self.files(self.province):  # other files with the same bytes, of the same time
            file = self.province.folder / "in" / name
            copy = file.with_name("." + file.name)
            shutil.copy2(file, copy)
            copy.replace(file)
        self.run_once(self.province)
        self.assertEqual(dump, self.province.dump(), "read again")
        self.assertEqual(published, self.published(self.province))
        self.verify(self.province)

    def test_files_in_any_order_and_over_any_number_of_runs(self):
        self.run_once(self.province)
        chance = random.Random(20241220)
        for runs in (2, 3, 11):
            other = self.make()
            names = sorted(self.files(other))
            chance.shuffle(names)
            aside = other.home / "aside"
            for name in names:
                (aside / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.move(other.folder / "in" / name, aside / name)
            for number in range(runs):
                for name in names[number::runs]:
                    shutil.move(aside / name, other.folder / "in" / name)
                self.run_once(other)
            self.assert_same(self.province, other, names)
            self.assertEqual(content(self.province), content(other), names)
            self.verify(other)

    def test_a_file_that_goes_back_to_what_it_was(self):
        others = {
            "figures/c.csv": HEADER + "07987,adults_with_smartphone,2024-12-19,,,1\n07987,schools_digital,2024-12-19,,,0\n07987,businesses,2024-12-19,,,900\n",
            "evidence/register.csv": EVIDENCE + "07987,1.2.2,inspection,8,2024-12-10,UBND,,rejected,,\n07987,1.3.3,inspection,8,2024-12-10,UBND,,rejected,,\n",
            "banks/mb_2024-12-19.csv": BANK + "".join(f"07987,02509099999{n},AN,01/02/1990,TK,01/02/2023,ACTIVE\n" for n in range(5)),
        }
        self.run_once(self.province)
        published = self.published(self.province, deliveries=False)
        for name, other in others.items():
            for keeps_its_time in (True, False):
                file = self.province.folder / "in" / name
                text, before = file.read_bytes(), file.stat()
                self.province.write(name, other)
                self.run_once(self.province)
                self.assertNotEqual(published, self.published(self.province, deliveries=False), name)
                self.province.write(name, text)
                if keeps_its_time:
                    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
                self.run_once(self.province)
                self.assertEqual(published, self.published(self.province, deliveries=False), f"{name}, keeps its time: {keeps_its_time}")
        self.verify(self.province)

    def test_a_changed_file_withdraws_what_it_no_longer_says(self):
        value = lambda element: next(entry["value"] for unit in self.province.units() if unit["code"] == "07987" for indicator in unit["indicators"]
                                     for entry in indicator["inputs"] if entry["element"] == element)
        self.run_once(self.province)
        self.assertEqual(value("schools_digital"), 5)
        self.province.write("figures/a.csv", HEADER + "07987,schools_digital,2024-12-01,,,4\n07987,telehealth_encounters,,2024-12-01,2024-12-10,1\n")
        self.run_once(self.province)
        self.assertEqual((value("schools_digital"), value("telehealth_encounters")), (4, 17))
        # What may be among its refused rows is not withdrawn, nor does an empty file withdraw anything.
        self.province.write("figures/a.csv", HEADER + "07987,schools_digital,2024-12-01,,,x\n07987,telehealth_encounters,,2024-12-01,2024-12-10,2\n")
        self.run_once(self.province)
        self.assertEqual((value("schools_digital"), value("telehealth_encounters")), (4, 18))
        self.province.write("figures/a.csv", HEADER)
        self.run_once(self.province)
        self.assertEqual((value("schools_digital"), value("telehealth_encounters")), (4, 18))
        self.verify(self.province)

    def test_what_was_known_at_a_time_is_what_was_published_then(self):
        self.run_once(self.province)
        published = self.published(self.province)
        then = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.province.write("figures/a.csv", HEADER + "07987,schools,2024-12-01,,,1\n")
        self.province.write("evidence/later.csv", EVIDENCE + "07987,1.2.2,inspection,8,2024-12-10,UBND,,rejected,,\n")
        self.province.write("banks/mb_2024-12-19.csv", BANK + "07987,025090999990,AN,01/02/1990,TK,01/02/2023,ACTIVE\n")
        clock = WallClock(self.province.home)
        clock.later(3600)
        self.assertEqual(self.province.once(env=clock.env()).returncode, 0)
        self.assertNotEqual(published, self.published(self.province))
        known = json.loads(self.province.ntmd("assess", "--as-of", "2024-12-20", "--known-at", then, "--json").stdout)
        for key in ("generated_at", "generation", "sources", "alerts"):
            known.pop(key)
        for indicator in [i for unit in known["units"] for i in unit["indicators"]]:
            indicator.pop("decision")
        self.assertEqual(published, known)

    def test_retracted_it_is_as_if_it_had_not_come(self):
        other = self.make()
        (other.folder / "in/figures/c.csv").unlink()
        (other.folder / "in/banks/mb_2024-12-19.csv").unlink()
        (other.folder / "in/evidence/later.csv").unlink()
        self.run_once(other)
        loaded = re.findall(r"delivery.loaded.* delivery=(\w+) part=(\S+)", self.run_once(self.province))
        ids = {part: delivery for delivery, part in loaded}
        for part in ("c.csv", "mb_2024-12-19.csv", "later.csv"):
            done = self.province.ntmd("retract", ids[part], "--reason", "a test")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_same(other, self.province)
        self.run_once(self.province)
        self.assert_same(other, self.province, "it stays retracted while its file lies there")
        self.verify(self.province)


if __name__ == "__main__":
    unittest.main()
