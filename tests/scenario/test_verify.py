"""`ntmd verify` sees every edit of what the verdicts rest on, and nothing where nothing was edited."""
import json
import sqlite3
import unittest

from province import Province

HEADER = "unit,element,as_of,period_start,period_end,value\n"
# What is edited, and what verify must say of it.
EDITS = [
    ("a figure as it was told", "UPDATE figure SET value = value + 1 WHERE delivery IS NOT NULL AND value > 0", "edited"),
    ("a counted figure", "UPDATE figure SET value = value + 1 WHERE delivery IS NULL", "edited"),
    ("the day of a figure", "UPDATE figure SET first_day = first_day - 1, last_day = last_day - 1 WHERE delivery IS NOT NULL", "edited"),
    ("a figure that was never told", "INSERT INTO figure SELECT element, unit, revision, 999999, first_day, last_day, value, missing, delivery,"
     " source, received, recorded FROM figure WHERE delivery IS NOT NULL LIMIT 1", "edited"),
    ("a figure that was never counted", "INSERT INTO figure SELECT element, unit, 999999, row_number, first_day, last_day, 1, missing, NULL,"
     " source, received, recorded FROM figure WHERE delivery IS NULL LIMIT 1", "never committed"),
    ("figures taken away", "DELETE FROM figure WHERE delivery IS NULL", "not there"),
    ("the state of a document", "UPDATE evidence SET state = 3 - state WHERE state < 3", "edited"),
    ("a confirmed number", "UPDATE evidence SET confirmed_value = confirmed_value + 1", "edited"),
    ("the standing of a delivery", "UPDATE delivery SET standing = 3 WHERE kind = 1", "standing"),
    ("the day of a delivery", "UPDATE delivery SET dated = dated - 1 WHERE kind = 3", "edited"),
    ("quarantine taken away", "DELETE FROM quarantine", "quarantine"),
    ("a refused row in other words", "UPDATE quarantine SET message = 'x'", "edited"),
    ("the ledger taken away", "DELETE FROM ledger", "ledger"),
    ("a ledger of other deliveries", "UPDATE ledger SET delivery = 'ffffffffffffffff'", "ledger"),
    ("an alert without words", "UPDATE alert SET body = ''", "alert"),
    ("a message without words", "UPDATE outbox SET body = ''", "message"),
    ("a verdict as it is told", "UPDATE verdict SET body = replace(body, '\"value\":', '\"value\":1')", "judged again"),
    ("verdicts taken away", "DELETE FROM verdict", "verdict"),
    ("a status", "UPDATE status SET state = 3 - state WHERE state < 3", "status"),
]


class Verify(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.whole = Province("1002")
        cls.whole.hold_nothing_for_flips()
        (cls.whole.folder / "alerts.yaml").write_text("channels:\n  - {id: nobody, kind: webhook, url: \"http://127.0.0.1:9/\"}\n"
                                                      "routes:\n  - {to: [nobody]}\n")
        # A row that is refused, and something that is lost, so that there is quarantine and a message that waits.
        cls.whole.write("figures/more.csv", HEADER + "07987,adults,2024-12-18,,,many\n")
        assert cls.whole.once().returncode in (0, 3)
        cls.whole.write("evidence/rejected.csv", (cls.whole.folder / "in/evidence/register.csv").read_text().replace("accepted", "rejected"), 60)
        assert cls.whole.once().returncode in (0, 3)

    @classmethod
    def tearDownClass(cls):
        cls.whole.close()

    def copy(self):
        province = self.whole.copy()
        self.addCleanup(province.close)
        return province

    def edit(self, province, sql):
        store = sqlite3.connect(province.folder / "var/ntmd.db", isolation_level=None)
        store.execute("PRAGMA foreign_keys = OFF")
        changed = store.execute(sql).rowcount
        store.close()
        return changed

    def test_nothing_edited_is_nothing_found(self):
        province = self.copy()
        done = province.ntmd("verify", "--json")
        self.assertEqual(done.returncode, 0, done.stdout)
        report = json.loads(done.stdout)
        self.assertEqual((report["differences"], report["notes"], report["without_digest"]), ([], [], 0))
        self.assertGreater(report["judged_again"], 5)

    def test_every_edit_is_seen(self):
        for what, sql, word in EDITS:
            with self.subTest(what):
                province = self.copy()
                self.assertGreater(self.edit(province, sql), 0, "nothing to edit")
                done = province.ntmd("verify")
                self.assertEqual(done.returncode, 4, what + ": " + done.stdout)
                self.assertIn(word, done.stdout, what)

    def test_a_figure_that_moves_a_verdict_is_named_with_unit_and_indicator(self):
        province = self.copy()
        self.edit(province, "UPDATE figure SET value = 1 WHERE unit = '07987' AND element = (SELECT id FROM element WHERE name = 'adults')")
        said = province.ntmd("verify").stdout
        self.assertRegex(said, r"07987 1\.1\.1: judged again from the store is .*adults 1\b.*, the last pass said ")

    def test_what_waits_for_the_next_pass_and_a_new_config_are_no_difference(self):
        province = self.copy()
        province.write("figures/new.csv", HEADER + "07987,adults_with_smartphone,2024-12-19,,,1\n")
        self.assertEqual(province.ntmd("sync", "so-lieu-xa").returncode in (0, 3), True)
        source = province.folder / "sources.d/so-lieu-xa.yaml"
        source.write_text(source.read_text().replace("error_after: 60d", "error_after: 31d"))
        (province.folder / "sources.d/bank-mb.yaml").unlink()
        criteria = province.folder / "xa-thong-minh-2024.yaml"
        criteria.write_text(criteria.read_text() + "\n# another one\n")
        done = province.ntmd("verify")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("wait for the next", done.stdout)
        with open(province.folder / "units.csv", "a") as units:
            units.write("99999,Xã Mới,xa,227,2020-01-01,\n")
        done = province.ntmd("verify")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("is not judged again", done.stdout)

    def test_an_accepted_and_a_retracted_delivery_are_as_recorded(self):
        province = self.copy()
        store = sqlite3.connect(province.folder / "var/ntmd.db")
        delivery = store.execute("SELECT id FROM delivery WHERE kind = 3 ORDER BY revision DESC LIMIT 1").fetchone()[0]
        store.close()
        self.assertEqual(province.ntmd("retract", delivery, "--reason", "a test").returncode, 0)
        done = province.ntmd("verify")
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
