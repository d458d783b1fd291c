"""A channel that has taken no alert for long is said where operators look."""
import unittest

from daemon import DaemonCase, WallClock, wait
from receivers import Room


class FailingChannel(DaemonCase):
    def test_it_is_not_ready_until_somebody_hears_it(self):
        room = Room()
        self.addCleanup(room.close)
        room.answer = 500
        (self.province.folder / "alerts.yaml").write_text(
            f'channels:\n  - {{id: room, kind: webhook, url: "{room.url}"}}\nroutes:\n  - {{to: [room]}}\n')
        (self.province.folder / "in/figures").rename(self.province.folder / "in/away")  # something to tell
        clock = WallClock(self.province.home, "2024-12-20 00:30:00")
        daemon = self.start(env=clock.env())
        self.wait_for_polls(daemon)
        for attempt in range(1, 9):
            daemon.wait_for_line(f"alert.failed.*attempt=\"?{attempt}\\b")
            if attempt < 8:
                self.assertTrue(daemon.ready(), "a short failure is no news")
            clock.set(f"2024-12-20 {attempt + 1:02}:30:00")
            self.ask("assess")
        self.assertRegex(wait(daemon.not_ready, "not ready"), "alerts to room .* HTTP 500")
        self.assertIn(" error ", daemon.wait_for_line("alert.channel_failing.*room"))
        room.answer = 204
        clock.set("2024-12-20 12:30:00")
        self.ask("assess")
        daemon.wait_for_line("alert.sent")
        self.ask("assess")
        wait(daemon.ready, "ready again")
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
