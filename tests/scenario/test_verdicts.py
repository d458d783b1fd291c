"""The two small provinces give the verdicts that a separate program computed, however their files come."""
import json
import re
import shutil
import subprocess
import unittest

from province import Province, differences


class Verdicts(unittest.TestCase):
    def province(self, name):
        province = Province(name)
        self.addCleanup(province.close)
        return province

    def expected(self, province):
        return json.loads((province.folder / "expected.json").read_text())

    def test_every_field_is_equal(self):
        for name in ("1001", "1002"):
            province = self.province(name)
            done = province.once()
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([], list(differences(self.expected(province), province.status()["units"])))
            self.assertEqual(province.ntmd("verify").returncode, 0)

    def test_a_second_run_changes_nothing(self):
        province = self.province("1002")
        self.assertEqual(province.once().returncode, 0)
        dump, units = province.dump(), province.units()
        again = province.once()
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(dump, province.dump())
        self.assertEqual(units, province.units())
        self.assertEqual({"unchanged"}, {source["outcome"] for source in province.sources().values()})

    def test_files_over_several_runs_in_any_order_give_the_same(self):
        whole = self.province("1002")
        self.assertEqual(whole.once().returncode, 0)
        for first in ("banks", "figures", "evidence"):
            province = self.province("1002")
            aside = province.home / "aside"
            aside.mkdir()
            for folder in ("banks", "figures", "evidence"):
                if folder == first:
                    continue
                for file in sorted((province.folder / "in" / folder).iterdir()):
                    shutil.move(file, aside / f"{folder}+{file.name}")
            self.assertEqual(province.once().returncode, 0)
            for file in sorted(aside.iterdir(), reverse=True):
                folder, name = file.name.split("+")
                shutil.move(file, province.folder / "in" / folder / name)
                province.age_files()
                self.assertEqual(province.once().returncode, 0)
            self.assertEqual([], list(differences(self.expected(province), province.status()["units"])))
            self.assertEqual(province.ntmd("verify").returncode, 0)

    @staticmethod
    def stored(province):
        """Every row of the store."""
        store = str(province.folder / "var/ntmd.db")
        return subprocess.run(["sqlite3", store, ".dump"], capture_output=True, text=True, check=True).stdout

    def test_a_past_day_only_prints(self):
        province = self.province("1001")
        self.assertEqual(province.once().returncode, 0)
        before = (province.folder / "public/status.json").read_bytes()
        stored, generation = self.stored(province), province.status()["generation"]
        done = province.once("2024-12-01")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("before the last assessed day 2024-12-20: nothing is polled", done.stderr)
        province.write("figures/january.csv", "unit,element,as_of,period_start,period_end,value\n07951,adults,2024-12-01,,,4321\n")
        for command in (("run", "--once", "--as-of", "2024-12-02"), ("assess", "--as-of", "2024-12-02"),
                        ("assess", "--as-of", "2024-12-02", "--known-at", "2030-01-01T00:00:00Z")):
            done = province.ntmd(*command, "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            told = json.loads(done.stdout)
            self.assertEqual((told["as_of"], told["generation"]), ("2024-12-02", generation), command)
        self.assertEqual(before, (province.folder / "public/status.json").read_bytes())
        self.assertEqual(stored, self.stored(province), "no poll, no delivery, no ledger entry")
        self.assertEqual(province.once().returncode, 0)
        self.assertIn("4321", (province.folder / "public/status.json").read_text())

    def test_a_snapshot_dated_after_today_waits_for_its_day(self):
        province = self.province("1002")
        province.hold_nothing_for_flips()
        self.assertEqual(province.once().returncode, 0)
        units = province.units()
        header = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n"
        province.write("banks/vcb_2024-12-22.csv", header + "07987,025090999999,AN,01/02/1990,TK,01/02/2023,ACTIVE\n")
        self.assertEqual(province.once().returncode, 0)
        self.assertEqual(units, province.units())
        self.assertEqual(province.once("2024-12-22").returncode, 0)
        holders = {unit["code"]: entry["value"] for unit in province.units() for indicator in unit["indicators"]
                   if indicator["id"] == "1.3.1" for entry in indicator["inputs"] if entry["element"] == "account_holders"}
        before = {unit["code"]: entry["value"] for unit in units for indicator in unit["indicators"]
                  if indicator["id"] == "1.3.1" for entry in indicator["inputs"] if entry["element"] == "account_holders"}
        self.assertLess(holders["07987"], before["07987"], "the newer export of that bank names one person only")

    def test_no_secrets_folder_is_like_an_empty_one(self):
        province = self.province("1001")
        shutil.rmtree(province.folder / "secrets")
        done = province.once()
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_status_and_explain_print_what_was_published(self):
        province = self.province("1001")
        self.assertEqual(province.once().returncode, 0)
        printed, published = json.loads(province.ntmd("status", "--json").stdout), province.status()
        for each in (printed, published):
            each.pop("generated_at")
        self.assertEqual(published, printed)
        explained = province.ntmd("explain", "07951", "1.2.1")
        self.assertEqual(explained.returncode, 0)
        self.assertIn("1437 / 2238 = 64.20 %", explained.stdout)
        self.assertIn("delivery ", explained.stdout)

    def test_what_was_loaded_since_is_not_told_as_decided(self):
        province = self.province("1001")
        province.hold_nothing_for_flips()
        self.assertEqual(province.once().returncode, 0)
        published = province.status()
        explained = {unit["code"]: province.ntmd("explain", unit["code"], "1.1.1", "--lang", "en").stdout for unit in published["units"]}
        figures = "unit,element,as_of,period_start,period_end,value\n"
        province.write("figures/worse.csv", figures + "".join(f"{code},adults_with_smartphone,2024-12-19,,,1\n" for code in explained))
        done = province.ntmd("sync", "so-lieu-xa")
        self.assertEqual(done.returncode, 0, done.stderr)
        printed = json.loads(province.ntmd("status", "--json").stdout)
        self.assertEqual(published["waiting"], {"deliveries": 0})
        self.assertEqual(printed["waiting"], {"deliveries": 1})
        for each in (printed, published):
            for key in ("generated_at", "sources", "waiting"):
                each.pop(key)
        self.assertEqual(published, printed)
        for code, text in explained.items():
            now = province.ntmd("explain", code, "1.1.1", "--lang", "en").stdout
            self.assertEqual(text, now.replace("1 delivery loaded since waits for the next assessment\n", ""))
            self.assertNotEqual(text, now)
        self.assertIn("1 delivery loaded since", province.ntmd("status", "07951", "--lang", "en").stdout)
        self.assertEqual(province.once().returncode, 0)
        self.assertNotEqual(published["units"], province.status()["units"])
        self.assertNotIn("loaded since", province.ntmd("status", "--lang", "en").stdout)

    def test_a_bank_export_or_config_since_is_not_told_as_decided(self):
        province = self.province("1002")
        province.hold_nothing_for_flips()
        self.assertEqual(province.once().returncode, 0)
        published = province.status()
        header = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n"
        province.write("banks/vcb_2024-12-19.csv", header + "07987,025090999999,AN,01/02/1990,TK,01/02/2023,ACTIVE\n")
        self.assertEqual(province.ntmd("sync", "bank-vcb").returncode, 0)
        criteria = province.folder / "xa-thong-minh-2024.yaml"
        criteria.write_text(re.sub(r"\b85%", "1%", criteria.read_text()))
        source = province.folder / "sources.d/so-lieu-xa.yaml"
        source.write_text(source.read_text().replace("error_after: 60d", "error_after: 1d").replace("warn_after: 30d", "warn_after: 1d"))
        printed = json.loads(province.ntmd("status", "--json").stdout)
        self.assertEqual(printed["waiting"], {"deliveries": 1})
        self.assertEqual(published["units"], printed["units"])
        self.assertEqual(published["criteria"], printed["criteria"])
        self.assertEqual(province.once().returncode, 0)
        self.assertNotEqual(published["units"], province.status()["units"])

    def test_a_late_bank_snapshot_with_an_older_date_changes_nothing_and_retract_brings_the_one_before_back(self):
        province = self.province("1002")
        province.hold_nothing_for_flips()
        self.assertEqual(province.once().returncode, 0)
        units = province.units()
        vcb = province.folder / "in/banks/vcb_2024-12-10.csv"
        header = vcb.read_text().splitlines()[0]
        province.write("banks/vcb_2024-11-01.csv", header + "\n07987,025090999999,AN,01/02/1990,TK,01/02/2023,ACTIVE\n")
        self.assertEqual(province.once().returncode, 0)
        self.assertEqual(units, province.units())
        province.write("banks/vcb_2024-12-19.csv", header + "\n07987,025090999999,AN,01/02/1990,TK,01/02/2023,ACTIVE\n")
        done = province.once()
        self.assertEqual(done.returncode, 0)
        self.assertNotEqual(units, province.units())
        loaded = next(line for line in done.stderr.splitlines() if "delivery.loaded" in line and "vcb_2024-12-19.csv" in line)
        delivery = loaded.split("delivery=")[1].split()[0]
        done = province.ntmd("retract", delivery, "--reason", "wrong file")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([], list(differences(self.expected(province), province.status()["units"])))
        self.assertEqual(province.ntmd("verify").returncode, 0)


if __name__ == "__main__":
    unittest.main()
