"""Every decision names what made the status change: which delivery, document, rule, setting or word, or time alone."""
import json
import sqlite3
import unittest

import test_guard
from test_guard import BANK, source


class Causes(unittest.TestCase):
    province = test_guard.Guard.province
    empty = test_guard.Guard.empty
    figures = test_guard.Guard.figures
    accounts = test_guard.Guard.accounts
    register = test_guard.Guard.register
    states = test_guard.Guard.states

    def setUp(self):
        self.seen = 0

    def query(self, province, sql, *arguments):
        store = sqlite3.connect(province.folder / "var/ntmd.db", isolation_level=None)
        try:
            return store.execute(sql, arguments).fetchall()
        finally:
            store.close()

    def delivery(self, province, part):
        """The newest of that file."""
        return self.query(province, "SELECT id FROM delivery WHERE part = ? ORDER BY revision DESC LIMIT 1", part)[0][0]

    def causes(self, province):
        """Of the decisions since the last call, first verdicts left out: (unit, indicator, kind, ids)."""
        rows = self.query(province, "SELECT seq, body FROM decision WHERE seq > ? ORDER BY seq", self.seen)
        self.seen = rows[-1][0] if rows else self.seen
        bodies = [json.loads(body) for _, body in rows]
        self.assertEqual(province.ntmd("verify").returncode, 0)
        return [(body["unit"], body["indicator"], body["cause"], body["cause_ids"]) for body in bodies if body["cause"] != "first"]

    def start(self, communes=20):
        province = self.province(communes)
        self.causes(province)
        return province

    def run_once(self, province, *day, code=0):
        done = province.once(*day)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)

    def test_of_many_deliveries_in_one_run_each_decision_names_its_own(self):
        province = self.start()
        self.figures(province, "2.csv", "2024-12-10", {3: 1})
        self.accounts(province, "vcb_2024-12-10.csv", {3: 1})
        self.register(province, "2.csv", {3: "rejected"})
        self.run_once(province)
        unit = self.codes[3]
        self.assertEqual(self.causes(province), [
            (unit, "accounts", "delivery", [self.delivery(province, "vcb_2024-12-10.csv")]),
            (unit, "desk", "evidence", [self.query(province, "SELECT id FROM delivery WHERE part = '2.csv' AND kind = 2")[0][0]]),
            (unit, "phones", "delivery", [self.query(province, "SELECT id FROM delivery WHERE part = '2.csv' AND kind = 1")[0][0]])])

    def test_a_first_verdict_names_what_it_rests_on(self):
        province = self.province(3)
        rows = self.query(province, "SELECT body FROM decision WHERE indicator = 'accounts'")
        for (body,) in rows:
            self.assertEqual(json.loads(body)["cause"], "first")
            self.assertEqual(sorted(json.loads(body)["cause_ids"]),
                             sorted([self.delivery(province, "vcb_2024-12-01.csv"),
                                     self.query(province, "SELECT id FROM delivery WHERE part = '1.csv' AND kind = 1")[0][0]]))

    def two_banks(self):
        province = self.empty(20, "")
        (province.folder / "sources.d/other.yaml").write_text(
            source("other", "bank-accounts-csv", 'dir: "../in/banks", match: "mb_*.csv", bank: mb'))
        self.figures(province, "1.csv", "2024-12-01", {})
        self.register(province, "1.csv", {}, age=7200)
        self.accounts(province, "vcb_2024-12-01.csv", {}, places=range(10))
        rows = "".join(f"{code},0010901{place:02}{person:03},AN,01/02/1990,TK,01/02/2023,ACTIVE\n"
                       for place, code in enumerate(self.codes) if place >= 10 for person in range(10))
        province.write("banks/mb_2024-12-02.csv", BANK + rows)
        self.run_once(province)
        self.causes(province)
        return province

    def test_a_bank_export_that_is_taken_out_is_named_and_no_other_bank(self):
        province = self.two_banks()
        self.assertEqual(set(self.states(province, "accounts")), {"met"})
        taken = self.delivery(province, "mb_2024-12-02.csv")
        done = province.ntmd("retract", taken, "--reason", "of another province")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.causes(province), [(code, "accounts", "retract", [taken]) for code in self.codes[10:]])

    def test_what_comes_back_because_a_newer_one_was_taken_out_is_a_retraction(self):
        province = self.start()
        self.accounts(province, "vcb_2024-12-10.csv", {3: 1})
        self.figures(province, "2.csv", "2024-12-10", {3: 1})
        self.run_once(province)
        self.causes(province)
        bank = self.delivery(province, "vcb_2024-12-10.csv")
        self.assertEqual(province.ntmd("retract", bank, "--reason", "wrong").returncode, 0)
        self.assertEqual(self.causes(province), [(self.codes[3], "accounts", "retract", [bank])])
        figures = self.delivery(province, "2.csv")
        self.assertEqual(province.ntmd("retract", figures, "--reason", "wrong").returncode, 0)
        self.assertEqual(self.causes(province), [(self.codes[3], "phones", "retract", [figures])])

    def test_what_someone_accepts_is_named_as_accepted(self):
        province = self.start(10)
        bad = {0: 1, 1: 1, 2: 1}
        self.figures(province, "2.csv", "2024-12-10", bad)
        self.accounts(province, "vcb_2024-12-10.csv", bad)
        self.register(province, "2.csv", {0: "rejected", 1: "rejected", 2: "rejected"})
        self.run_once(province, code=3)
        self.assertEqual(self.causes(province), [])
        for kind, indicator in ((1, "phones"), (2, "desk"), (3, "accounts")):
            held = self.query(province, "SELECT id FROM delivery WHERE standing = 2 AND kind = ?", kind)[0][0]
            done = province.ntmd("accept", held, "--reason", "checked")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.causes(province), [(code, indicator, "accept", [held]) for code in self.codes[:3]])

    def test_a_changed_rule_is_named_by_its_hash(self):
        province = self.start(5)
        criteria = province.folder / "small.yaml"
        criteria.write_text(criteria.read_text().replace("[adults_with_smartphone, adults], at_least: 85%", "[adults_with_smartphone, adults], at_least: 95%"))
        self.accounts(province, "vcb_2024-12-10.csv", {3: 1})
        self.run_once(province)
        causes = self.causes(province)
        sha256 = province.status()["criteria"][0]["sha256"]
        self.assertEqual([each for each in causes if each[1] == "phones"], [(code, "phones", "rule", [sha256]) for code in self.codes])
        self.assertEqual([each for each in causes if each[1] == "accounts"],
                         [(self.codes[3], "accounts", "delivery", [self.delivery(province, "vcb_2024-12-10.csv")])],
                         "a rule that changed elsewhere is not what made this one fall")

    def test_time_alone_and_a_changed_limit_are_told_apart(self):
        province = self.start(3)
        self.run_once(province, "2026-01-20")
        causes = self.causes(province)
        self.assertEqual(set(each[1:3] for each in causes), {("phones", "clock"), ("accounts", "clock")})
        self.assertEqual([each[3] for each in causes], [[]] * 6)

        file = province.folder / "sources.d/so-lieu.yaml"
        file.write_text(file.read_text().replace("error_after: 400d", "error_after: 500d"))
        self.run_once(province, "2026-01-21")
        self.assertEqual(self.causes(province), [(code, "phones", "config", ["so-lieu"]) for code in self.codes])

    def test_a_source_that_is_removed_and_added_again_is_a_setting(self):
        for name, indicator in (("so-lieu", "phones"), ("ho-so", "desk"), ("bank", "accounts")):
            with self.subTest(name):
                self.setUp()
                province = self.start(3)
                file = province.folder / f"sources.d/{name}.yaml"
                text = file.read_text()
                file.unlink()
                self.run_once(province)
                causes = [each for each in self.causes(province) if each[1] == indicator]
                self.assertEqual(causes, [(code, indicator, "config", [name]) for code in self.codes])
                file.write_text(text)
                done = province.ntmd("assess", "--as-of", "2024-12-20")
                self.assertEqual(done.returncode, 0, done.stderr)
                causes = [each for each in self.causes(province) if each[1] == indicator]
                self.assertEqual(causes, [(code, indicator, "config", [name]) for code in self.codes])


if __name__ == "__main__":
    unittest.main()
