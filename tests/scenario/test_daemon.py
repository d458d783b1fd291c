"""`ntmd run`: what the service manager, an operator and a broken world may ask of it."""
import json
import os
import re
import signal
import subprocess
import unittest

from daemon import BANK, HEADER, Daemon, DaemonCase, WallClock, content, wait
from province import differences

HOLD_AT = os.environ.get("NTMD_HOLD_AT_LIBRARY", "")


class Life(DaemonCase):
    def test_it_tells_the_service_manager_how_it_is(self):
        daemon = self.start(env={"WATCHDOG_USEC": "300000"})
        self.assertTrue(daemon.wait_for_notice("READY=1")[1], "it is ready when something is published, not before")
        self.assertEqual(daemon.get("/readyz"), (200, "ok\n"))
        self.assertEqual(daemon.get("/healthz")[0], 200)
        daemon.wait_for_notice("WATCHDOG=1", count=3)
        self.assertIn("5 sources", daemon.wait_for_notice("STATUS=")[0])
        self.assertEqual(daemon.stop(), 0, daemon.log())
        daemon.wait_for_notice("STOPPING=1")
        daemon.wait_for_line("daemon.stopped")
        self.assertEqual(self.faults_of(daemon), [])

    def test_what_it_publishes_is_what_run_once_publishes(self):
        clock = WallClock(self.province.home, "2024-12-20 12:00:00")
        daemon = self.start(env=clock.env())
        self.wait_for_polls(daemon)
        expected = json.loads((self.province.folder / "expected.json").read_text())
        wait(lambda: not list(differences(expected, self.province.status()["units"])), "the expected verdicts")
        published = self.province.folder / "public/sources.json"
        wait(lambda: {source["next_run"] for source in json.loads(published.read_text())["sources"]} == {"2024-12-20T06:00:00Z"},
             "all polled next on the hour; it is noon there")
        self.assertEqual(daemon.stop(), 0)
        whole = self.make_province()
        self.assertEqual(whole.once().returncode, 0)
        self.assertEqual(whole.units(), self.province.units())
        self.ask("verify")

    def test_interrupt_stops_it_too(self):
        self.assertEqual(self.start().stop(signal.SIGINT), 0)

    def test_a_load_that_is_stopped_in_its_middle_is_taken_up_again(self):
        rows = "".join(f"07987,02509{n:07},TRẦN THỊ {n},01/02/1990,TK,01/02/2023,ACTIVE\n" for n in range(60_000))
        for released in (True, False):
            province = self.make_province()
            whole = self.make_province()
            for each in (province, whole):
                each.hold_nothing_for_flips()
                self.drop("banks/vcb_2024-12-19.csv", BANK + rows, each)
            self.assertEqual(whole.once().returncode, 0)
            reached, go = province.home / "reached", province.home / "go"
            clock = WallClock(province.home, "2024-12-20 12:00:00")
            daemon = self.start(province, env={**clock.env(HOLD_AT), "NTMD_HOLD_NAME": "vcb_2024-12-19", "NTMD_HOLD_REACHED": str(reached),
                                               "NTMD_HOLD_GO": str(go)})
            wait(reached.exists, "the load is under way")
            daemon.process.send_signal(signal.SIGTERM)
            daemon.wait_for_line("daemon.stopping")
            if released:
                go.write_text("")
            self.assertEqual(daemon.stop(), 0, daemon.log())
            if released:
                daemon.wait_for_line("source=\"?bank-vcb.*outcome=\"?interrupted")
            else:
                self.assertIn("bank-vcb", daemon.wait_for_line("daemon.stop_forced"))
            self.assertEqual(province.once().returncode, 0)
            self.assertEqual([], list(differences(whole.units(), province.units())))
            self.assertEqual(content(whole), content(province))
            self.ask("verify", province=province)

    def test_an_interrupted_poll_is_made_up_for_at_the_next_start(self):
        rows = "".join(f"07987,02509{n:07},AN,01/02/1990,TK,01/02/2023,ACTIVE\n" for n in range(60_000))
        self.configure("0 * * * *", "0 0 1 1 *", "sources.d/bank-vcb.yaml")
        self.drop("banks/vcb_2024-12-19.csv", BANK + rows)
        reached, go = self.province.home / "reached", self.province.home / "go"
        daemon = self.start(env={"LD_PRELOAD": HOLD_AT, "NTMD_HOLD_NAME": "vcb_2024-12-19", "NTMD_HOLD_REACHED": str(reached),
                                 "NTMD_HOLD_GO": str(go)})
        wait(reached.exists, "the load is under way")
        daemon.process.send_signal(signal.SIGTERM)
        daemon.wait_for_line("daemon.stopping")
        go.write_text("")
        self.assertEqual(daemon.stop(), 0)
        again = self.start()
        again.wait_for_line("delivery.loaded.*vcb_2024-12-19")

    def test_killed_it_leaves_no_lock(self):
        daemon = self.start()
        self.wait_for_polls(daemon)
        self.assertEqual(daemon.stop(signal.SIGKILL), -signal.SIGKILL)
        self.assertIn(self.province.ntmd("run", "--once").returncode, (0, 3))
        again = self.start()
        self.assertEqual(again.stop(), 0)
        self.ask("verify")

    def test_a_second_one_and_a_run_beside_it_are_told_that_it_is_there(self):
        daemon = self.start()
        second = Daemon(self.province, ready=False)
        self.addCleanup(second.close)
        self.assertEqual(second.process.wait(timeout=60), 75, second.log())
        self.assertIn("ntmd.lock", second.log())
        self.ask("run", "--once", code=75)
        self.assertEqual(daemon.get("/readyz")[0], 200)
        # What only looks is not in its way.
        for command in (["status"], ["runs"], ["sources"], ["alerts"], ["quarantine", "list"], ["verify"], ["explain", "07987", "1.1.1"]):
            self.ask(*command)

    def test_it_does_not_listen_for_others_unless_told_so(self):
        self.configure("127.0.0.1:0", "0.0.0.0:0")
        daemon = Daemon(self.province, ready=False)
        self.addCleanup(daemon.close)
        self.assertEqual(daemon.process.wait(timeout=60), 2, daemon.log())
        wait(lambda: "allow_remote" in daemon.log(), "its reason")
        self.assertIn("allow_remote", self.ask("check", code=2).stdout)

    def test_a_folder_that_comes_by_its_schedule(self):
        clock = WallClock(self.province.home, "2024-12-20 12:30:00")
        daemon = self.start(env=clock.env())
        self.wait_for_polls(daemon)
        polls = len([line for line in daemon.lines if "source.polled" in line])
        self.assertEqual(polls, 5)
        self.drop("figures/later.csv", HEADER + "07987,schools,2024-12-20,,,77\n")
        clock.set("2024-12-20 12:59:57")
        wait(lambda: self.value("07987", "schools") == 77, "the file that came is judged")
        self.assertEqual(daemon.stop(), 0)

    def test_what_was_missed_while_it_was_away_is_done_once_at_the_start(self):
        self.configure("timezone: Asia/Ho_Chi_Minh}", "timezone: Asia/Ho_Chi_Minh, missed: skip}", "sources.d/bank-mb.yaml")
        clock = WallClock(self.province.home, "2024-12-20 12:30:00")
        self.assertEqual(self.province.once(env=clock.env()).returncode, 0)
        self.drop("figures/later.csv", HEADER + "07987,schools,2024-12-20,,,77\n")
        clock.set("2024-12-20 15:30:00")
        daemon = self.start(env=clock.env())
        wait(lambda: self.value("07987", "schools") == 77, "the file that came is judged")
        wait(lambda: len([line for line in daemon.lines if "source.polled" in line]) >= 4, "four sources")
        self.ask("sync", "bank-vcb")
        polled = sorted(re.search(r'source="?([\w-]+)', line).group(1) for line in daemon.lines if "source.polled" in line)
        self.assertEqual(polled, ["bank-vcb", "bank-vcb", "bank-viettelmoney", "ho-so", "so-lieu-xa"])

    def test_a_new_day_is_judged_when_it_begins(self):
        clock = WallClock(self.province.home, "2024-12-20 23:59:55")
        daemon = self.start(env=clock.env())
        self.assertEqual(self.province.status()["as_of"], "2024-12-20")
        wait(lambda: self.province.status()["as_of"] == "2024-12-21", "the next day")
        self.assertEqual(daemon.stop(), 0)

    def test_a_clock_that_is_set_back_a_day_is_told_and_survived(self):
        clock = WallClock(self.province.home, "2024-12-20 12:00:00")
        daemon = self.start(env=clock.env())
        self.wait_for_polls(daemon)
        wait(daemon.ready, "ready")
        units = self.province.units()
        clock.set("2024-12-19 12:00:00")
        self.assertIn("2024-12-19", self.ask("assess", code=3).stderr)
        self.assertIn("clock", wait(daemon.not_ready, "not ready"))
        self.assertEqual(self.province.status()["as_of"], "2024-12-20")
        self.assertEqual(self.province.units(), units)
        # A start in that state comes up and says the same: it is not ready, and no loop of restarts.
        self.assertEqual(daemon.stop(), 0)
        again = self.start(env=clock.env())
        self.assertIn("clock", wait(again.not_ready, "not ready"))
        self.drop("figures/later.csv", HEADER + "07987,schools,2024-12-20,,,77\n")
        self.ask("sync", "so-lieu-xa")
        clock.set("2024-12-20 13:00:00")
        self.ask("assess")
        self.assertTrue(again.ready())
        self.assertEqual(self.value("07987", "schools"), 77, "what came meanwhile is judged")
        self.assertEqual(again.stop(), 0)
        self.ask("verify")

    def test_a_day_in_the_future_is_told_and_taken_back(self):
        """Someone assessed 2036, or the clock was wrong at a start: judging goes on from today, by hand and on the record."""
        clock = WallClock(self.province.home, "2024-12-20 12:00:00")
        env = clock.env()
        ntmd = lambda *arguments: self.province.ntmd(*arguments, env=env)
        self.assertEqual(ntmd("run", "--once").returncode, 0)
        units = self.province.units()
        future = ntmd("assess", "--as-of", "2036-01-01")
        self.assertEqual(future.returncode, 0, future.stderr)
        self.assertIn("2036-01-01 is after today, 2024-12-20", future.stderr)
        self.assertNotEqual(self.province.units(), units)
        for command in (("run", "--once"), ("assess",)):
            stuck = ntmd(*command)
            self.assertEqual(stuck.returncode, 3, f"{command}: {stuck.stderr}")
            self.assertRegex(stuck.stderr, "error .*the last assessed day is 2036-01-01, expected none after today, 2024-12-20;.*--restart-from")
        self.assertEqual(ntmd("run", "--once", "--as-of", "2024-12-20").returncode, 0, "asked for, it only prints")

        for bad in (("2024-12-21", "--reason", "x"), ("2024-12-20",), ("2024-12-20", "--reason", " "), ("soon", "--reason", "x"),
                    ("2024-12-20", "--reason", "x", "--as-of", "2024-12-20")):
            refused = ntmd("assess", "--restart-from", *bad)
            self.assertEqual(refused.returncode, 2, f"{bad}: {refused.stderr}")
        self.assertEqual(self.province.status()["as_of"], "2036-01-01")
        back = ntmd("assess", "--restart-from", "2024-12-20", "--reason", "the clock of the host was wrong")
        self.assertEqual(back.returncode, 0, back.stderr)
        self.assertRegex(back.stderr, "assess.restarted from=2036-01-01 to=2024-12-20.*the clock of the host was wrong")
        self.assertEqual((self.province.status()["as_of"], self.province.units()), ("2024-12-20", units))
        self.assertEqual(ntmd("assess", "--restart-from", "2024-12-20", "--reason", "again").returncode, 2, "there is nothing to take back")
        alerts = json.loads(ntmd("alerts", "--json").stdout)["alerts"]
        self.assertEqual([alert for alert in alerts if alert["since"] > "2025"], [])
        stored = subprocess.run(["sqlite3", str(self.province.folder / "var/ntmd.db"), "SELECT value FROM meta WHERE name LIKE 'restart.%'"],
                                capture_output=True, text=True, check=True).stdout
        self.assertRegex(stored, "from 2036-01-01 back to 2024-12-20: the clock of the host was wrong")
        self.assertEqual(ntmd("run", "--once").returncode, 0)
        self.assertEqual(ntmd("verify").returncode, 0)

    def test_beside_a_daemon_a_day_in_the_future_is_taken_back_too(self):
        clock = WallClock(self.province.home, "2036-01-01 12:00:00")
        daemon = self.start(env=clock.env())
        self.wait_for_polls(daemon)
        clock.set("2024-12-20 12:00:00")
        self.ask("assess", code=3)
        self.assertIn("2036-01-01", wait(daemon.not_ready, "not ready"))
        self.ask("assess", "--restart-from", "2036-01-02", "--reason", "x", code=2)
        self.ask("assess", "--restart-from", "2024-12-20", "--reason", "the clock was wrong")
        self.assertEqual(self.province.status()["as_of"], "2024-12-20")
        wait(daemon.ready, "ready")
        self.assertEqual(daemon.stop(), 0)
        self.ask("verify")


if __name__ == "__main__":
    unittest.main()
