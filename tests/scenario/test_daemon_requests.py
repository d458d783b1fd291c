"""A running daemon and who asks of it: the command line, a reload, a source that hangs, a disk that is full."""
import json
import os
import re
import resource
import signal
import socket
import threading
import unittest

from daemon import BANK, HEADER, DaemonCase, wait
from fake_portal import ROOT

KILL_AT = os.environ.get("NTMD_KILL_AT_LIBRARY", "")


class Requests(DaemonCase):
    def setUp(self):
        super().setUp()
        self.daemon = self.start()
        self.wait_for_polls(self.daemon)

    def delivery(self, part):
        """The id of the delivery that a file became."""
        line = self.daemon.wait_for_line(f"delivery\\.(loaded|held).*{re.escape(part)}")
        return re.search(r'delivery="?([0-9a-f]+)', line).group(1)

    def test_sync_polls_now_and_what_came_is_judged(self):
        self.drop("figures/more.csv", HEADER + "07987,schools,2024-12-19,,,77\n")
        self.assertIn("so-lieu-xa", self.ask("sync", "so-lieu-xa").stdout)
        wait(lambda: self.value("07987", "schools") == 77, "it is judged")
        self.assertIn("unchanged", self.ask("sync", "so-lieu-xa").stdout)

    def test_sync_prints_the_run_as_it_does_alone(self):
        alone = self.make_province()
        self.assertEqual(alone.once().returncode, 0)
        keys = lambda done: sorted(json.loads(done.stdout)["runs"][0])
        beside = self.ask("sync", "so-lieu-xa", "--json")
        self.assertEqual(keys(beside), keys(self.ask("sync", "so-lieu-xa", "--json", province=alone)))
        self.assertEqual(json.loads(beside.stdout)["runs"][0]["source"], "so-lieu-xa")

    def test_assess_prints_the_verdicts_as_it_does_alone(self):
        beside = json.loads(self.ask("assess", "--json").stdout)
        self.assertEqual([unit["code"] for unit in beside["units"]], [unit["code"] for unit in self.province.status()["units"]])
        self.assertIn("Hy Cương" if "Hy Cương" in json.dumps(beside, ensure_ascii=False) else beside["units"][0]["name"],
                      self.ask("assess").stdout)

    def test_a_source_that_fails_or_is_unknown_is_said_by_the_exit_code(self):
        bad = self.drop("figures/bad.csv", "no header of ours\n")
        self.assertIn("refused", self.ask("sync", "so-lieu-xa", code=3).stdout + self.ask("sync", "so-lieu-xa", code=3).stderr)
        bad.unlink()
        self.ask("sync", "so-lieu-xa")
        self.assertIn("did you mean", self.ask("sync", "so-lieu", code=2).stderr)
        # One that the command line's config has and the daemon does not know of yet.
        text = (self.province.folder / "sources.d/so-lieu-xa.yaml").read_text()
        (self.province.folder / "sources.d/new.yaml").write_text(text.replace("so-lieu-xa", "new"))
        self.assertIn("SIGHUP", self.ask("sync", "new", code=2).stderr)

    def test_accept_and_retract_through_it(self):
        rows = "07987,schools,2024-12-19,,,77\n" + "07987,schools,2024-12-19,,,x\n" * 3
        self.drop("figures/held.csv", HEADER + rows)
        self.ask("sync", "so-lieu-xa", code=3)
        held = self.delivery("held.csv")
        self.assertNotEqual(self.value("07987", "schools"), 77)
        self.assertIn("held", self.ask("sync", "so-lieu-xa", code=3).stdout, "it stays in sight")
        self.ask("accept", held, "--reason", "asked them, by phone")
        self.assertEqual(self.value("07987", "schools"), 77, "an answer comes after the publication")
        self.assertIn("in_force", self.ask("accept", held, "--reason", "again", code=2).stderr)
        self.ask("retract", held[:10], "--reason", "it was wrong \"after all\"")
        self.assertNotEqual(self.value("07987", "schools"), 77)
        self.ask("accept", "0123456789", "--reason", "why", code=2)
        self.ask("retract", "0123456789", "--reason", "why", code=2)
        self.ask("sync", "so-lieu-xa")
        self.ask("verify")

    def test_requests_at_once_are_all_answered(self):
        codes = []
        asking = [threading.Thread(target=lambda: codes.append(self.province.ntmd("sync", source).returncode))
                  for source in ("so-lieu-xa", "bank-vcb", "so-lieu-xa", "ho-so", "so-lieu-xa")]
        asking.append(threading.Thread(target=lambda: codes.append(self.province.ntmd("assess").returncode)))
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        self.assertEqual(codes, [0] * len(asking))

    def test_who_asks_a_daemon_that_is_gone_is_not_left_waiting(self):
        self.daemon.process.send_signal(signal.SIGSTOP)
        done = []
        asking = threading.Thread(target=lambda: done.append(self.province.ntmd("sync", "so-lieu-xa")))
        asking.start()
        store = f"file:{self.province.folder}/var/ntmd.db?mode=ro"
        import sqlite3
        database = sqlite3.connect(store, uri=True)
        self.addCleanup(database.close)
        wait(lambda: database.execute("SELECT count(*) FROM request WHERE answer = ''").fetchone()[0], "the request")
        self.daemon.process.kill()
        asking.join()
        self.assertEqual(done[0].returncode, 75, done[0].stderr)
        # And nobody does later what was given up.
        again = self.start()
        self.ask("assess")
        self.assertFalse([line for line in again.lines if "request.taken" in line and "sync" in line])


class Reload(DaemonCase):
    def test_a_config_with_faults_changes_nothing_and_every_fault_is_logged(self):
        daemon = self.start()
        self.wait_for_polls(daemon)
        units = self.province.units()
        good = {name: (self.province.folder / name).read_text() for name in ("ntmd.yaml", "sources.d/ho-so.yaml", "sources.d/bank-mb.yaml")}
        self.configure("language: vi", "langauge: vi")
        daemon.hang_up()
        daemon.wait_for_line("config.fault.*ntmd.yaml:2:1.*langauge.*did you mean")
        daemon.wait_for_line("config.kept")
        (self.province.folder / "ntmd.yaml").write_text(good["ntmd.yaml"])
        self.configure("0 * * * *", "61 * * * *", "sources.d/ho-so.yaml")
        self.configure("bank-accounts-csv", "bank-acounts-csv", "sources.d/bank-mb.yaml")
        daemon.hang_up()
        daemon.wait_for_line("config.fault.*ho-so.yaml:4:")
        daemon.wait_for_line("config.fault.*bank-mb.yaml:2:")
        daemon.wait_for_line("config.kept", count=2)
        self.assertTrue(daemon.ready())
        for name, text in good.items():
            (self.province.folder / name).write_text(text)
        self.ask("sync", "ho-so")
        self.assertEqual(units, self.province.units())
        self.assertEqual(daemon.stop(), 0)

    def test_a_config_without_faults_counts_whole(self):
        daemon = self.start()
        self.wait_for_polls(daemon)
        self.assertEqual(self.value("07987", "schools"), self.value("07987", "schools"))
        text = (self.province.folder / "sources.d/so-lieu-xa.yaml").read_text()
        (self.province.folder / "in/more").mkdir()
        self.drop("more/a.csv", HEADER + "07987,schools,2024-12-19,,,77\n")
        (self.province.folder / "sources.d/more.yaml").write_text(text.replace("id: so-lieu-xa", "id: more").replace("../in/figures", "../in/more"))
        (self.province.folder / "sources.d/bank-viettelmoney.yaml").unlink()
        self.configure("at_least: 100%}\n        evidence: [confirm_commune]", "at_least: 1%}\n        evidence: [confirm_commune]",
                       "xa-thong-minh-2024.yaml")
        daemon.hang_up()
        daemon.wait_for_line("config.reloaded")
        daemon.wait_for_line("source.polled.*source=\"?more\\b")
        wait(lambda: "more" in self.province.sources() and self.province.sources()["more"]["outcome"], "the new source is published")
        self.assertNotIn("bank-viettelmoney", self.province.sources())
        thresholds = {i["threshold"] for u in self.province.units() for i in u["indicators"] if i["id"] == "1.1.2"}
        self.assertEqual(thresholds, {"1"})
        notices = [notice[0] for notice in daemon.notices]
        self.assertLess(notices.index("RELOADING=1"), len(notices) - 1 - notices[::-1].index("READY=1"))
        self.assertTrue(any(notice.startswith("MONOTONIC_USEC=") for notice in notices))
        self.assertEqual(daemon.stop(), 0)
        self.ask("verify")

    def test_the_folders_stay_where_they_are_until_a_restart(self):
        daemon = self.start()
        self.wait_for_polls(daemon)
        for old, new in (("data_dir: var", "data_dir: elsewhere"), ("publish_dir: public", "publish_dir: elsewhere")):
            self.configure(old, new)
            daemon.hang_up()
            daemon.wait_for_line("config.fault.*restart", count=1 if "data" in old else 2)
            self.configure(new, old)
        self.assertFalse((self.province.folder / "elsewhere").exists())
        self.ask("sync", "ho-so")
        self.assertEqual(daemon.stop(), 0)

    def test_the_server_moves_with_its_address(self):
        daemon = self.start()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.configure("127.0.0.1:0", f"127.0.0.1:{port}")
        daemon.hang_up()
        daemon.wait_for_line("config.reloaded")
        wait(lambda: socket.create_connection(("127.0.0.1", port), 5).close() is None, "the new address")
        # One that is taken: what listens goes on listening.
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            self.configure(f"127.0.0.1:{port}", f"127.0.0.1:{taken.getsockname()[1]}")
            daemon.hang_up()
            daemon.wait_for_line("config.(fault|kept)")
            self.ask("sync", "ho-so")
            socket.create_connection(("127.0.0.1", port), 5).close()
        self.assertEqual(daemon.stop(), 0)

    def test_many_reloads_in_a_row_and_a_stop_in_one(self):
        daemon = self.start()
        for _ in range(10):
            daemon.hang_up()
        daemon.wait_for_line("config.reloaded")
        daemon.hang_up()
        self.assertEqual(daemon.stop(), 0)
        self.ask("verify")


class BrokenWorld(DaemonCase):
    def test_a_server_that_never_answers_is_in_nobodys_way(self):
        silent = socket.socket()
        self.addCleanup(silent.close)
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for number in range(4):  # more than there are workers
            (self.province.folder / f"sources.d/portal-{number}.yaml").write_text(
                f"id: portal-{number}\nconnector: portal-statistics\nwith: {{base_url: \"{url}\", root: {ROOT}, time_type: month, scheme: portal}}\n"
                "schedule: {cron: \"0 * * * *\", timezone: Asia/Ho_Chi_Minh}\n")
        daemon = self.start()
        silent.settimeout(30)
        asked, _ = silent.accept()
        self.addCleanup(asked.close)
        for source in ("bank-mb", "bank-vcb", "bank-viettelmoney", "ho-so", "so-lieu-xa"):
            daemon.wait_for_line(f"source.polled.*source=\"?{source}\\b")
        self.drop("figures/more.csv", HEADER + "07987,schools,2024-12-19,,,77\n")
        self.ask("sync", "so-lieu-xa")
        wait(lambda: self.value("07987", "schools") == 77, "the others are judged")
        self.assertEqual(daemon.stop(), 0, daemon.log())
        self.assertNotIn("stop_forced", daemon.log())
        self.assertEqual(json.loads(self.ask("runs", "portal-0", "--json").stdout)["runs"][0]["outcome"], "interrupted")

    def test_a_full_disk_is_said_and_it_goes_on_when_there_is_room(self):
        daemon = self.start()
        self.wait_for_polls(daemon)
        self.assertTrue(daemon.ready())
        units = self.province.units()
        rows = "".join(f"07987,02509{n:07},AN,01/02/1990,TK,01/02/2023,ACTIVE\n" for n in range(30_000))
        unlimited = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (4096, unlimited[1]))
        self.drop("banks/vcb_2024-12-19.csv", BANK + rows)
        done = []
        asking = threading.Thread(target=lambda: done.append(self.province.ntmd("sync", "bank-vcb")))
        asking.start()
        self.assertIn("disk full", wait(daemon.not_ready, "not ready"))
        self.assertEqual(units, self.province.units())
        self.assertIsNone(daemon.process.poll())
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, unlimited)
        asking.join()  # there was no room for the answer either; now there is
        self.assertIn(done[0].returncode, (1, 3), done[0].stdout + done[0].stderr)
        self.assertEqual(len([line for line in daemon.lines if "request.taken" in line]), 1)
        self.ask("sync", "bank-vcb")
        wait(daemon.ready, "ready again")
        wait(lambda: (self.value("07987", "account_holders") or 0) >= 30_000, "the load is judged")
        self.assertEqual(daemon.stop(), 0)
        self.ask("verify")

    def test_after_a_failed_sync_nothing_is_trusted_and_a_new_start_is_whole(self):
        broken = self.province.home / "broken"
        daemon = self.start(env={"LD_PRELOAD": KILL_AT, "NTMD_FAIL_SYNC": str(broken)})
        self.wait_for_polls(daemon)
        wait(daemon.ready, "ready")
        broken.write_text("")
        self.drop("figures/more.csv", HEADER + "07987,schools,2024-12-19,,,77\n")
        done = self.province.ntmd("sync", "so-lieu-xa")
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertNotIn(daemon.process.wait(timeout=60), (0, None), daemon.log())
        daemon.wait_for_line("daemon.broken")
        broken.unlink()
        again = self.start()
        self.ask("sync", "so-lieu-xa")
        wait(lambda: self.value("07987", "schools") == 77, "it is judged")
        self.assertEqual(again.stop(), 0)
        self.ask("verify")

    def test_the_log_is_json_lines_with_ids_and_its_file_is_rotated(self):
        text = self.province.config.read_text()
        self.province.config.write_text(text + "log: {format: json, level: debug, file: log/ntmd.log, rotate_bytes: 4KiB, keep_files: 3}\n")
        (self.province.folder / "log").mkdir()
        daemon = self.start()
        wait(lambda: sum(line.get("event") == "source.polled" for line in daemon.json_lines()) >= 5, "five polls")
        for _ in range(30):
            self.ask("sync", "ho-so")
        self.assertEqual(daemon.stop(), 0)
        lines = daemon.json_lines()
        for line in lines:
            self.assertLessEqual({"ts", "level", "event"}, line.keys(), line)
        runs = {line["run"] for line in lines if line["event"] == "source.polled"}
        loaded = [line for line in lines if line["event"] == "delivery.loaded"]
        self.assertEqual(len(loaded), 5)
        for line in loaded:
            self.assertIn(line["run"], runs)
            self.assertRegex(line["delivery"], "^[0-9a-f]{32}$")
        files = sorted(file.name for file in (self.province.folder / "log").iterdir())
        self.assertGreater(len(files), 1)
        self.assertLessEqual(len(files), 4)
        written = "".join((self.province.folder / "log" / name).read_text() for name in files)
        for line in written.splitlines():
            json.loads(line)


if __name__ == "__main__":
    unittest.main()
