"""The mass-change guard: one delivery that would flip the known truth of too many communes waits for someone's word."""
import json
import os
import pathlib
import signal
import subprocess
import unittest

from province import Province

HEADER = "unit,element,as_of,period_start,period_end,value\n"
BANK = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n"
EVIDENCE = "unit,indicator,kind,number,issued_on,issuer,valid_to,state,confirmed_value,sha256\n"
KILL_AT = os.environ.get("NTMD_KILL_AT_LIBRARY", "")
CRITERIA = """criteria: small
version: "1"
name: {vi: nho, en: small}
legal: ["none"]
in_force: {from: 2024-01-01}
subject: {unit: [xa]}
window: {kind: calendar_year, carry_over: 45d}
met_when: {all: indicators}
indicators:
  - {id: phones, name: {vi: a, en: a}, figure: {ratio: [adults_with_smartphone, adults], at_least: 85%}}
  - {id: accounts, name: {vi: a, en: a}, figure: {ratio: [account_holders, working_age], at_least: 85%}}
  - {id: desk, name: {vi: a, en: a}, evidence: [inspection]}
tests: [{name: none, units: {}, expect: {}}]
"""
PEOPLE = 10  # of each commune


def source(name, connector, what, expect=""):
    return (f"id: {name}\nconnector: {connector}\nwith: {{{what}}}\nschedule: {{cron: \"0 * * * *\", timezone: Asia/Ho_Chi_Minh}}\n"
            f"freshness: {{error_after: 400d}}\n{expect}")


class Guard(unittest.TestCase):
    def province(self, communes, expect=""):
        """All communes meet everything, as decided by a first run."""
        province = self.empty(communes, expect)
        self.figures(province, "1.csv", "2024-12-01", {})
        self.accounts(province, "vcb_2024-12-01.csv", {})
        self.register(province, "1.csv", {}, age=7200)
        done = province.once()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({"met"}, set(self.states(province, "phones") + self.states(province, "accounts") + self.states(province, "desk")))
        return province

    def empty(self, communes, expect):
        province = Province("1002")
        self.addCleanup(province.close)
        folder = province.folder
        self.codes = [f"{code:05}" for code in range(1, communes + 1)]
        (folder / "units.csv").write_text("code,name,kind,group,valid_from,valid_to\n"
                                          + "".join(f"{code},Xã {code},xa,001,2020-01-01,\n" for code in self.codes))
        province.config.write_text(province.config.read_text().replace("xa-thong-minh-2024.yaml", "small.yaml"))
        (folder / "small.yaml").write_text(CRITERIA)
        for file in [*(folder / "sources.d").iterdir(), *(file for file in (folder / "in").rglob("*") if file.is_file())]:
            file.unlink()
        sources = {"so-lieu": ("figures-csv", 'dir: "../in/figures", match: "*.csv"'),
                   "bank": ("bank-accounts-csv", 'dir: "../in/banks", match: "vcb_*.csv", bank: vcb'),
                   "ho-so": ("evidence-register", 'dir: "../in/evidence", match: "*.csv"')}
        for name, (connector, what) in sources.items():
            (folder / f"sources.d/{name}.yaml").write_text(source(name, connector, what, expect))
        key = folder / "secrets/person_key"
        key.write_bytes(b"0123456789abcdef0123456789abcdef")
        key.chmod(0o600)
        return province

    def figures(self, province, name, day, phones, folder="figures"):
        """Adults with a smartphone of 10 by place of the commune; 9 where nothing is said."""
        rows = "".join(f"{code},adults,{day},,,10\n{code},adults_with_smartphone,{day},,,{phones.get(place, 9)}\n"
                       f"{code},working_age,{day},,,{PEOPLE}\n" for place, code in enumerate(self.codes))
        return province.write(f"{folder}/{name}", HEADER + rows)

    def accounts(self, province, name, holders, places=None):
        """Account holders by place of the commune; 10 where nothing is said."""
        rows = "".join(f"{code},0010900{place:02}{person:03},AN,01/02/1990,TK,01/02/2023,ACTIVE\n"
                       for place, code in enumerate(self.codes) if places is None or place in places
                       for person in range(holders.get(place, PEOPLE)))
        return province.write(f"banks/{name}", BANK + rows)

    def register(self, province, name, state, age=3600):
        rows = "".join(f"{code},desk,inspection,1,2024-11-01,UBND,,{state.get(place, 'accepted')},,\n"
                       for place, code in enumerate(self.codes))
        return province.write(f"evidence/{name}", EVIDENCE + rows, age)

    def states(self, province, indicator):
        return [entry["status"] for unit in province.status()["units"] for entry in unit["indicators"] if entry["id"] == indicator]

    def held(self, province):
        """How many deliveries wait."""
        done = subprocess.run(["sqlite3", str(province.folder / "var/ntmd.db"), "SELECT count(*) FROM delivery WHERE standing = 2"],
                              capture_output=True, text=True)
        return int(done.stdout)

    def run_of(self, province, name):
        return json.loads(province.ntmd("runs", name, "--json").stdout)["runs"][0]

    def assert_held(self, province, name, indicator, flips, of, at_most):
        """The last run of the source says why; gives the delivery."""
        run = self.run_of(province, name)
        self.assertEqual(run["outcome"], "held", run)
        self.assertIn(f"{indicator} (small) of {flips} of {of} units, expected at most {at_most}", run["message"])
        self.assertIn("flips_max_pct", run["message"])
        self.assertIn("ntmd accept", run["message"])
        self.assertEqual(province.sources()[name]["outcome"], "held")
        return run["message"].split("delivery ")[1].split()[0]

    def test_a_file_that_flips_many_is_held_until_accepted(self):
        province = self.province(10)
        units = province.units()
        self.figures(province, "2.csv", "2024-12-10", {0: 1, 1: 1, 2: 1})
        self.assertEqual(province.once().returncode, 3)
        delivery = self.assert_held(province, "so-lieu", "phones", 3, 10, 2)
        self.assertEqual(units, province.units())
        self.assertEqual(province.once().returncode, 3, "it stays in sight as long as it waits")
        self.assertEqual(units, province.units())
        done = province.ntmd("accept", delivery, "--reason", "checked by phone")
        self.assertEqual(done.returncode, 0, done.stderr)
        expected = ["not_met"] * 3 + ["met"] * 7
        self.assertEqual(self.states(province, "phones"), expected)
        self.assertEqual(province.once().returncode, 0)
        self.assertEqual(self.states(province, "phones"), expected)
        self.assertEqual(province.ntmd("verify").returncode, 0)

    def test_a_held_file_that_is_retracted_changes_nothing_and_the_next_one_counts(self):
        province = self.province(10)
        units = province.units()
        self.figures(province, "2.csv", "2024-12-10", {place: 0 for place in range(10)})
        self.assertEqual(province.once().returncode, 3)
        delivery = self.assert_held(province, "so-lieu", "phones", 10, 10, 2)
        self.assertEqual(province.ntmd("retract", delivery, "--reason", "a wrong column").returncode, 0)
        self.assertEqual(units, province.units())
        self.figures(province, "3.csv", "2024-12-11", {0: 1})
        self.assertEqual(province.once().returncode, 0)
        self.assertEqual(self.states(province, "phones"), ["not_met"] + ["met"] * 9)

    def test_two_units_are_never_many_and_three_of_five_are(self):
        province = self.province(5)
        self.figures(province, "2.csv", "2024-12-10", {0: 1, 1: 1})
        self.assertEqual(province.once().returncode, 0)
        self.assertEqual(self.states(province, "phones"), ["not_met"] * 2 + ["met"] * 3)
        # Back and forth are both flips; that they are others than before does not matter.
        self.figures(province, "3.csv", "2024-12-11", {1: 1, 3: 1, 4: 1})
        self.assertEqual(province.once().returncode, 3)
        self.assert_held(province, "so-lieu", "phones", 3, 5, 2)

    def test_the_limit_is_a_share_of_the_units(self):
        province = self.province(40)
        self.figures(province, "2.csv", "2024-12-10", {place: 1 for place in range(4)})
        self.assertEqual(province.once().returncode, 0, "4 of 40 are 10 %, not more")
        self.figures(province, "3.csv", "2024-12-11", {place: 1 for place in range(9)})
        self.assertEqual(province.once().returncode, 3)
        self.assert_held(province, "so-lieu", "phones", 5, 40, 4)
        strict = self.province(40, "expect: {flips_max_pct: 0}\n")
        self.figures(strict, "2.csv", "2024-12-10", {place: 1 for place in range(3)})
        self.assertEqual(strict.once().returncode, 3)
        self.assert_held(strict, "so-lieu", "phones", 3, 40, 2)
        off = self.province(5, "expect: {flips_max_pct: 100}\n")
        self.figures(off, "2.csv", "2024-12-10", {place: 1 for place in range(5)})
        self.assertEqual(off.once().returncode, 0)
        self.assertEqual(self.states(off, "phones"), ["not_met"] * 5)

    def test_a_sources_first_delivery_is_never_held(self):
        province = self.province(10)
        (province.folder / "in/other").mkdir()
        (province.folder / "sources.d/another.yaml").write_text(
            source("another", "figures-csv", 'dir: "../in/other", match: "*.csv"'))
        self.figures(province, "1.csv", "2024-12-15", {place: 1 for place in range(10)}, folder="other")
        self.assertEqual(province.once().returncode, 0)
        self.assertEqual(self.states(province, "phones"), ["not_met"] * 10)
        self.figures(province, "2.csv", "2024-12-16", {}, folder="other")
        self.assertEqual(province.once().returncode, 3)
        self.assert_held(province, "another", "phones", 10, 10, 2)

    def test_what_others_brought_in_the_same_run_is_not_its_doing(self):
        province = self.province(10)
        self.figures(province, "2.csv", "2024-12-10", {0: 1, 1: 1})
        self.figures(province, "3.csv", "2024-12-11", {0: 1, 1: 1, 2: 1, 3: 1})
        self.accounts(province, "vcb_2024-12-10.csv", {4: 1, 5: 1})
        self.assertEqual(province.once().returncode, 0)
        self.assertEqual(self.states(province, "phones"), ["not_met"] * 4 + ["met"] * 6)
        self.assertEqual(self.states(province, "accounts"), ["met"] * 4 + ["not_met"] * 2 + ["met"] * 4)

    def test_unknown_is_no_flip(self):
        province = self.province(10)
        self.figures(province, "2.csv", "2024-12-10", {place: 11 for place in range(10)})  # more than there are adults
        self.assertEqual(province.once().returncode, 0)
        self.assertEqual(self.states(province, "phones"), ["error"] * 10)
        # What was known before counts on.
        self.figures(province, "3.csv", "2024-12-11", {place: 1 for place in range(10)})
        self.assertEqual(province.once().returncode, 3)
        self.assert_held(province, "so-lieu", "phones", 10, 10, 2)

    def test_a_bank_export_that_lacks_most_people_is_held(self):
        province = self.province(10)
        units = province.units()
        self.accounts(province, "vcb_2024-12-10.csv", {place: 2 for place in range(6)})
        self.assertEqual(province.once().returncode, 3)
        delivery = self.assert_held(province, "bank", "accounts", 6, 10, 2)
        self.assertEqual(units, province.units())
        self.assertEqual(province.once().returncode, 3)
        self.assertEqual(units, province.units())
        done = province.ntmd("accept", delivery, "--reason", "the bank closed branches")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.states(province, "accounts"), ["not_met"] * 6 + ["met"] * 4)
        self.assertEqual(province.once().returncode, 0)
        self.assertEqual(self.states(province, "accounts"), ["not_met"] * 6 + ["met"] * 4)
        # What is taken out again brings back what was there before, however much that changes.
        self.assertEqual(province.ntmd("retract", delivery, "--reason", "they had not").returncode, 0)
        self.assertEqual(self.states(province, "accounts"), ["met"] * 10)
        self.assertEqual(province.once().returncode, 0)

    def test_a_bank_export_in_several_files_is_judged_as_a_whole(self):
        province = self.province(10)
        for part in range(5):
            self.accounts(province, f"vcb_2024-12-10_{part}.csv", {}, places=(2 * part, 2 * part + 1))
        self.assertEqual(province.once().returncode, 0)
        self.assertEqual(self.states(province, "accounts"), ["met"] * 10)
        for part in range(4):
            self.accounts(province, f"vcb_2024-12-11_{part}.csv", {}, places=(part,))
        self.assertEqual(province.once().returncode, 0, "communes that no file names have no figure: unknown is no flip")
        for part in range(4):
            self.accounts(province, f"vcb_2024-12-12_{part}.csv", {place: 1 for place in range(10)}, places=range(part, 10, 4))
        self.assertEqual(province.once().returncode, 3)
        self.assert_held(province, "bank", "accounts", 10, 10, 2)
        self.assertEqual(self.held(province), 4)

    def test_a_register_that_rejects_much_is_held(self):
        province = self.province(10)
        units = province.units()
        self.register(province, "2.csv", {place: "rejected" for place in range(4)})
        self.assertEqual(province.once().returncode, 3)
        delivery = self.assert_held(province, "ho-so", "desk", 4, 10, 2)
        self.assertEqual(units, province.units())
        self.assertEqual(province.ntmd("accept", delivery, "--reason", "inspected again").returncode, 0)
        self.assertEqual(self.states(province, "desk"), ["not_met"] * 4 + ["met"] * 6)

    def test_killed_anywhere_while_it_judges_a_rerun_gives_the_same(self):
        self.assertTrue(pathlib.Path(KILL_AT).exists(), "the preloaded library is there")

        def prepared():
            province = self.province(10)
            self.figures(province, "2.csv", "2024-12-10", {place: 1 for place in range(9)})
            self.accounts(province, "vcb_2024-12-10_1.csv", {place: 1 for place in range(10)}, places=range(5))
            self.accounts(province, "vcb_2024-12-10_2.csv", {place: 1 for place in range(10)}, places=range(5, 10))
            return province

        whole = prepared()
        count = whole.home / "count"
        self.assertEqual(whole.once(env={"LD_PRELOAD": KILL_AT, "NTMD_COUNT_FILE": str(count)}).returncode, 3)
        calls, dump, units = int(count.read_text()), whole.dump(), whole.units()
        self.assertIn("it would flip", dump)
        for number in range(12):
            at = 1 + number * (calls - 1) // 11
            province = prepared()
            killed = province.once(env={"LD_PRELOAD": KILL_AT, "NTMD_KILL_AT": str(at)})
            self.assertEqual(killed.returncode, -signal.SIGKILL, f"call {at} of {calls}: {killed.stderr}")
            self.assertEqual(province.once().returncode, 3, f"call {at}")
            self.assertEqual(dump, province.dump(), f"call {at}")
            self.assertEqual(units, province.units(), f"call {at}")


if __name__ == "__main__":
    unittest.main()
