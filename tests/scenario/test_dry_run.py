"""`sync --dry-run`: what would be loaded is shown, and nothing is written."""
import json
import unittest

from daemon import BANK, HEADER, DaemonCase, WallClock
from fake_portal import ROOT, FakePortal


class DryRun(DaemonCase):
    def files(self):
        """Every file and folder of the province, with its bytes and the time it was changed at."""
        return {str(file.relative_to(self.province.folder)): (file.stat().st_mtime_ns, file.read_bytes() if file.is_file() else None)
                for file in self.province.folder.rglob("*")}

    def dry_run(self, source, code=0):
        """The answer as JSON, the one as text held against it; nothing is written."""
        before = self.files()
        done = self.ask("sync", source, "--dry-run", "--json", code=code)
        text = self.ask("sync", source, "--dry-run", code=code).stdout
        self.assertEqual(before, self.files())
        told = json.loads(done.stdout)
        self.assertIn(told["runs"][0]["outcome"], text)
        for delivery in told["deliveries"]:
            self.assertIn(delivery["part"], text)
        return told, text

    def test_on_a_fresh_province_it_shows_what_would_be_loaded_and_makes_nothing(self):
        (self.province.folder / "secrets/person_key").unlink()
        told, text = self.dry_run("so-lieu-xa")
        self.assertFalse((self.province.folder / "var").exists())
        loaded = self.ask("sync", "so-lieu-xa", "--json").stdout
        self.assertEqual(told["runs"][0]["loaded"], json.loads(loaded)["runs"][0]["loaded"])
        delivery = told["deliveries"][0]
        self.assertEqual(delivery["part"], "figures-2024-12-19.csv")
        self.assertEqual(sum(group["rows"] for group in delivery["loads"]), delivery["loaded"])
        adults = next(group for group in delivery["loads"] if group["what"] == "adults")
        self.assertGreater(adults["total"], adults["units"])
        self.assertTrue(delivery["sample"])
        self.assertIn(delivery["sample"][0]["unit"], text)

    def test_people_are_counted_and_evidence_is_listed(self):
        people = self.dry_run("bank-vcb")[0]["deliveries"][0]
        self.assertEqual([(group["what"], group["units"] > 0) for group in people["loads"]], [("account_holders", True)])
        self.assertEqual(people["dated"], "2024-12-10")
        evidence = self.dry_run("ho-so")[0]["deliveries"][0]
        self.assertTrue(all(group["total"] is None for group in evidence["loads"]))
        self.assertTrue(evidence["sample"])

    def test_what_is_refused_or_would_be_held_is_said(self):
        self.drop("figures/more.csv", HEADER + "07987,schools,2024-12-19,,,77\n" + "07987,schools,2024-12-19,,,x\n" * 3)
        self.drop("figures/none.csv", "no header of ours\n")
        told, text = self.dry_run("so-lieu-xa", code=3)
        held = next(delivery for delivery in told["deliveries"] if delivery["part"] == "more.csv")
        self.assertEqual(held["standing"], "held")
        self.assertIn("quarantine", held["reason"])
        self.assertEqual([row["line"] for row in held["refused"]], [3, 4, 5])
        self.assertEqual(told["refused_files"], ["none.csv"])
        self.assertIn("none.csv: would be refused whole", text)
        self.assertIn("line 3", text)

    def test_nothing_personal_is_shown(self):
        self.drop("banks/vcb_2024-12-11.csv", BANK + "07987,025090777777,CANARYNAME,01/02/1990,TK,01/02/2023,ACTIVE\n"
                  + "07987,025090777777X,CANARYNAME,01/02/1990,TK,01/02/2023,ACTIVE\n")
        told, text = self.dry_run("bank-vcb")
        self.assertNotIn("CANARYNAME", text + json.dumps(told))
        self.assertNotIn("025090777777", text + json.dumps(told))

    def test_it_knows_what_the_store_knows(self):
        self.ask("sync", "so-lieu-xa")
        told, _ = self.dry_run("so-lieu-xa")
        self.assertEqual((told["runs"][0]["outcome"], told["deliveries"]), ("unchanged", []))
        self.drop("figures/more.csv", HEADER + "07987,schools,2024-12-19,,,77\n")
        told, _ = self.dry_run("so-lieu-xa")
        self.assertEqual([delivery["part"] for delivery in told["deliveries"]], ["more.csv"])
        # The same bytes again: a delivery that is known.
        self.ask("sync", "so-lieu-xa")
        file = self.province.folder / "in/figures/more.csv"
        file.write_text(file.read_text())
        self.age_files(self.province)
        told, _ = self.dry_run("so-lieu-xa")
        self.assertEqual([(delivery["part"], delivery["known"]) for delivery in told["deliveries"] if delivery["part"] == "more.csv"],
                         [("more.csv", True)])

    def test_a_portal_is_asked_for_what_a_sync_would_ask(self):
        codes = {"07987": "H44.101", "07996": "H44.102"}
        portal = FakePortal(list(codes.values()))
        self.addCleanup(portal.close)
        for month in (1, 2, 3, 4):
            portal.months[(2024, month)] = {alias: (100, 90) for alias in codes.values()}
        (self.province.folder / "aliases.csv").write_text("scheme,alias,code,valid_from,valid_to\n" +
                                                          "".join(f"portal,{alias},{code},2020-01-01,\n" for code, alias in codes.items()))
        (self.province.folder / "sources.d/portal.yaml").write_text(
            f"id: portal\nconnector: portal-statistics\nwith: {{base_url: \"{portal.url}\", root: {ROOT}, time_type: month, scheme: portal}}\n"
            "schedule: {cron: \"10 */2 * * *\", timezone: Asia/Ho_Chi_Minh}\n")
        env = WallClock(self.province.home, "2024-05-02 12:00:00").env()

        def parts():
            before = self.files()
            done = self.province.ntmd("sync", "portal", "--dry-run", "--json", env=env)
            self.assertEqual((done.returncode, before), (0, self.files()), done.stdout + done.stderr)
            return [delivery["part"] for delivery in json.loads(done.stdout)["deliveries"]]
        self.assertEqual(parts(), ["2024-01", "2024-02", "2024-03", "2024-04"])
        self.assertEqual(self.province.ntmd("sync", "portal", env=env).returncode, 0)
        self.assertEqual(parts(), ["2024-03", "2024-04"], "the cursor is used")

    def test_beside_a_daemon_it_works_and_leaves_it_alone(self):
        daemon = self.start()
        self.wait_for_polls(daemon)
        self.drop("figures/more.csv", HEADER + "07987,schools,2024-12-19,,,77\n")
        told = json.loads(self.ask("sync", "so-lieu-xa", "--dry-run", "--json").stdout)
        self.assertEqual([delivery["part"] for delivery in told["deliveries"]], ["more.csv"])
        self.assertEqual(json.loads(self.ask("sync", "so-lieu-xa", "--json").stdout)["runs"][0]["loaded"], 1)
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
