#!/usr/bin/env python3
"""Communes that merge: what becomes of their counts and documents, from file to verdict."""
import unittest

from province import Province

FIGURES = "unit,element,as_of,period_start,period_end,value\n"
BEFORE, AFTER = "2025-06-30", "2025-07-01"


class Merges(unittest.TestCase):
    def setUp(self):
        self.province = Province("1001")
        self.addCleanup(self.province.close)
        self.province.hold_nothing_for_flips()
        for file in (self.province.folder / "in").rglob("*.csv"):
            file.unlink()
        (self.province.folder / "units.csv").write_text(
            "code,name,kind,group,valid_from,valid_to\n08557,Xã Đồng Sơn,xa,240,2020-01-01,2025-06-30\n"
            "08092,Xã Gia Điền,xa,231,2020-01-01,2025-06-30\n08000,Xã Mới,xa,,2025-07-01,\n", encoding="utf-8")
        (self.province.folder / "lineage.csv").write_text(
            "from_code,to_code,on,share\n08557,08000,2025-07-01,1\n08092,08000,2025-07-01,1\n", encoding="utf-8")

    def indicator(self, unit, name, day):
        done = self.province.once(day)
        self.assertEqual(done.returncode, 0, done.stderr)
        units = {each["code"]: each for each in self.province.status()["units"]}
        self.assertEqual(sorted(units), ["08092", "08557"] if day == BEFORE else ["08000"])
        return next(each for each in units[unit]["indicators"] if each["id"] == name)

    def test_the_counts_of_the_old_communes_are_added_until_the_new_one_tells_its_own(self):
        self.province.write("figures/june.csv", FIGURES + "".join(
            f"{unit},{element},2025-06-20,,,{value}\n" for unit, element, value in (
                ("08557", "adults", 100), ("08557", "adults_with_smartphone", 90),
                ("08092", "adults", 100), ("08092", "adults_with_smartphone", 80))))
        self.assertEqual(self.indicator("08557", "1.1.1", BEFORE)["measured"], "T")
        self.assertEqual(self.indicator("08092", "1.1.1", BEFORE)["measured"], "F")
        merged = self.indicator("08000", "1.1.1", AFTER)
        self.assertEqual((merged["numerator"], merged["denominator"], merged["measured"]), (170, 200, "T"))
        self.assertIn("cộng từ 08092, 08557", self.province.ntmd("explain", "08000", "1.1.1").stdout)
        # A late correction of a commune that is gone reaches the one it went into, with its delivery as the cause.
        self.province.write("figures/late.csv", FIGURES + "08092,adults_with_smartphone,2025-06-20,,,79\n")
        merged = self.indicator("08000", "1.1.1", AFTER)
        self.assertEqual((merged["numerator"], merged["measured"], merged["gap"]), (169, "F", 1))
        self.province.write("figures/own.csv", FIGURES + "08000,adults,2025-07-01,,,190\n08000,adults_with_smartphone,2025-07-01,,,180\n")
        merged = self.indicator("08000", "1.1.1", AFTER)
        self.assertEqual((merged["numerator"], merged["denominator"]), (180, 190))
        verified = self.province.ntmd("verify")
        self.assertEqual(verified.returncode, 0, verified.stdout)

    def test_dossiers_of_the_year_go_on_over_the_merge(self):
        rows = "".join(f"{unit},{element},,2025-0{month}-01,2025-0{month}-{last},{value}\n"
                       for unit in ("08557", "08092") for month, last in ((5, 31), (6, 30))
                       for element, value in (("dossiers", 100), ("dossiers_online", 80)))
        self.province.write("figures/months.csv", FIGURES + rows)
        merged = self.indicator("08000", "1.2.1", AFTER)
        self.assertEqual((merged["numerator"], merged["denominator"]), (320, 400))
        self.province.write("figures/july.csv", FIGURES + "08000,dossiers,,2025-07-01,2025-07-31,100\n"
                            "08000,dossiers_online,,2025-07-01,2025-07-31,10\n")
        done = self.province.once("2025-08-05")
        self.assertEqual(done.returncode, 0, done.stderr)
        july = next(each for each in self.province.status()["units"][0]["indicators"] if each["id"] == "1.2.1")
        self.assertEqual((july["numerator"], july["denominator"], july["measured"]), (330, 500, "F"))
        verified = self.province.ntmd("verify")
        self.assertEqual(verified.returncode, 0, verified.stdout)


if __name__ == "__main__":
    unittest.main()
