"""The store of a running daemon is removed or replaced, or its lock: nothing is written to where nobody looks."""
import os
import shutil
import unittest

from daemon import Daemon, DaemonCase, wait

STORE = ("ntmd.db", "ntmd.db-wal", "ntmd.db-shm")


class StorePlace(DaemonCase):
    def setUp(self):
        super().setUp()
        self.folder = self.province.folder / "var"
        self.assertIn(self.province.once().returncode, (0, 3))
        self.backup = self.province.home / "backup"
        self.backup.mkdir()
        shutil.copy(self.folder / "ntmd.db", self.backup)
        self.daemon = self.start()
        wait(self.daemon.ready, "ready")

    def assert_stopped(self):
        self.assertEqual(self.daemon.process.wait(timeout=60), 1, self.daemon.log())
        self.assertRegex(self.daemon.wait_for_line("daemon.broken"), "ntmd.db.*removed or replaced.*backup")
        self.assertNotIn("stop_forced", self.daemon.log())

    def test_a_store_that_is_taken_away_stops_it(self):
        away = self.province.home / "away"
        away.mkdir()
        for name in STORE:
            (self.folder / name).rename(away / name)
        self.assert_stopped()
        self.assertFalse([name for name in STORE if (self.folder / name).exists()], "it makes none anew")
        # What it had is whole.
        for name in STORE:
            if (away / name).exists():
                (away / name).rename(self.folder / name)
        again = self.start()
        self.assertEqual(again.stop(), 0)
        self.ask("verify")

    def test_an_older_copy_put_over_it_stops_it_and_nobody_waits(self):
        os.replace(self.backup / "ntmd.db", self.folder / "ntmd.db")
        self.assertNotEqual(self.province.ntmd("assess").returncode, 0)
        self.assert_stopped()

    def test_a_log_that_is_removed_stops_it(self):
        (self.folder / "ntmd.db-wal").unlink()
        self.assert_stopped()

    def test_without_its_lock_file_it_is_still_the_only_one(self):
        (self.folder / "ntmd.lock").unlink()
        for _ in range(2):  # the second finds the lock file of the first
            second = Daemon(self.province, ready=False)
            self.addCleanup(second.close)
            self.assertEqual(second.process.wait(timeout=60), 75, second.log())
        self.ask("run", "--once", code=75)
        self.ask("assess")  # by asking the daemon
        self.assertTrue(wait(self.daemon.ready, "ready"))
        self.assertEqual(self.daemon.stop(), 0)
        self.ask("verify")


if __name__ == "__main__":
    unittest.main()
