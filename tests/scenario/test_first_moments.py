"""`ntmd run` is told something while it is still coming up."""
import os
import signal
import unittest

from daemon import Daemon, DaemonCase, wait

HOLD_AT = os.environ.get("NTMD_HOLD_AT_LIBRARY", "")


class FirstMoments(DaemonCase):
    def setUp(self):
        super().setUp()
        self.assertIn(self.province.once().returncode, (0, 3))

    def start_held(self, name):
        """A daemon that stands before a file, and what lets it go on."""
        reached, go = self.province.home / "reached", self.province.home / "go"
        for file in (reached, go):
            file.unlink(missing_ok=True)
        daemon = Daemon(self.province, ready=False, env={"LD_PRELOAD": HOLD_AT, "NTMD_HOLD_NAME": name, "NTMD_HOLD_REACHED": str(reached),
                                                         "NTMD_HOLD_GO": str(go)})
        self.addCleanup(daemon.close)
        wait(reached.exists, f"it is at {name}")
        return daemon, lambda: go.write_text("")

    def test_told_to_stop_it_stops_in_good_order(self):
        for name in ("units.csv", "page.css"):  # reading the config, opening what it published before
            for number in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(name=name, number=number):
                    daemon, go_on = self.start_held(name)
                    daemon.process.send_signal(number)
                    go_on()
                    self.assertEqual(daemon.process.wait(timeout=60), 0, daemon.log())
                    self.assertFalse([notice for notice in daemon.notices if notice[0] == "READY=1"])
        self.ask("verify")

    def test_a_stop_while_it_opens_is_heard_at_once(self):
        daemon, go_on = self.start_held("page.css")
        daemon.process.send_signal(signal.SIGTERM)
        daemon.wait_for_line("daemon.stopping")
        go_on()
        self.assertEqual(daemon.process.wait(timeout=60), 0, daemon.log())

    def test_told_to_reload_it_comes_up_with_the_config_as_it_is_then(self):
        for name, old, new in (("units.csv", "vi", "en"), ("page.css", "en", "vi")):
            with self.subTest(name=name):
                daemon, go_on = self.start_held(name)
                self.configure(f"language: {old}", f"language: {new}")
                daemon.hang_up()
                go_on()
                daemon.wait_for_notice("READY=1")
                daemon.wait_for_line("config.reloaded")
                self.assertEqual(daemon.stop(), 0, daemon.log())


if __name__ == "__main__":
    unittest.main()
