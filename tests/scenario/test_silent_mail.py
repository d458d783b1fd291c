"""A mail server that takes connections and says nothing is in nobody's way: not of a stop, a reload, or other channels."""
import socket
import unittest

from daemon import DaemonCase
from receivers import Room


class SilentMail(DaemonCase):
    def setUp(self):
        super().setUp()
        self.server = socket.socket()
        self.addCleanup(self.server.close)
        self.server.bind(("127.0.0.1", 0))
        self.server.listen(16)
        self.server.settimeout(60)
        self.room = Room()
        self.addCleanup(self.room.close)
        port = self.server.getsockname()[1]
        mails = [f'  - {{id: m{i}, kind: smtp, url: "smtp://127.0.0.1:{port}", from: a@example.vn, to: [b@example.vn], timeout: 2m}}\n' for i in range(3)]
        (self.province.folder / "alerts.yaml").write_text(
            f'channels:\n  - {{id: room, kind: webhook, url: "{self.room.url}"}}\n{"".join(mails)}routes:\n  - {{to: [m0, m1, m2, room]}}\n')
        (self.province.folder / "in/figures").rename(self.province.folder / "in/away")  # something to tell

    def start_hung(self):
        daemon = self.start()
        taken, _ = self.server.accept()
        self.addCleanup(taken.close)
        return daemon

    def test_a_stop_takes_no_longer_for_it(self):
        daemon = self.start_hung()
        self.assertEqual(daemon.stop(), 0, daemon.log())
        self.assertIn("daemon.stopped", daemon.log())
        self.assertNotIn("stop_forced", daemon.log())

    def test_neither_does_a_reload_nor_a_stop_in_it(self):
        daemon = self.start_hung()
        daemon.hang_up()
        daemon.wait_for_line("config.reloaded", seconds=30)
        self.ask("sync", "ho-so")
        daemon.hang_up()
        self.assertEqual(daemon.stop(), 0, daemon.log())
        self.assertNotIn("stop_forced", daemon.log())

    def test_the_other_channels_are_told(self):
        daemon = self.start_hung()
        self.assertTrue(self.room.wait(lambda message: True))
        self.assertEqual(daemon.stop(), 0, daemon.log())


if __name__ == "__main__":
    unittest.main()
