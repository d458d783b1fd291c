"""The commands that look and those that change: what they print, alone and beside a daemon, and what they say of what is not there."""
import hashlib
import json
import subprocess
import threading
import unittest

from daemon import HEADER, DaemonCase
from fake_portal import ROOT, FakePortal
from province import NTMD


class Commands(DaemonCase):
    def deliveries(self, *arguments):
        return json.loads(self.ask("runs", "--deliveries", "--json", *arguments).stdout)["deliveries"]

    def delivery(self, part):
        return next(each for each in self.deliveries() if each["part"] == part)

    def hold_one(self, part="held.csv"):
        rows = "07987,schools,2024-12-19,,,77\n" + "07987,schools,2024-12-19,,,x\n" * 3
        self.drop(f"figures/{part}", HEADER + rows)
        self.ask("sync", "so-lieu-xa", code=3)
        return self.delivery(part)["id"]

    def change_everything(self):
        """accept, replay and retract print one shape as JSON."""
        held = self.hold_one()
        accepted = json.loads(self.ask("accept", held[:12], "--reason", "asked them", "--json").stdout)
        self.assertEqual((accepted["delivery"]["id"], accepted["delivery"]["standing"]), (held, "in_force"))
        self.assertEqual(accepted["delivery"]["reason"], "asked them")
        self.assertIsInstance(accepted["statuses_changed"], int)
        replayed = json.loads(self.ask("quarantine", "replay", held, "--json").stdout)
        self.assertEqual(replayed["delivery"]["id"], held)
        self.assertEqual((replayed["statuses_changed"], "nothing is changed" in replayed["message"]), (0, True))
        retracted = json.loads(self.ask("retract", held, "--reason", "it was wrong", "--json").stdout)
        self.assertEqual((retracted["delivery"]["id"], retracted["delivery"]["standing"]), (held, "retracted"))
        self.assertIn(held, retracted["message"])
        again = self.hold_one("more.csv")
        self.assertIn("in_force", self.ask("accept", again, "--reason", "asked them").stdout, "as text it is a sentence")

    def test_what_changes_a_delivery_prints_json(self):
        self.assertEqual(self.province.once().returncode, 0)
        self.change_everything()

    def test_what_changes_a_delivery_prints_json_beside_a_daemon(self):
        daemon = self.start()
        self.wait_for_polls(daemon)
        self.change_everything()
        self.assertEqual(daemon.stop(), 0)

    def test_deliveries_are_listed_with_their_standing_rows_and_date(self):
        self.assertEqual(self.province.once().returncode, 0)
        held = self.hold_one()
        listed = self.deliveries()
        self.assertEqual(listed[0]["id"], held, "the last one first")
        self.assertEqual((listed[0]["standing"], listed[0]["loaded"], listed[0]["quarantined"]), ("held", 1, 3))
        runs = json.loads(self.ask("runs", "--json").stdout)["runs"]
        self.assertIn(listed[0]["run"], {run["id"] for run in runs})
        bank = self.deliveries("bank-vcb")
        self.assertEqual([(each["source"], each["part"], each["dated"]) for each in bank], [("bank-vcb", "vcb_2024-12-10.csv", "2024-12-10")])
        text = self.ask("runs", "--deliveries", "so-lieu-xa").stdout
        for part in (held, "held.csv", "figures-2024-12-19.csv", "in_force"):
            self.assertIn(part, text)
        self.assertNotIn("bank-vcb", text)
        self.assertEqual(len(self.deliveries("--limit", "2")), 2)

    def test_what_is_not_there_is_said(self):
        self.assertEqual(self.province.once().returncode, 0)
        for command, words in ((("runs", "so-lieu"), 'did you mean "so-lieu-xa"'), (("runs", "NOSUCH", "--deliveries"), "NOSUCH"),
                               (("quarantine", "show", "deadbeef00"), "deadbeef00"), (("quarantine", "list", "deadbeef00"), "deadbeef00"),
                               (("retract", "deadbeef00", "--reason", "x"), "ntmd runs --deliveries"),
                               (("quarantine", "replay", "deadbeef00"), "deadbeef00")):
            done = self.ask(*command, code=2)
            self.assertIn(words, done.stderr, command)
            self.assertEqual(done.stdout, "", command)
        (self.province.folder / "sources.d/so-lieu-xa.yaml").unlink()
        self.assertIn("so-lieu-xa", self.ask("runs", "so-lieu-xa").stdout, "one that was taken out has its runs still")

    def test_who_waits_for_a_slow_source_is_told_so_and_waits_as_long_as_it_may_take(self):
        portal = FakePortal([])
        self.addCleanup(portal.close)
        portal.fault = lambda request: lambda handler: portal.hang.wait(60)
        (self.province.folder / "sources.d/portal.yaml").write_text(
            f"id: portal\nconnector: portal-statistics\nwith: {{base_url: \"{portal.url}\", root: {ROOT}, time_type: month, scheme: portal}}\n"
            "schedule: {cron: \"0 0 29 2 *\", timezone: Asia/Ho_Chi_Minh, missed: skip, deadline: 20m}\n")
        daemon = self.start()
        asking = subprocess.Popen([NTMD, "--config", str(self.province.config), "sync", "portal"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True)
        self.addCleanup(asking.stderr.close)
        self.addCleanup(asking.wait)
        said = []
        reading = threading.Thread(target=lambda: said.append(asking.stderr.readline()))
        reading.start()
        reading.join(60)
        self.assertRegex("".join(said), "source portal is polled, which may take its deadline of 20 min; waiting up to 21 min")
        self.assertIsNone(asking.poll())
        self.assertEqual(daemon.stop(), 0)
        self.assertIn(asking.wait(timeout=30), (3, 75))

    CONNECTOR = ("fetch: {files: {dir: in}}\ndecode: {csv: {}}\nmap: {unit: {column: u, type: unit}, n: {column: n, type: integer}}\n"
                 "load: {figures: {unit: unit, values: {adults: n}, as_of: $date}}\n")
    TESTS = ('tests: [{name: one, today: 2024-12-20, file: {name: a.csv, text: "u,n\\n08515,5\\n"}, '
             "expect: {rows: {loaded: 1}}}]\n")

    def test_a_test_of_nothing_is_no_success(self):
        empty = self.province.home / "empty"
        empty.mkdir()
        self.assertIn("nothing to test", self.ask("test", str(empty), code=2).stderr)
        self.assertIn("nothing to test", self.ask("test", str(self.province.folder / "sources.d"), code=2).stderr, "all are of the catalogue")
        (empty / "broken").mkdir()
        (empty / "broken/connector.yaml").write_text("connector: broken\n" + self.CONNECTOR)
        self.assertIn("tests: there are none", self.ask("test", str(empty), code=2).stderr)
        (empty / "broken/connector.yaml").write_text("connector: broken\n" + self.CONNECTOR + self.TESTS)
        self.assertIn("1 passed, 0 failed", self.ask("test", str(empty)).stdout)

    def test_connectors_in_place_are_tested_with_the_others_of_the_config(self):
        in_place = "".join(f"  {line}\n" for line in self.CONNECTOR.splitlines())
        source = self.province.folder / "sources.d/own.yaml"
        source.write_text("id: own\nschedule: {cron: \"0 * * * *\", timezone: Asia/Ho_Chi_Minh}\nconnector:\n" + in_place)
        self.ask("check")
        self.assertIn("own.yaml:4:3: tests: there are none", self.ask("test", code=2).stderr)
        source.write_text(source.read_text() + "  " + self.TESTS)
        self.ask("check")
        self.assertIn(f"ok   {source}: one", self.ask("test").stdout)
        self.assertIn("1 passed, 0 failed", self.ask("test", str(source)).stdout)

    def test_where_a_manifest_is_required_a_file_waits_for_it(self):
        file = self.drop("figures/proven.csv", "u,n\n07987,5\n")
        in_place = "".join(f"  {line}\n" for line in self.CONNECTOR.replace("dir: in", "dir: ../in/figures, match: proven.csv")
                           .replace("decode", "verify: {manifest: required}\ndecode").splitlines())
        (self.province.folder / "sources.d/own.yaml").write_text(
            "id: own\nschedule: {cron: \"0 * * * *\", timezone: Asia/Ho_Chi_Minh}\nconnector:\n" + in_place + "  " + self.TESTS)
        waiting = self.ask("sync", "own").stdout
        self.assertIn("skipped", waiting)
        self.assertIn("proven.csv: waits for its manifest, expected proven.csv.sha256 beside it", waiting)
        manifest = file.with_name("proven.csv.sha256")
        manifest.write_text(hashlib.sha256(b"other").hexdigest())
        self.assertIn("as its manifest says", self.ask("sync", "own", code=3).stdout)
        manifest.write_text(hashlib.sha256(file.read_bytes()).hexdigest() + "  proven.csv\n")
        self.drop("figures/proven.csv", "u,n\n07987,5\n")
        self.assertIn(" ok ", self.ask("sync", "own").stdout)


if __name__ == "__main__":
    unittest.main()
