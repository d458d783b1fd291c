"""The published folder as other programs find it: complete, in step, changed where something changed, and good for Prometheus."""
import json
import re
import shutil
import subprocess
import unittest

from province import Province

PROMTOOL = shutil.which("promtool")
WHOLE = {"status.json", "sources.json", "alerts.json", "metrics.prom", "index.html"}


class Publish(unittest.TestCase):
    def setUp(self):
        self.province = Province("1002")
        self.addCleanup(self.province.close)
        self.public = self.province.folder / "public"

    def once(self):
        done = self.province.once()
        self.assertEqual(done.returncode, 0, done.stderr)

    def names(self):
        return {str(file.relative_to(self.public)) for file in self.public.rglob("*") if file.is_file()}

    def generation(self, name):
        text = (self.public / name).read_text()
        found = re.search(r'"generation": ?(\d+)|^ntmd_generation (\d+)|data-generation="?(\d+)', text, re.M)
        return int(next(filter(None, found.groups())))

    def state(self):
        return {name: (self.public / name).stat().st_ino for name in self.names()}

    def test_every_file_is_there_with_one_generation_and_readable_by_a_web_server(self):
        self.once()
        codes = [unit["code"] for unit in self.province.status()["units"]]
        units = {f"units/{code}.{kind}" for code in codes for kind in ("json", "html")}
        self.assertEqual(WHOLE | units | {"page.css", "page.js", "chain.json"}, self.names())
        self.assertEqual({1}, {self.generation(name) for name in WHOLE | units})
        self.assertEqual({0o644}, {(self.public / name).stat().st_mode & 0o777 for name in self.names()})

    def test_only_what_changed_is_replaced_and_the_whole_stays_in_step(self):
        self.once()
        before = self.state()
        self.province.write("figures/later.csv", "unit,element,as_of,period_start,period_end,value\n08314,adults,2024-12-18,,,777\n")
        self.once()
        replaced = {name for name, inode in self.state().items() if before.get(name) != inode}
        self.assertEqual(WHOLE | {"units/08314.json", "units/08314.html", "chain.json"}, replaced)
        self.assertEqual({2}, {self.generation(name) for name in WHOLE})
        self.assertEqual((1, 2), (self.generation("units/08527.json"), self.generation("units/08314.json")))

    def test_what_was_damaged_or_lost_is_published_again_and_what_is_no_longer_assessed_leaves(self):
        self.once()
        (self.public / "units/08314.html").write_text("half")
        (self.public / "units/08527.json").unlink()
        (self.public / "units/.08314.json.AbC123").write_text("a draft of a killed process")
        register = self.province.folder / "units.csv"
        register.write_text("".join(line for line in register.read_text().splitlines(True) if not line.startswith("08122")))
        self.once()
        self.assertTrue((self.public / "units/08314.html").read_text().startswith("<!doctype html>"))
        self.assertEqual("08527", json.loads((self.public / "units/08527.json").read_text())["code"])
        self.assertEqual(set(), {name for name in self.names() if "08122" in name or "AbC123" in name})

    def test_alerts_json_has_its_frame_and_each_alert_its_fields(self):
        self.once()
        told = json.loads((self.public / "alerts.json").read_text())
        self.assertEqual(1, told["schema"])
        self.assertEqual(self.province.status()["alerts"], {"firing": told["firing"], "pending": told["pending"]})
        fields = {"alert", "state", "unit", "indicator", "since", "reason", "value", "threshold", "gap", "source", "delivery", "text"}
        for alert in told["alerts"]:
            self.assertLessEqual(fields, set(alert))

    @unittest.skipUnless(PROMTOOL, "prometheus is not installed")
    def test_prometheus_takes_the_metrics_without_complaint(self):
        self.once()
        text = (self.public / "metrics.prom").read_text()
        done = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))
        states = dict(re.findall(r'^ntmd_units\{criteria="xa-thong-minh-2024",state="(\w+)"\} (\d+)$', text, re.M))
        units = [unit["status"] for unit in self.province.status()["units"]]
        self.assertEqual({state: str(units.count(state)) for state in states}, states)
        self.assertEqual(len(units), sum(map(int, states.values())))
        self.check_counters(text, 1)
        self.once()
        again = (self.public / "metrics.prom").read_text()
        self.check_counters(again, 2)
        self.assertIn('ntmd_polls_total{source="so-lieu-xa",outcome="unchanged"} 1', again)

    def check_counters(self, text, runs):
        """As many as happened, over all processes so far."""
        polls = [int(count) for count in re.findall(r"^ntmd_polls_total\{.*\} (\d+)$", text, re.M)]
        self.assertEqual(sum(polls), runs * len(self.province.sources()))
        source = self.province.sources()["so-lieu-xa"]
        if runs == 1:
            for result in ("loaded", "filtered", "quarantined"):
                self.assertIn(f'ntmd_rows_total{{source="so-lieu-xa",result="{result}"}} {source[result]}\n', text)
        decisions = max(entry["decision"] for unit in self.province.status()["units"] for entry in unit["indicators"])
        self.assertIn(f"ntmd_decisions_total {decisions}\n", text)


if __name__ == "__main__":
    unittest.main()
