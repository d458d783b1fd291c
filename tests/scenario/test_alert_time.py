"""Alerts live by the clock: what is to be told at a moment is told then, also when nothing else happens for months."""
import json
import re
import unittest

from daemon import HEADER, WALL_CLOCK, DaemonCase, WallClock, wait

UNIT = "07987"


@unittest.skipUnless(WALL_CLOCK, "needs the library that sets the wall clock")
class AlertTime(DaemonCase):
    def setUp(self):
        super().setUp()
        for file in [self.province.config, *(self.province.folder / "sources.d").iterdir()]:
            file.write_text(re.sub(r'cron: "[^"]*"', 'cron: "0 3 1 2 *"', file.read_text()))
        self.clock = WallClock(self.province.home, "2024-12-20 10:00:00")

    def policy(self, text):
        (self.province.folder / "alerts.yaml").write_text(
            f'channels:\n  - {{id: script, kind: command, argv: ["/usr/bin/tee", "-a", "{self.province.home}/told"]}}\n'
            f"routes:\n  - {{match: {{alert: IndicatorLost, unit: \"{UNIT}\"}}, to: [script]}}\n{text}")

    def told(self):
        file = self.province.home / "told"
        text = file.read_text() if file.exists() else ""
        decoder, at, events = json.JSONDecoder(), 0, []
        while at < len(text):
            message, at = decoder.raw_decode(text, at)
            events.append(message["event"])
        return events

    def fall(self, daemon):
        self.wait_for_polls(daemon)
        daemon.wait_for_line("status.changed")
        self.drop("figures/cameras.csv", HEADER + f"{UNIT},residential_areas_with_connected_camera,2024-12-18,,,9999\n"
                  f"{UNIT},residential_areas,2024-12-18,,,10000\n")
        self.ask("sync", "so-lieu-xa")

    def test_a_wait_limit_and_a_reminder(self):
        self.policy("policy: {wait_limit: 2h, remind_every: 3h}\n")
        daemon = self.start(env=self.clock.env())
        self.fall(daemon)
        daemon.wait_for_line("alert.pending")
        self.clock.set("2024-12-20 12:30:00")
        wait(lambda: self.told() == ["firing"], "what waited for its limit is told")
        self.clock.set("2024-12-20 15:45:00")
        wait(lambda: self.told() == ["firing", "reminder"], "a reminder")
        self.assertEqual(daemon.stop(), 0)

    def test_the_end_of_a_silence(self):
        self.policy(f"policy: {{wait_limit: 1h}}\nsilences:\n  - {{match: {{unit: \"{UNIT}\"}}, until: 2024-12-20T14:00+07:00, comment: \"works\"}}\n")
        daemon = self.start(env=self.clock.env())
        self.fall(daemon)
        daemon.wait_for_line("alert.pending")
        self.clock.set("2024-12-20 12:00:00")
        daemon.wait_for_line("alert.fired")
        self.assertEqual([], self.told())
        self.clock.set("2024-12-20 14:00:10")
        wait(lambda: self.told() == ["firing"], "told when the silence ends")
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
