#!/usr/bin/env python3
"""The stand-in province checked by itself: what it writes, what its servers say, and how its story goes."""

import csv
import datetime
import hashlib
import hmac
import json
import pathlib
import signal
import stat
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

SIM = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(SIM))

import bank_rows  # noqa: E402
import config  # noqa: E402
import count_people  # noqa: E402
import facts  # noqa: E402
import health  # noqa: E402
import medplum  # noqa: E402
import pools  # noqa: E402
import processes  # noqa: E402
import receiver  # noqa: E402
import schools  # noqa: E402
from sim_case import TODAY, UNITS, ProvinceCase, call  # noqa: E402
from working_age import is_working_age  # noqa: E402


class Files(ProvinceCase):
    def test_every_drop_file_has_long_been_there(self) -> None:
        newest = max(path.stat().st_mtime for path in (self.folder / "in").glob("*/*"))
        self.assertLess(newest, datetime.datetime.now().timestamp() - 3000)
        self.assertEqual(len(list((self.folder / "in" / "banks").iterdir())), 5)

    def test_an_independent_count_of_the_people_agrees_with_what_was_made(self) -> None:
        counts, rejects = count_people.count(sorted((self.folder / "in" / "banks").iterdir()), UNITS / "units.csv")
        self.assertEqual(counts, self.province.banks.counted)
        self.assertEqual(sum(rejects.values()), self.province.banks.bad)
        self.assertGreater(self.province.banks.bad, self.province.banks.rows * 0.007)
        self.assertLess(self.province.banks.bad, self.province.banks.rows * 0.013)

    def test_the_same_seed_writes_the_same_bytes(self) -> None:
        dates = {bank: TODAY for bank in pools.BANKS}
        digests = []
        for _ in range(2):
            with tempfile.TemporaryDirectory() as folder:
                written = bank_rows.write(pathlib.Path(folder), dates, {"08515": 1.0, "07900": 2.0}, 5000, 3)
                digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in written.files])
        self.assertEqual(digests[0], digests[1])

    def test_figures_are_whole_and_most_communes_are_near_or_above_the_thresholds(self) -> None:
        rows = facts.rows(next((self.folder / "in" / "figures").glob("*.csv")))
        self.assertEqual(len({row["unit"] for row in rows}), 147)  # one commune is silent
        self.assertEqual(list(rows[0]), "unit,element,as_of,period_start,period_end,value".split(","))
        value = {(row["unit"], row["element"]): int(row["value"]) for row in rows}
        rates = [count * 100 / value[unit, "working_age"] for unit, count in self.province.banks.counted.items()
                 if (unit, "working_age") in value]
        self.assertGreater(sum(rate >= 85 for rate in rates), 110)
        self.assertGreater(sum(70 < rate < 85 for rate in rates), 3)
        self.assertLess(max(rates), 100)

    def test_the_register_names_every_kind_and_some_records_are_rejected_or_expired(self) -> None:
        rows = facts.rows(self.folder / "in" / "evidence" / "dang-ky.csv")
        self.assertEqual({row["kind"] for row in rows}, set("decision plan activity inspection channel radio website "
                                                            "social confirm_commune confirm_area".split()))
        self.assertTrue(any(row["state"] == "rejected" for row in rows))
        self.assertTrue(any(row["valid_to"] and row["valid_to"] < TODAY.isoformat() for row in rows))
        self.assertTrue(all(row["issued_on"] <= TODAY.isoformat() for row in rows))

    def test_secrets_are_for_the_owner_alone_and_the_config_names_only_those(self) -> None:
        file = config.write(self.folder, self.province.ports, "127.0.0.1:0")
        made = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (self.folder / "secrets").iterdir()}
        self.assertEqual(set(made.values()), {0o600})
        text = file.read_text() + "".join(path.read_text() for path in self.folder.glob("**/*.yaml"))
        for name, value in self.province.secrets.items():
            self.assertIn(f"secret: {name}", text)
            self.assertNotIn(value, text)
        self.assertEqual(len(list((self.folder / "sources.d").iterdir())), 11)


class WorkingAge(unittest.TestCase):
    def test_the_retirement_age_follows_the_year(self) -> None:
        day = datetime.date
        self.assertFalse(is_working_age(day(1963, 12, 20), False, day(2024, 12, 20)))  # reached 61y0m
        self.assertTrue(is_working_age(day(1963, 12, 21), False, day(2024, 12, 20)))
        self.assertFalse(is_working_age(day(1969, 11, 24), True, day(2026, 11, 24)))  # reached 57y0m
        self.assertTrue(is_working_age(day(2011, 11, 24), True, day(2026, 11, 24)))
        self.assertFalse(is_working_age(day(2011, 11, 25), True, day(2026, 11, 24)))


class CameraCase(ProvinceCase):
    def devices(self) -> list[dict]:
        headers = {"Authorization": "Bearer " + self.province.secrets["vms_token"]}
        found: list[dict] = []
        while True:
            status, _, text = call(f"{self.url['vms']}/devices?limit=1000&offset={len(found)}", headers=headers)
            page = json.loads(text)
            self.assertEqual(status, 200)
            if not page["devices"]:
                self.assertEqual(len(found), page["total"])
                return found
            self.assertLessEqual(len(page["devices"]), 500)
            found += page["devices"]


class OtherServers(CameraCase):
    def test_cameras_cover_the_areas_that_the_profile_says(self) -> None:
        covered: dict[str, set[str]] = {}
        for device in self.devices():
            self.assertEqual(set(device), {"id", "unit", "residential_area", "connected_to_police", "online",
                                           "last_seen"})
            if device["connected_to_police"]:
                covered.setdefault(device["unit"], set()).add(device["residential_area"])
        self.assertEqual({unit: len(areas) for unit, areas in covered.items()},
                         {profile.code: profile.areas_with_camera for profile in self.province.profiles})
        self.assertEqual(call(self.url["vms"] + "/devices")[0], 401)

    def test_the_school_system_pages_by_its_own_limit_and_asks_for_a_token(self) -> None:
        url = self.url["oneroster"]
        rostering = url + "/ims/oneroster/rostering/v1p2/schools"
        self.assertEqual(call(rostering)[0], 401)
        form = {"grant_type": "client_credentials", "client_id": schools.CLIENT, "scope": schools.SCOPE}
        wrong = urllib.parse.urlencode(form | {"client_secret": "wrong"}).encode()
        self.assertEqual(call(url + "/token", wrong)[0], 401)
        right = urllib.parse.urlencode(form | {"client_secret": self.province.secrets["oneroster_secret"]}).encode()
        token = json.loads(call(url + "/token", right)[2])
        self.assertEqual((token["token_type"], token["expires_in"]), ("Bearer", 3600))
        headers = {"Authorization": "Bearer " + token["access_token"]}
        status, answer, text = call(rostering + "?limit=1001&offset=0", headers=headers)
        found = json.loads(text)["orgs"]
        self.assertEqual((status, len(found)), (200, 500))
        self.assertIn('rel="next"', answer["Link"])
        rest = json.loads(call(rostering + "?limit=1001&offset=500", headers=headers)[2])["orgs"]
        self.assertEqual(len(found) + len(rest), int(answer["X-Total-Count"]))
        for school in found + rest:
            self.assertEqual(school["type"], "school")
            self.assertIn(school["metadata"]["digitalLevel"], (1, 2, 3))
        self.assertEqual(len({school["metadata"]["unitCode"] for school in found + rest}), 148)

    def fhir(self, base: str, query: str) -> dict:
        headers = {"Authorization": "Bearer " + self.province.secrets["fhir_token"]}
        status, answer, text = call(base + "/fhir/R4/" + query, headers=headers)
        self.assertEqual((status, answer.get_content_type()), (200, "application/fhir+json"))
        return json.loads(text)

    def test_the_health_server_pages_by_next_and_counts_encounters(self) -> None:
        base = self.url["fhir"]
        bundle = self.fhir(base, "Organization?_count=50")
        seen = [entry["resource"]["id"] for entry in bundle["entry"]]
        while following := [link["url"] for link in bundle["link"] if link["relation"] == "next"]:
            bundle = self.fhir(base, following[0].partition("/fhir/R4/")[2])
            seen += [entry["resource"]["id"] for entry in bundle["entry"]]
        self.assertEqual((len(seen), len(set(seen))), (bundle["total"], bundle["total"]))
        whole = self.fhir(base, "Encounter?_summary=count&class=VR")
        self.assertEqual(set(whole), {"resourceType", "type", "total"})
        early = self.fhir(base, "Encounter?_summary=count&class=VR&date=lt2026-06-01")["total"]
        late = self.fhir(base, "Encounter?_summary=count&class=VR&date=ge2026-06-01&date=le2026-12-31")["total"]
        self.assertEqual(early + late, whole["total"])
        report = self.fhir(base, "MeasureReport?reporter=Organization/" + seen[0])["entry"][0]["resource"]
        self.assertEqual([p["code"]["coding"][0]["code"] for p in report["group"][0]["population"]],
                         ["numerator", "denominator"])
        self.assertEqual(call(base + "/fhir/R4/Organization")[0], 401)

    @unittest.skipUnless(medplum.installed(), "the packages of tests/sim/fhir_medplum are not installed (npm ci)")
    def test_a_real_fhir_server_agrees_with_the_stand_in(self) -> None:
        child, port = medplum.start(self.province.health.resources(12), self.folder)
        try:
            facility = self.fhir(self.url["fhir"], "Organization?_count=1")["entry"][0]["resource"]["id"]
            code = facility.split("-")[1]
            for query in (f"Organization?identifier={health.COMMUNE_SYSTEM}|{code}&_summary=count",
                          f"Encounter?_summary=count&class=VR&service-provider=Organization/{facility}",
                          f"MeasureReport?reporter=Organization/{facility}&_summary=count"):
                self.assertEqual(self.fhir(f"http://127.0.0.1:{port}", query)["total"],
                                 self.fhir(self.url["fhir"], query)["total"], query)
        finally:
            processes.stop(child, "medplum")
            child.stdout.close()

    def test_the_webhook_takes_only_what_is_signed_and_fails_when_scripted(self) -> None:
        key = self.province.secrets["room_key"].encode()
        body = json.dumps({"id": "a1", "alert": "IndicatorLost", "state": "firing"}).encode()
        signature = {"X-Ntmd-Signature": "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()}
        url = self.url["webhook"] + "/alerts"
        self.assertEqual(call(url, body, {"X-Ntmd-Signature": "sha256=00"})[0], 401)
        self.assertEqual(call(url, body, signature)[0], 500)  # fail_first=1
        self.assertEqual(call(url, body, signature)[0], 200)
        lines, _ = receiver.events(self.province.log)
        self.assertEqual([(line["status"], line["signed"]) for line in lines], [(401, False), (500, True), (200, True)])
        self.assertEqual(lines[2]["event"]["id"], "a1")


class Story(CameraCase):
    """A province of its own: the steps change files and answers for good."""

    def areas(self, unit: str) -> set[str]:
        return {device["residential_area"] for device in self.devices()
                if device["unit"] == unit and device["connected_to_police"]}

    def corrections(self) -> list[int]:
        found = sorted((self.folder / "in" / "figures").glob("*_dinh-chinh-*.csv"))
        return [int(facts.rows(path)[0]["value"]) for path in found]

    def next(self) -> dict:
        return json.loads(call(self.url["webhook"] + "/_sim/next", b"", method="POST")[2])

    def test_two_observations_agree_then_all_recovers(self) -> None:
        cast = {fall["indicator"]: fall["unit"] for fall in self.province.story.expected()}
        profile = next(profile for profile in self.province.profiles if profile.code == cast["1.1.1"])
        adults = profile.elements["adults"]
        register = self.folder / "in" / "evidence" / "dang-ky.csv"
        before, areas = len(facts.rows(register)), len(self.areas(cast["1.4.1"]))
        self.assertGreaterEqual(profile.elements["adults_with_smartphone"] * 100, adults * 85)
        self.assertEqual(self.next()["step"], 1)
        rejected = facts.rows(register)[-1]
        self.assertEqual((rejected["unit"], rejected["indicator"], rejected["state"]),
                         (cast["1.2.2"], "1.2.2", "rejected"))
        self.assertEqual((len(facts.rows(register)), len(self.areas(cast["1.4.1"]))), (before + 1, areas - 1))
        self.assertEqual(self.next()["step"], 2)
        first, second = self.corrections()
        self.assertNotEqual(first, second)
        self.assertTrue(all(value * 100 < adults * 85 for value in (first, second)))
        self.assertEqual(len(self.areas(cast["1.4.1"])), areas - 2)
        self.assertTrue(self.next()["last"])
        self.assertGreaterEqual(self.corrections()[2] * 100, adults * 85)
        self.assertEqual((facts.rows(register)[-1]["state"], len(self.areas(cast["1.4.1"]))), ("accepted", areas))
        self.assertEqual(self.next()["told"], [])


class Program(unittest.TestCase):
    def test_it_says_when_it_is_ready_and_stops_on_sigterm(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            child = subprocess.Popen([sys.executable, str(SIM / "province.py"), "--dir", folder, "--today",
                                      TODAY.isoformat(),
                                      "--bank-rows", "2000", "--ports-file", folder + "/ports.json"],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            try:
                ready = json.loads(child.stdout.readline())
                self.assertEqual(json.loads(pathlib.Path(folder, "ports.json").read_text()), ready)
                self.assertEqual(set(ready["ports"]), {"portal", "vms", "oneroster", "fhir", "webhook"})
                for port in ready["ports"].values():
                    self.assertEqual(call(f"http://127.0.0.1:{port}/_sim/state")[0], 200)
                child.send_signal(signal.SIGTERM)
                self.assertEqual(child.wait(10), 0)
            finally:
                processes.stop(child, "province")
                child.stdout.close()

    def test_the_people_counter_prints_a_table(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            written = bank_rows.write(pathlib.Path(folder), {"vcb": TODAY}, {"07900": 1.0}, 500, 1)
            done = subprocess.run([sys.executable, str(SIM / "count_people.py"), str(written.files[0])], check=True,
                                  capture_output=True, text=True)
            self.assertEqual(list(csv.reader(done.stdout.splitlines())),
                             [["unit", "count"], ["07900", str(written.counted["07900"])]])


if __name__ == "__main__":
    unittest.main(module=None, argv=[sys.argv[0], "discover", "-s", str(SIM), *sys.argv[1:]])
