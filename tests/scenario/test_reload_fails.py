"""A reload that cannot be had changes nothing: the daemon goes on as it was, with the key it had."""
import shutil
import unittest

from daemon import HEADER, KEY, DaemonCase, wait


class ReloadFails(DaemonCase):
    def setUp(self):
        super().setUp()
        self.key = self.province.folder / "secrets/person_key"
        self.daemon = self.start()
        self.wait_for_polls(self.daemon)
        self.kept = 0

    def write_key(self, key, mode=0o600):
        self.key.write_bytes(key)
        self.key.chmod(mode)

    def assert_kept(self, *says):
        """After a reload: the old config is in force, and at work."""
        self.daemon.hang_up()
        self.kept += 1
        self.daemon.wait_for_line("config.kept", count=self.kept)
        for words in says:
            self.daemon.wait_for_line(f"config.fault.*{words}")
        self.assertIsNone(self.daemon.process.poll(), self.daemon.log())
        rows = 70 + self.kept
        self.drop(f"figures/{self.kept}.csv", HEADER + f"07987,schools,2024-12-{self.kept:02},,,{rows}\n")
        self.ask("sync", "so-lieu-xa")
        wait(lambda: self.value("07987", "schools") == rows, "it polls and judges")
        self.assertTrue(self.daemon.ready())

    def test_a_person_key_that_is_not_the_stores(self):
        self.write_key(b"x" * 32)
        self.assert_kept("differs from the key")
        self.key.unlink()
        self.assert_kept("put the key back")
        self.assertFalse((self.province.folder / "var/person_key").exists(), "no new one is made")
        self.write_key(b"")
        self.assert_kept("is empty")
        self.write_key(KEY, 0o644)
        self.daemon.hang_up()
        self.daemon.wait_for_line("config.fault.*person_key.*0600")
        self.daemon.wait_for_line("config.kept", count=self.kept + 1)
        self.write_key(KEY)
        self.daemon.hang_up()
        self.daemon.wait_for_line("config.reloaded")
        self.ask("sync", "bank-mb")
        self.assertEqual(self.daemon.stop(), 0)
        self.ask("verify")

    def test_a_folder_that_cannot_be_published_to(self):
        public = self.province.folder / "public"
        shutil.move(public, self.province.home / "away")
        public.write_text("no folder")
        self.daemon.hang_up()
        self.daemon.wait_for_line("config.fault.*publish_dir")
        self.daemon.wait_for_line("config.kept")
        self.assertIsNone(self.daemon.process.poll(), self.daemon.log())
        public.unlink()
        shutil.move(self.province.home / "away", public)
        self.daemon.hang_up()
        self.daemon.wait_for_line("config.reloaded")
        self.assertEqual(self.daemon.stop(), 0)

    def test_what_cannot_be_published_the_first_time_leaves_the_old_one_at_work(self):
        public = self.province.folder / "public"
        (public / "status.json").unlink()
        (public / "status.json").mkdir()
        self.daemon.hang_up()
        self.daemon.wait_for_line("config.kept.*status.json")
        self.assertIsNone(self.daemon.process.poll(), self.daemon.log())
        self.assertIn("status.json", wait(self.daemon.not_ready, "not ready"))
        (public / "status.json").rmdir()
        self.ask("assess")
        self.assertTrue(wait(self.daemon.ready, "ready"))
        self.daemon.hang_up()
        self.daemon.wait_for_line("config.reloaded")
        self.assertEqual(self.daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
