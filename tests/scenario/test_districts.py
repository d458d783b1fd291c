#!/usr/bin/env python3
"""Criteria of districts, decided by documents and figures about the district itself, from file to verdict."""
import unittest

from province import ROOT, Province

FILE = "huyen-ntm-nang-cao-2024.yaml"
FIGURES = "unit,element,as_of,period_start,period_end,value\n"


class Districts(unittest.TestCase):
    def setUp(self):
        self.province = Province("1002", FILE)
        self.addCleanup(self.province.close)
        self.config('criteria: ["xa-thong-minh-2024.yaml"]', f'criteria: ["xa-thong-minh-2024.yaml", "{FILE}"]')
        smart = ROOT / "config/criteria/xa-thong-minh-2024.yaml"
        (self.province.folder / smart.name).write_text(smart.read_text(encoding="utf-8"), encoding="utf-8")

    def config(self, old, new, file="ntmd.yaml"):
        path = self.province.folder / file
        text = path.read_text(encoding="utf-8")
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def districts(self):
        done = self.province.once()
        self.assertEqual(done.returncode, 0, done.stderr)
        return {group["code"]: {indicator["id"]: indicator["status"] for indicator in group["indicators"]}
                for group in self.province.status()["groups"]}

    def test_documents_about_a_district_decide_for_it(self):
        register = self.province.folder / "in/evidence/register.csv"
        self.province.write("evidence/register.csv", register.read_text(encoding="utf-8")
                            + "230,8.4,inspection,1/BB,2024-12-01,UBND,,accepted,,\n"
                            + "231,8.4,inspection,2/BB,2024-12-01,UBND,,rejected,,\n"
                            + "230,15.2-toan-trinh,inspection,3/BB,2024-12-01,UBND,,accepted,,\n"
                            + "999,8.4,inspection,4/BB,2024-12-01,UBND,,accepted,,\n")
        districts = self.districts()
        self.assertEqual((districts["230"]["8.4"], districts["230"]["15.2"]), ("met", "met"))
        self.assertEqual((districts["231"]["8.4"], districts["231"]["15.2"]), ("not_met", "no_data"))
        self.assertEqual(self.province.sources()["ho-so"]["quarantined"], 1)
        self.assertEqual(self.province.ntmd("verify").returncode, 0)

    def test_an_attested_criterion_turned_into_a_ratio_is_decided_by_the_districts_figures(self):
        text = (self.province.folder / FILE).read_text(encoding="utf-8")
        before, its, after = text.partition('- id: "15.2"')
        ratio = "figure: {ratio: [dossiers_online, dossiers], at_least: 50%}"
        (self.province.folder / FILE).write_text(before + its + after.replace("evidence: [inspection]", ratio, 1), encoding="utf-8")
        self.province.write("figures/districts.csv", FIGURES
                            + "230,dossiers,,2024-01-01,2024-11-30,1000\n230,dossiers_online,,2024-01-01,2024-11-30,500\n"
                            + "231,dossiers,,2024-01-01,2024-11-30,1000\n231,dossiers_online,,2024-01-01,2024-11-30,499\n")
        districts = self.districts()
        self.assertEqual([districts[code]["15.2"] for code in ("230", "231", "232")], ["met", "not_met", "no_data"])
        self.province.write("figures/districts-2.csv", FIGURES + "231,dossiers_online,,2024-01-01,2024-11-30,501\n")
        self.assertEqual(self.districts()["231"]["15.2"], "met")
        self.assertEqual(self.province.ntmd("verify").returncode, 0)


if __name__ == "__main__":
    unittest.main()
