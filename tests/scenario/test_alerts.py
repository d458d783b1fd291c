"""Alerts with the real binary: who is told what, and when, and that nobody is told twice or not at all."""
import email
import email.header
import datetime
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import threading
import unittest
import urllib.request

from province import NTMD, ROOT, Province
from receivers import MailServer, Room

FIGURES = "unit,element,as_of,period_start,period_end,value\n"
KEY = b"the room's key"
KILL_AT = os.environ.get("NTMD_KILL_AT_LIBRARY", "")
SMART = "07987"


def key_of(alert):
    return alert["alert"], alert["unit"], alert["pillar"], alert["indicator"], alert["source"] if alert["about_source"] else None


def local_day(instant):
    """Of the province, seven hours ahead."""
    return str((datetime.datetime.fromisoformat(instant.replace("Z", "+00:00")) + datetime.timedelta(hours=7)).date())


class Alerts(unittest.TestCase):
    def setUp(self):
        self.province = self.smart_province()
        self.room = Room(KEY)
        self.addCleanup(self.room.close)
        self.addCleanup(lambda: self.assertEqual([], self.room.problems))

    def smart_province(self):
        """Commune 07987 is officially smart: its last confirmation is put right."""
        province = Province("1002")
        self.addCleanup(province.close)
        register = province.folder / "in/evidence/register.csv"
        province.write("evidence/register.csv", register.read_text() + f"{SMART},1.1.2,confirm_commune,9/QD,2024-12-01,UBND,,accepted,1234567,\n")
        return province

    def secret(self, name, data):
        file = self.province.folder / "secrets" / name
        file.write_bytes(data)
        file.chmod(0o600)

    def alerts_yaml(self, routes="- {to: [room]}", more="", channels=""):
        self.secret("room_key", KEY + b"\n")
        indented = "\n".join("  " + line for line in routes.splitlines())
        (self.province.folder / "alerts.yaml").write_text(
            f'channels:\n  - {{id: room, kind: webhook, url: "{self.room.url}", sign: {{secret: room_key}}}}\n{channels}'
            f"routes:\n{indented}\n{more}")

    def once(self, day="2024-12-20", code=0, **options):
        done = self.province.once(day, **options)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def cameras(self, number, connected, of=10000):
        """A new delivery: so many of the residential areas of 07987 have a connected camera (1.4.1 asks for all)."""
        self.province.write(f"figures/cameras-{number}.csv",
                            FIGURES + f"{SMART},residential_areas_with_connected_camera,2024-12-18,,,{connected}\n"
                            + f"{SMART},residential_areas,2024-12-18,,,{of}\n")

    def listed(self, name=None):
        answer = self.province.ntmd("alerts", "--json")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        answer = json.loads(answer.stdout)
        self.assertEqual(answer["firing"], sum(alert["state"] == "firing" for alert in answer["alerts"]))
        return [alert for alert in answer["alerts"] if name in (None, alert["alert"])]

    def of_smart(self):
        """What the room was told of 07987: the days of the other communes have falls of their own."""
        return [message for message in self.room.take() if message["unit"] == SMART]

    def waiting(self):
        return json.loads(self.province.ntmd("alerts", "--json").stdout)["outbox"]

    def make_due(self):
        """As when the time of the next try has come for all that waits."""
        with sqlite3.connect(self.province.folder / "var/ntmd.db") as db:
            db.execute("UPDATE outbox SET next_try = 0 WHERE next_try IS NOT NULL")

    def fall(self):
        """From met to a fall that two polls saw; gives what the room was told."""
        self.once()
        self.assertEqual([], self.room.take())
        self.cameras(1, 9999)
        self.once()
        self.cameras(2, 9998)
        self.once()
        return self.room.take()

    # --- falls ---------------------------------------------------------------------------------------------------------

    def test_a_fall_is_told_once_two_polls_have_seen_it_and_resolved_once_it_is_over(self):
        self.alerts_yaml()
        self.once()
        self.cameras(1, 9999)
        self.once()
        self.assertEqual([], self.room.take(), "one bad poll wakes nobody")
        self.assertEqual({"firing": 0, "pending": 3}, self.province.status()["alerts"])
        pending = self.listed("IndicatorLost")[0]
        self.assertEqual(("pending", 1, "below_threshold"), (pending["state"], pending["observations"], pending["reason"]))
        self.once()
        self.assertEqual([], self.room.take(), "a run that brings nothing is no observation")
        self.cameras(2, 9998)
        self.once()
        told = self.room.take()
        self.assertEqual(["UnitLost", "PillarLost", "IndicatorLost"], [message["alert"] for message in told], "gravest first")
        lost = told[2]
        self.assertEqual(
            {"state": "firing", "event": "firing", "unit": SMART, "unit_name": "Xã Phú Lâm", "group": "230", "pillar": "1.4",
             "indicator": "1.4.1", "reason": "below_threshold", "value": "99.98", "threshold": "100", "gap": 2, "source": "so-lieu-xa",
             "count": 1}, {name: lost[name] for name in ("state", "event", "unit", "unit_name", "group", "pillar", "indicator", "reason",
                                                          "value", "threshold", "gap", "source", "count")})
        self.assertIn("không còn đạt", lost["text"])
        self.assertEqual(lost["text"], lost["text_vi"])
        self.assertIn("no longer met", lost["text_en"])
        self.assertEqual(lost["delivery"], self.province_input("residential_areas_with_connected_camera")["delivery"])
        self.assertEqual(local_day(lost["since"]), "2024-12-20")
        self.assertEqual(lost["id"], lost["alerts"][0]["id"])
        self.assertEqual({"firing": 3, "pending": 0}, self.province.status()["alerts"])
        self.once()
        self.assertEqual([], self.room.take())
        self.cameras(3, 10000)
        self.once()
        over = self.room.take()
        self.assertEqual([("resolved", "met")] * 3, [(message["state"], message["reason"]) for message in over])
        self.assertEqual(6, len({message["id"] for message in told + over}))
        self.assertEqual([], self.listed())
        self.once()
        self.assertEqual([], self.room.take())
        self.assertEqual(0, self.province.ntmd("verify").returncode)

    def province_input(self, element):
        for unit in self.province.status()["units"]:
            for indicator in unit["indicators"]:
                for entry in indicator["inputs"]:
                    if unit["code"] == SMART and entry["element"] == element:
                        return entry
        self.fail(element)

    def test_one_bad_poll_wakes_nobody(self):
        self.alerts_yaml()
        self.once()
        for number in range(3):
            self.cameras(2 * number, 9000)
            self.once()
            self.cameras(2 * number + 1, 10000)
            self.once()
        self.assertEqual([], self.room.take())
        self.assertEqual([], self.listed())

    def test_two_deliveries_that_agree_are_two_observations_also_when_one_run_brings_them(self):
        self.alerts_yaml()
        self.once()
        self.cameras(1, 10000)
        self.cameras(2, 9999)
        self.once()
        self.assertEqual([], self.room.take(), "they do not agree")
        self.assertEqual([1], [alert["observations"] for alert in self.listed("IndicatorLost")])
        self.cameras(3, 10000)
        self.once()
        self.assertEqual([], self.room.take() + self.listed())
        self.cameras(4, 9998)
        self.cameras(5, 9997)
        self.once()
        self.assertEqual(["UnitLost", "PillarLost", "IndicatorLost"], [message["alert"] for message in self.room.take()])
        self.assertEqual([2], [alert["observations"] for alert in self.listed("IndicatorLost")])

    def test_a_delivery_taken_back_is_an_observation(self):
        self.alerts_yaml()
        self.once()
        self.cameras(1, 9999)
        self.once()
        self.cameras(2, 10000)
        self.once()
        self.assertEqual([], self.room.take() + self.listed())
        delivery = self.province_input("residential_areas_with_connected_camera")["delivery"]
        done = self.province.ntmd("retract", delivery, "--reason", "wrong file")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual([1], [alert["observations"] for alert in self.listed("IndicatorLost") if alert["unit"] == SMART])

    def test_unknown_neither_raises_nor_clears(self):
        self.alerts_yaml()
        self.once()
        self.cameras(1, 10001)  # more than there are: an error, so nothing is known
        self.once()
        self.cameras(2, 10002)
        self.once()
        stale = self.room.take()
        self.assertEqual([("DataStale", "firing", "1.4.1", "above_denominator")],
                         [(message["alert"], message["state"], message["indicator"], message["reason"]) for message in stale],
                         "that nothing is known any more has its own alert, and no other")
        self.cameras(3, 9999)
        self.once()
        self.assertEqual([("DataStale", "resolved")], [(message["alert"], message["state"]) for message in self.room.take()])
        self.cameras(4, 10003)
        self.once()
        self.assertEqual([], self.room.take())
        self.assertEqual(["pending"] * 3, [alert["state"] for alert in self.listed() if alert["alert"].endswith("Lost")])
        self.cameras(5, 9998)
        self.once()
        self.assertEqual(["firing"] * 3, [message["state"] for message in self.room.take()])
        self.cameras(6, 10001)
        self.once()
        self.assertEqual([], self.room.take(), "unknown is not met")
        self.assertEqual(3, self.province.status()["alerts"]["firing"])
        self.cameras(7, 10000)
        self.once()
        self.assertEqual(["resolved"] * 3, [message["state"] for message in self.room.take()])

    def test_a_source_that_never_brings_anything_is_told_of(self):
        self.alerts_yaml("- {match: {alert: SourceFailing}, to: [room]}")
        (self.province.folder / "in/other").mkdir()
        (self.province.folder / "sources.d/other.yaml").write_text(
            'id: other\nconnector: figures-csv\nwith: {dir: "../in/other", match: "*.cvs"}\n'
            'schedule: {cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}\nfreshness: {error_after: 10d}\n')
        self.province.write("other/a.csv", FIGURES + f"{SMART},residential_areas,2024-12-18,,,10000\n")
        self.once()
        self.once("2024-12-29")
        self.assertEqual([], self.room.take(), "it may take its time")
        self.once("2024-12-31")
        told = self.room.take()
        self.assertEqual([("firing", "other", "silent")], [(message["state"], message["source"], message["reason"]) for message in told])
        self.assertIn("look at its dir and match", told[0]["text_en"])
        self.once("2025-01-01")
        self.assertEqual(["reminder"], [message["event"] for message in self.room.take()])
        self.province.write("other/a.cvs", FIGURES + f"{SMART},residential_areas,2024-12-18,,,10000\n")
        self.once("2025-01-01")
        self.assertEqual([("resolved", "other")], [(message["state"], message["source"]) for message in self.room.take()])

    def test_a_source_without_limits_has_a_month_to_bring_something(self):
        self.alerts_yaml("- {match: {alert: SourceFailing, source: other}, to: [room]}")
        (self.province.folder / "in/other").mkdir()
        (self.province.folder / "sources.d/other.yaml").write_text(
            'id: other\nconnector: figures-csv\nwith: {dir: "../in/other", match: "*.csv"}\n'
            'schedule: {cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}\n')
        self.once()
        self.once("2025-01-23")
        self.assertEqual([], self.room.take())
        self.once("2025-01-25")
        self.assertEqual(["silent"], [message["reason"] for message in self.room.take()])

    def test_a_file_dated_in_the_future_does_not_make_a_source_fresh(self):
        self.alerts_yaml("- {match: {alert: DataStale, source: bank-vcb}, to: [room]}")
        bank = next((self.province.folder / "in/banks").glob("vcb_*.csv"))
        self.province.write("banks/vcb_2042-12-10.csv", bank.read_text())
        self.once()
        self.once("2025-06-20")
        self.assertEqual([("firing", "bank-vcb")], [(message["state"], message["source"]) for message in self.room.take()])
        health = {source["id"]: source["freshness"] for source in self.province.status()["sources"]}
        self.assertEqual("stale", health["bank-vcb"])

    def test_old_figures_sent_again_stay_old(self):
        self.alerts_yaml("- {match: {alert: DataStale, source: so-lieu-xa}, to: [room]}")
        file = self.province.folder / "sources.d/so-lieu-xa.yaml"
        text = "\n".join(line for line in file.read_text().splitlines() if not line.startswith("freshness"))
        file.write_text(text + "\nfreshness: {error_after: 60d}\n")
        self.once()
        self.cameras(1, 10000)
        self.once("2025-06-20")
        told = [alert for message in self.room.take() for alert in message["alerts"] if alert["about_source"]]
        self.assertEqual([("firing", "so-lieu-xa")], [(alert["state"], alert["source"]) for alert in told])

    def test_a_fall_fires_when_the_wait_limit_passes(self):
        self.alerts_yaml()
        self.once()
        self.cameras(1, 9999)
        self.once()
        self.assertEqual([], self.room.take())
        self.once("2024-12-21")
        self.assertEqual(["firing"] * 3, [message["state"] for message in self.of_smart()])

    def test_withdrawn_evidence_fires_at_once(self):
        self.alerts_yaml()
        self.once()
        register = self.province.folder / "in/evidence/register.csv"
        text = register.read_text()
        self.province.write("evidence/register.csv", text + f"{SMART},1.2.4,channel,10/QD,2024-12-15,UBND,,withdrawn,,\n")
        self.once()
        told = self.room.take()
        self.assertEqual(["UnitLost", "PillarLost", "IndicatorLost"], [message["alert"] for message in told])
        self.assertEqual(("1.2.4", "evidence_withdrawn", "ho-so"), (told[2]["indicator"], told[2]["reason"], told[2]["source"]))

    def test_a_first_verdict_is_no_fall(self):
        self.alerts_yaml()
        self.cameras(1, 9999)
        self.once()
        self.cameras(2, 9998)
        self.once("2024-12-22")
        self.assertEqual([], self.of_smart())
        self.assertEqual([], [alert for alert in self.listed("IndicatorLost") if alert["unit"] == SMART])

    def test_reminders_come_until_it_is_resolved_and_a_silence_keeps_them_back(self):
        route = f'- {{match: {{alert: IndicatorLost, unit: "{SMART}"}}, to: [room]}}'
        self.alerts_yaml(route, "policy: {remind_every: 48h}\n")
        fired = self.fall()
        self.assertEqual(1, len(fired))
        self.once("2024-12-21")
        self.assertEqual([], self.room.take())
        self.once("2024-12-22")
        reminder = self.room.take()
        self.assertEqual([("firing", "reminder")], [(message["state"], message["event"]) for message in reminder])
        self.assertNotEqual(fired[0]["id"], reminder[0]["id"])
        self.alerts_yaml(route,
                         f'policy: {{remind_every: 48h}}\nsilences:\n  - {{match: {{unit: "{SMART}"}}, until: 2024-12-25, comment: "cameras moved"}}\n')
        self.once("2024-12-25")
        self.assertEqual([], self.room.take(), "the silence's day is silent still")
        self.assertTrue(self.listed("IndicatorLost")[0]["silenced"])
        self.assertIn("tắt tiếng", self.province.ntmd("alerts").stdout)
        self.once("2024-12-26")
        self.assertEqual(["reminder"], [message["event"] for message in self.room.take()], "told at once when the silence ends")

    def test_what_agrees_goes_out_together(self):
        self.alerts_yaml("- {match: {alert: UnitLost}, to: [room], continue: true}\n- {match: {group: \"230\"}, to: [room], group_by: [group, unit]}")
        told = self.fall()
        self.assertEqual([1, 2], sorted(message["count"] for message in told), "what a channel has is not sent to it again")
        both = next(message for message in told if message["count"] == 2)
        self.assertEqual({"group": "230", "unit": SMART}, both["grouped_by"])
        self.assertEqual(["PillarLost", "IndicatorLost"], [alert["alert"] for alert in both["alerts"]])
        self.assertEqual("PillarLost", both["alert"])
        self.assertNotIn(both["id"], [alert["id"] for alert in both["alerts"]])

    def test_a_district_falls_with_its_last_smart_commune(self):
        criteria = "huyen-ntm-nang-cao-2024.yaml"
        shutil.copy(ROOT / "config/criteria" / criteria, self.province.folder)
        config = self.province.config.read_text()
        self.province.config.write_text(config.replace('criteria: ["xa-thong-minh-2024.yaml"]', f'criteria: ["xa-thong-minh-2024.yaml", "{criteria}"]'))
        register = self.province.folder / "in/evidence/register.csv"
        self.province.write("evidence/register.csv", register.read_text()
                            + f"{SMART},khu-dan-cu-thong-minh,recognition,11/QD,2024-12-01,UBND,,accepted,,\n")
        self.alerts_yaml("- {match: {criteria: huyen-ntm-nang-cao-2024}, to: [room]}")
        told = self.fall()
        self.assertEqual([("IndicatorLost", None, "230", "8.9")],
                         [(message["alert"], message["unit"], message["group"], message["indicator"]) for message in told])
        self.cameras(3, 10000)
        self.once()
        self.assertEqual([("resolved", "8.9")], [(message["state"], message["indicator"]) for message in self.room.take()])

    # --- what else is told -------------------------------------------------------------------------------------------------

    def test_a_source_that_fails_twice_is_told_and_one_that_is_refused_at_once(self):
        self.alerts_yaml()
        self.once()
        figures = self.province.folder / "in/figures"
        figures.rename(self.province.folder / "in/away")
        self.once(code=3)
        self.assertEqual([], self.room.take())
        self.assertEqual(["pending"], [alert["state"] for alert in self.listed("SourceFailing")])
        self.once(code=3)
        told = self.room.take()
        self.assertEqual([("SourceFailing", "firing", "so-lieu-xa", "failed")],
                         [(message["alert"], message["state"], message["source"], message["reason"]) for message in told])
        (self.province.folder / "in/away").rename(figures)
        self.once()
        self.assertEqual([("SourceFailing", "resolved")], [(message["alert"], message["state"]) for message in self.room.take()])
        bad = self.province.write("figures/bad.csv", "<html><body>Request Rejected</body></html>")
        self.once(code=3)
        self.assertEqual([("firing", "refused")], [(message["state"], message["reason"]) for message in self.room.take()])
        bad.unlink()
        self.once()
        self.assertEqual(["resolved"], [message["state"] for message in self.room.take()])

    def test_a_held_delivery_is_told_until_someone_decides(self):
        self.alerts_yaml()
        self.once()
        self.province.write("figures/bad-rows.csv", FIGURES + f"{SMART},adults,2024-12-18,,,-5\n{SMART},adults,2024-12-18,,,-6\n")
        self.once(code=3)
        held = self.room.take()
        self.assertEqual([("DeliveryHeld", "firing", "so-lieu-xa")],
                         [(message["alert"], message["state"], message["source"]) for message in held])
        self.assertIn("ntmd accept " + held[0]["delivery"], held[0]["text"])
        self.once(code=3)
        self.assertEqual([], self.room.take())
        self.assertEqual(0, self.province.ntmd("retract", held[0]["delivery"], "--reason", "wrong file").returncode)
        self.assertEqual([("DeliveryHeld", "resolved", "retracted")],
                         [(message["alert"], message["state"], message["reason"]) for message in self.room.take()])

    def test_what_is_over_is_not_kept_for_ever(self):
        self.alerts_yaml()
        self.once()
        for number in range(3):
            self.province.write(f"figures/bad-{number}.csv", FIGURES + f"{SMART},adults,2024-12-18,,,-{number + 5}\n")
            self.once(code=3)
            held = self.listed("DeliveryHeld")
            self.assertEqual(1, len(held))
            self.assertEqual(0, self.province.ntmd("retract", held[0]["delivery"], "--reason", "wrong file").returncode)
        self.once("2024-12-22")
        self.once("2024-12-22")
        with sqlite3.connect(self.province.folder / "var/ntmd.db") as db:
            self.assertEqual([], db.execute("SELECT key FROM alert WHERE name = 'DeliveryHeld'").fetchall())

    def test_stale_data_is_told_by_its_source_and_a_flood_is_one_message(self):
        self.alerts_yaml()
        self.once()
        self.province.write("figures/new.csv", FIGURES + f"{SMART},schools,2025-03-19,,,5\n")
        self.once("2025-03-20")
        told = self.room.take()
        stale = [message for message in told if message["alert"] == "DataStale"]
        sources = {alert["source"] for message in stale for alert in message["alerts"] if alert["about_source"]}
        self.assertEqual({"bank-mb", "bank-vcb", "bank-viettelmoney"}, sources)
        indicators = {alert["indicator"] for message in stale for alert in message["alerts"] if not alert["about_source"]}
        self.assertIn("1.4.1", indicators)
        self.assertNotIn("1.3.1", indicators, "of the banks' figures the banks' own alerts speak")
        self.assertEqual([], [message for message in told if message["alert"].endswith("Lost") and message["unit"] == SMART], "stale is unknown")
        self.assertGreater(max(message["count"] for message in stale), 20)
        self.assertLess(len(told), 10)

    def test_sources_that_disagree_are_told(self):
        self.alerts_yaml()
        self.once()
        (self.province.folder / "elements.yaml").write_text("elements: {residential_areas: {tolerance_permille: 10}}\n")
        config = self.province.config.read_text() + "elements: [elements.yaml]\n"
        self.province.config.write_text(config)
        (self.province.folder / "in/other").mkdir()
        (self.province.folder / "sources.d/other.yaml").write_text(
            'id: other\nconnector: figures-csv\nwith: {dir: "../in/other", match: "*.csv"}\n'
            'schedule: {cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}\n')
        self.province.write("other/a.csv", FIGURES + f"{SMART},residential_areas,2024-12-18,,,9000\n")
        self.once()
        disputed = [message for message in self.room.take() if message["alert"] == "FigureDisputed"]
        self.assertIn(("firing", SMART, "1.4.1"), [(message["state"], message["unit"], message["indicator"]) for message in disputed])
        self.assertEqual({"residential_areas"}, {message["text_en"].split("about ")[1].split(",")[0] for message in disputed})

    def test_a_thin_margin_is_told_where_it_is_asked_for(self):
        self.alerts_yaml('- {match: {alert: ThinMargin}, to: [room], group_by: [alert]}', "policy: {thin_margin_permille: 5, observations: 1}\n")
        self.once()
        thin = self.room.take()
        self.assertEqual(1, len(thin))
        self.assertIn((SMART, "1.1.1"), [(alert["unit"], alert["indicator"]) for alert in thin[0]["alerts"]])
        self.assertNotIn("1.4.1", [alert["indicator"] for alert in thin[0]["alerts"]], "of all there is no margin to lose")
        self.province.write("figures/more.csv", FIGURES + f"{SMART},adults_with_smartphone,2024-12-18,,,1100000\n")
        self.once()
        self.assertEqual([("resolved", "1.1.1")], [(message["state"], message["indicator"]) for message in self.room.take()])

    def test_a_chain_that_was_edited_is_told_at_the_next_start(self):
        self.alerts_yaml()
        self.once()
        edit = "UPDATE decision SET body = replace(body, '\"numerator\":', '\"numerator\": ') WHERE seq = 3"
        self.assertEqual(subprocess.run(["sqlite3", str(self.province.folder / "var/ntmd.db"), edit]).returncode, 0)
        self.once()
        self.assertEqual([("ChainBroken", "firing")], [(message["alert"], message["state"]) for message in self.room.take()])
        self.once()
        self.assertEqual([], self.room.take())

    # --- delivery ----------------------------------------------------------------------------------------------------------

    def test_a_room_that_is_down_gets_each_event_once_with_one_id_and_in_order(self):
        self.alerts_yaml()
        self.once()
        self.cameras(1, 9999)
        self.once()
        self.cameras(2, 9998)
        self.room.answer = 503
        self.once()
        tried = [message["id"] for _, message in self.room.asked]
        self.assertEqual(1, len(tried), "what stands behind waits")
        self.assertEqual([1, 0, 0], [row["attempts"] for row in self.waiting()])
        self.assertIn("HTTP 503", self.waiting()[0]["last_error"])
        self.room.asked = []
        self.once()
        self.assertEqual([1, 1, 0], [row["attempts"] for row in self.waiting()], "what was never tried is, what waits waits")
        self.make_due()
        self.cameras(3, 10000)
        self.once()
        self.assertEqual([2, 1, 0, 0, 0, 0], [row["attempts"] for row in self.waiting()])
        self.make_due()
        self.room.answer = 200
        self.room.asked = []
        self.once()
        told = self.room.take()
        self.assertEqual(["firing"] * 3 + ["resolved"] * 3, [message["state"] for message in told])
        self.assertEqual(tried[0], told[0]["id"])
        self.assertEqual(6, len({message["id"] for message in told}))
        self.assertEqual([], self.waiting())
        self.once()
        self.assertEqual([], self.room.take())

    def test_killed_while_it_sends_it_sends_again_with_the_same_id(self):
        self.alerts_yaml()
        self.once()
        self.cameras(1, 9999)
        self.once()
        self.cameras(2, 9998)
        started = threading.Event()
        self.room.on_request = lambda: started.wait(60) and os.kill(process.pid, signal.SIGKILL)
        process = subprocess.Popen([NTMD, "--config", str(self.province.config), "run", "--once", "--as-of", "2024-12-20"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.set()
        self.assertEqual(-signal.SIGKILL, process.wait(timeout=60))
        self.room.on_request = None
        seen = [message["id"] for message in self.room.take()]
        self.once()
        told = self.room.take()
        self.assertEqual(3, len(told))
        self.assertEqual([], seen[1:], "the process died over its first message")
        self.assertEqual(seen or [told[0]["id"]], [told[0]["id"]])
        self.assertEqual([], self.waiting())

    def test_killed_anywhere_nothing_is_lost_and_no_event_has_two_ids(self):
        self.assertTrue(pathlib.Path(KILL_AT).exists(), "the preloaded library is there")
        self.alerts_yaml()
        self.once()
        self.cameras(1, 9999)
        self.once()
        self.cameras(2, 9998)
        prepared = self.province.home / "prepared"
        shutil.copytree(self.province.folder, prepared, copy_function=shutil.copy2)
        count = self.province.home / "count"
        self.once(env={"LD_PRELOAD": KILL_AT, "NTMD_COUNT_FILE": str(count)})
        expected = sorted(key_of(message) for message in self.room.take())
        self.assertEqual(3, len(expected))
        calls = int(count.read_text())
        points = 40
        for number in range(points):
            at = 1 + number * (calls - 1) // (points - 1)
            shutil.rmtree(self.province.folder)
            shutil.copytree(prepared, self.province.folder, copy_function=shutil.copy2)
            killed = self.province.once(env={"LD_PRELOAD": KILL_AT, "NTMD_KILL_AT": str(at)})
            self.assertEqual(killed.returncode, -signal.SIGKILL, f"call {at} of {calls}: {killed.stderr}")
            self.once()
            self.once()
            told = {}
            for message in self.room.take():
                self.assertEqual("firing", message["event"], f"call {at}")
                told.setdefault(key_of(message), set()).add(message["id"])
            self.assertEqual(expected, sorted(told), f"call {at} of {calls}")
            self.assertEqual([1] * 3, [len(ids) for ids in told.values()], f"call {at}: an event with two ids is told twice")

    def test_mail_comes_in_both_languages_and_one_bad_address_drops_nobody(self):
        server = MailServer()
        self.addCleanup(server.close)
        self.alerts_yaml("- {match: {alert: IndicatorLost}, to: [mail]}", channels=(
            f'  - {{id: mail, kind: smtp, url: "smtp://127.0.0.1:{server.port}", from: ntmd@example.vn,'
            " to: [ops@example.vn, bad@example.vn, later@example.vn, chief@example.vn]}\n"))
        self.fall()
        mails = server.take()
        self.assertEqual(1, len(mails))
        self.assertEqual(["ops@example.vn", "chief@example.vn"], mails[0]["to"])
        mail = email.message_from_string(mails[0]["data"])
        for line in mails[0]["data"].split("\r\n"):
            self.assertLessEqual(len(line), 998)
            self.assertTrue(line.isascii(), line)
        subject = str(email.header.make_header(email.header.decode_header(mail["Subject"])))
        self.assertEqual("[ntmd] Chỉ tiêu không còn đạt: Xã Phú Lâm 1.4.1 / Indicator lost: Xã Phú Lâm 1.4.1", subject)
        text = mail.get_payload(decode=True).decode()
        self.assertIn("không còn đạt", text)
        self.assertIn("no longer met", text)
        self.assertEqual("auto-generated", mail["Auto-Submitted"])
        self.assertEqual([], self.waiting())
        self.cameras(3, 10000)
        done = self.once()
        self.assertNotIn("@example.vn", done.stderr, "an address is a person's")
        over = email.message_from_string(server.take()[0]["data"])
        self.assertIn("Đã khắc phục", str(email.header.make_header(email.header.decode_header(over["Subject"]))))

    def test_a_mail_server_that_is_away_or_refuses_everyone_is_tried_again(self):
        server = MailServer()
        channel = '  - {{id: mail, kind: smtp, url: "smtp://127.0.0.1:{}", from: ntmd@example.vn, to: [{}]}}\n'
        self.alerts_yaml("- {match: {alert: IndicatorLost}, to: [mail, room]}", channels=channel.format(server.port, "bad@example.vn"))
        self.assertEqual(1, len(self.fall()), "the room does not wait for the mail")
        self.assertEqual(["mail"], [row["channel"] for row in self.waiting()])
        self.assertNotIn("@", self.waiting()[0]["last_error"])
        server.close()
        self.make_due()
        self.once()
        self.assertEqual(2, self.waiting()[0]["attempts"])
        again = MailServer()
        self.addCleanup(again.close)
        self.alerts_yaml("- {match: {alert: IndicatorLost}, to: [mail, room]}", channels=channel.format(again.port, "ops@example.vn"))
        self.make_due()
        self.once()
        self.assertEqual([["ops@example.vn"]], [mail["to"] for mail in again.take()])
        self.assertEqual([], self.waiting())

    def test_a_program_gets_the_message_on_its_input_until_it_ends_well(self):
        script = self.province.folder / "on alert.sh"
        script.write_text('#!/bin/sh\ncat >>"$1"\necho >>"$1"\n[ -e "$2" ]\n')
        script.chmod(stat.S_IRWXU)
        out, fine = self.province.home / "out", self.province.home / "fine"
        self.alerts_yaml("- {match: {alert: IndicatorLost}, to: [script]}",
                         channels=f'  - {{id: script, kind: command, argv: ["./on alert.sh", "{out}", "{fine}", "$(id)"]}}\n')
        self.fall()
        self.assertEqual([("script", 1)], [(row["channel"], row["attempts"]) for row in self.waiting()])
        self.assertIn("exit status 1", self.waiting()[0]["last_error"])
        fine.touch()
        self.once()
        self.assertEqual(1, self.waiting()[0]["attempts"], "it is not due yet")
        self.make_due()
        self.once()
        messages = [json.loads(line) for line in out.read_text().splitlines()]
        self.assertEqual(2, len(messages))
        self.assertEqual(messages[0], messages[1], "the same on every try")
        self.assertEqual("1.4.1", messages[0]["indicator"])
        self.assertEqual([], self.waiting())

    def test_a_message_nobody_takes_is_kept_and_said_to_be_undelivered(self):
        self.alerts_yaml("- {match: {alert: UnitLost}, to: [script]}", channels='  - {id: script, kind: command, argv: ["/bin/false"]}\n')
        self.fall()
        with sqlite3.connect(self.province.folder / "var/ntmd.db") as db:
            db.execute("UPDATE outbox SET next_try = 4000000000000000")
        for _ in range(5):
            self.once()
        self.assertEqual([1], [row["attempts"] for row in self.waiting()], "many runs are no week")
        for attempts in range(2, 11):
            self.make_due()
            done = self.once()
            self.assertEqual([attempts], [row["attempts"] for row in self.waiting()])
        self.assertIn("alert.undelivered", done.stderr)
        self.assertTrue(self.waiting()[0]["undelivered"])
        self.assertIn("không gửi được", self.province.ntmd("alerts").stdout)
        self.cameras(3, 9997)
        self.once()
        published = json.loads((self.province.folder / "public/alerts.json").read_text())
        self.assertEqual({"waiting": 1, "undelivered": 1}, published["outbox"])
        self.assertIn('ntmd_outbox_messages{state="undelivered"} 1', (self.province.folder / "public/metrics.prom").read_text())
        with sqlite3.connect(self.province.folder / "var/ntmd.db") as db:
            db.execute("UPDATE outbox SET attempts = 100000, next_try = 0")
        self.alerts_yaml("- {match: {alert: UnitLost}, to: [script]}", channels='  - {id: script, kind: command, argv: ["/bin/true"]}\n')
        self.once()
        self.assertEqual([], self.waiting())

    def test_a_real_alertmanager_holds_it_until_it_is_resolved(self):
        folder = self.province.home / "am"
        folder.mkdir()
        (folder / "am.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
        log = open(folder / "log", "w+")
        self.addCleanup(log.close)
        server = subprocess.Popen(["prometheus-alertmanager", f"--config.file={folder}/am.yml", f"--storage.path={folder}/data",
                                   "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=", "--log.format=json"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(server.stderr.close)
        self.addCleanup(server.wait, 20)
        self.addCleanup(server.terminate)
        port = None
        for line in server.stderr:
            address = json.loads(line).get("address", "")
            if address.startswith("127.0.0.1:"):
                port = int(address.rsplit(":", 1)[1])
                break
        self.assertIsNotNone(port, "alertmanager did not start")

        def active():
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/alerts", timeout=20) as answer:
                return {(alert["labels"]["alertname"], alert["labels"].get("unit"), alert["labels"].get("indicator")): alert
                        for alert in json.load(answer)}

        self.alerts_yaml(f'- {{match: {{unit: "{SMART}"}}, to: [am]}}', channels=f'  - {{id: am, kind: alertmanager, url: "http://127.0.0.1:{port}/"}}\n')
        self.fall()
        alerts = active()
        self.assertEqual({("UnitLost", SMART, None), ("PillarLost", SMART, None), ("IndicatorLost", SMART, "1.4.1")}, set(alerts))
        lost = alerts["IndicatorLost", SMART, "1.4.1"]
        self.assertEqual(("1.4", "230", "99.98"), (lost["labels"]["pillar"], lost["labels"]["group"], lost["annotations"]["value"]))
        self.once("2024-12-23")
        self.assertEqual(3, len(active()), "a reminder is the same alert")
        self.cameras(3, 10000)
        self.once("2024-12-23")
        self.assertEqual({}, active())
        self.assertEqual([], self.waiting())

    def test_whoever_hangs_is_left_and_tried_again_and_the_others_are_told(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        port = silent.getsockname()[1]
        self.alerts_yaml("- {match: {alert: IndicatorLost}, to: [hook, mail, script, room]}", channels=(
            f'  - {{id: hook, kind: webhook, url: "http://127.0.0.1:{port}/", timeout: 1s}}\n'
            f'  - {{id: mail, kind: smtp, url: "smtp://127.0.0.1:{port}", from: a@b, to: [c@d], timeout: 1s}}\n'
            '  - {id: script, kind: command, argv: ["/usr/bin/tail", "-f", "/dev/null"], timeout: 1s}\n'))
        self.assertEqual(1, len(self.fall()))
        self.assertEqual({("hook", 1), ("mail", 1), ("script", 1)}, {(row["channel"], row["attempts"]) for row in self.waiting()})
        self.assertTrue(all(row["last_error"] for row in self.waiting()))

    def test_the_daemon_tells_while_it_runs_and_stops_while_a_channel_hangs(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        self.alerts_yaml("- {match: {alert: DeliveryHeld}, to: [hook, room]}", channels=(
            f'  - {{id: hook, kind: webhook, url: "http://127.0.0.1:{silent.getsockname()[1]}/", timeout: 5m}}\n'))
        self.province.write("figures/bad-rows.csv", FIGURES + f"{SMART},adults,2024-12-18,,,-5\n{SMART},adults,2024-12-18,,,-6\n")
        daemon = subprocess.Popen([NTMD, "--config", str(self.province.config), "run"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  text=True)
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.wait, 60)
        self.addCleanup(lambda: daemon.poll() is None and daemon.kill())
        for line in daemon.stderr:
            if " daemon.ready " in line:
                break
        drain = threading.Thread(target=daemon.stderr.read)
        drain.start()
        self.assertEqual(3, self.province.ntmd("sync", "so-lieu-xa").returncode)
        self.assertTrue(self.room.wait(lambda message: message["state"] == "firing"))
        held = self.room.take()[0]["delivery"]
        self.assertEqual(0, self.province.ntmd("retract", held, "--reason", "wrong file").returncode)
        self.assertTrue(self.room.wait(lambda message: message["state"] == "resolved"))
        daemon.terminate()
        self.assertEqual(0, daemon.wait(timeout=60))
        drain.join()
        self.assertEqual([("hook", 0), ("hook", 0)], [(row["channel"], row["attempts"]) for row in self.waiting()])

    # --- configuration -----------------------------------------------------------------------------------------------------

    def test_every_fault_of_alerts_yaml_is_printed_and_no_secret_is(self):
        self.secret("plain", b"http://hooks.example/T0KEN")
        self.secret("room_key", KEY)
        (self.province.folder / "alerts.yaml").write_text(
            "channels:\n"
            "  - {id: room, kind: webhok, url: 'https://a.example'}\n"
            "  - {id: a, kind: webhook, url: 'http://a.example/x', sign: {secret: nowhere}}\n"
            "  - {id: a, kind: webhook, url: 'https://a.example', form: x}\n"
            "  - {id: b, kind: smtp, url: 'https://a.example', from: 'x', to: ['a b@c']}\n"
            "  - {id: c, kind: command, argv: ['rm -rf']}\n"
            "  - {id: d, kind: webhook, url: {secret: plain}}\n"
            "  - {id: e, kind: alertmanager}\n"
            "routes:\n  - {to: [rom]}\nchanels: []\n")
        done = self.province.ntmd("check")
        self.assertEqual(2, done.returncode)
        for text in ('alerts.yaml:2:22: channel, kind: found "webhok"', "plain http to a host that is not loopback", "nowhere", 'channel id "a" is taken',
                     'unknown key "form"', "its scheme is https, expected smtp", 'found "x", expected an address', 'found "a b@c"',
                     '"rm -rf" is no path', 'secret "plain": it is neither https', 'alerts.yaml:8:5: channel: key "url" is missing',
                     'there is no channel "rom"', 'unknown key "chanels", did you mean "channels"'):
            self.assertIn(text, done.stdout)
        self.assertNotIn("T0KEN", done.stdout + done.stderr)

    def test_an_address_that_is_a_secret_is_shown_nowhere(self):
        self.room.answer = 500
        self.alerts_yaml("- {match: {alert: IndicatorLost}, to: [hidden, gone]}", channels=(
            "  - {id: hidden, kind: webhook, url: {secret: hidden}}\n  - {id: gone, kind: webhook, url: {secret: gone}}\n"))
        self.secret("hidden", f"http://127.0.0.1:{self.room.port}/T0KEN".encode())
        self.secret("gone", b"http://127.0.0.1:9/T0KEN")
        self.room.key = b""
        self.once()
        self.cameras(1, 9999)
        self.once()
        self.cameras(2, 9998)
        done = self.once()
        self.assertEqual(2, len(self.waiting()))
        seen = done.stdout + done.stderr + json.dumps(self.waiting())
        self.assertNotIn("T0KEN", seen)
        self.assertIn("HTTP 500", seen)
        store = b"".join(file.read_bytes() for file in (self.province.folder / "var").iterdir() if file.is_file())
        self.assertNotIn(b"T0KEN", store)

    def test_what_waits_for_a_channel_that_is_gone_is_dropped_and_said(self):
        self.alerts_yaml(channels='  - {id: other, kind: webhook, url: "http://127.0.0.1:9/x"}\n', routes="- {match: {alert: UnitLost}, to: [other]}")
        self.fall()
        self.assertEqual(1, len(self.waiting()))
        self.alerts_yaml()
        done = self.once()
        self.assertIn("alert.given_up", done.stderr)
        self.assertEqual([], self.waiting())

    def test_without_channels_alerts_are_kept_and_published(self):
        self.once()
        self.cameras(1, 9999)
        self.once()
        self.cameras(2, 9998)
        done = self.once()
        self.assertEqual(3, self.province.status()["alerts"]["firing"])
        published = json.loads((self.province.folder / "public/alerts.json").read_text())
        self.assertEqual(3, published["firing"])
        self.assertEqual(3, done.stderr.count(" alert.fired "))
        self.assertEqual([], self.waiting())


if __name__ == "__main__":
    unittest.main()
