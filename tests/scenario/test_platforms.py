"""The health, camera and school connectors with the real binary: against the stand-in's servers, and a real FHIR server."""
import collections
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from province import NTMD, ROOT

sys.path.insert(0, str(ROOT / "tests" / "sim"))

import config  # noqa: E402
import facts  # noqa: E402
import health  # noqa: E402
import medplum  # noqa: E402
import population  # noqa: E402
import processes  # noqa: E402
import schools  # noqa: E402
from cameras import Cameras  # noqa: E402
from http_sim import StandIn  # noqa: E402

TODAY = datetime.date(2026, 11, 24)
MONTHS = [f"2026-{month:02}" for month in range(1, 11)]
SECRETS = {"vms_token": "vms-geheim", "oneroster_secret": "school-geheim", "fhir_token": "fhir-geheim"}


class Platforms(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="ntmd-scenario-"))
        self.addCleanup(shutil.rmtree, self.home)
        # A few communes are enough: what is tested is the way, not the amount.
        self.profiles = population.profiles(facts.communes_on(TODAY), 7)[:12]
        population.settle(self.profiles, {profile.code: 2000 for profile in self.profiles}, 7)
        self.cameras = Cameras(self.profiles, TODAY, 7, SECRETS["vms_token"])
        self.health = health.Health(self.profiles, TODAY, 7, SECRETS["fhir_token"])
        self.schools = schools.Schools(self.profiles, TODAY, 7, SECRETS["oneroster_secret"], token_seconds=3600)
        self.servers = {}
        for name, answer in (("vms", self.cameras.answer), ("fhir", self.health.answer), ("oneroster", self.schools.answer)):
            self.servers[name] = StandIn(name, answer).start()
            self.addCleanup(self.servers[name].stop)
        (self.home / "secrets").mkdir(mode=0o700)
        for name, text in SECRETS.items():
            with os.fdopen(os.open(self.home / "secrets" / name, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(text + "\n")
        ports = {name: server.port for name, server in self.servers.items()} | {"portal": 1}
        self.config = config.write(self.home, ports, "127.0.0.1:0")
        for file in (self.home / "sources.d").iterdir():
            if file.stem not in ("camera", "y-te", "truong-hoc"):
                file.unlink()
        (self.home / "alerts.yaml").write_text("channels: []\nroutes: []\n")

    def ntmd(self, *arguments):
        return subprocess.run([NTMD, "--config", str(self.config), *arguments], capture_output=True, text=True, timeout=240)

    def once(self, code=0, day=TODAY):
        done = self.ntmd("run", "--once", "--as-of", day.isoformat())
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for text in SECRETS.values():
            self.assertNotIn(text, done.stdout + done.stderr)

    def message(self, source):
        return json.loads(self.ntmd("runs", source, "--json").stdout)["runs"][0]["message"]

    def figures(self):
        """{unit: {element: value}} of what the verdicts were made with."""
        out = collections.defaultdict(dict)
        for unit in json.loads((self.home / "public/status.json").read_text())["units"]:
            for indicator in unit["indicators"]:
                for entry in indicator["inputs"]:
                    if entry["value"] is not None:
                        out[unit["code"]][entry["element"]] = entry["value"]
        return out

    def check(self, element, expected):
        figures = self.figures()
        self.assertEqual({unit: values[element] for unit, values in figures.items() if element in values}, expected)

    def expected_cameras(self):
        areas = {profile.code: set() for profile in self.profiles}
        for device in self.cameras._devices:
            if device["connected_to_police"]:
                areas[device["unit"]].add(device["residential_area"])
        return {unit: len(found) for unit, found in areas.items()}

    def expected_schools(self):
        every, digital = collections.Counter(), collections.Counter()
        for org in self.schools._orgs:
            if org["type"] == "school":
                every[org["metadata"]["unitCode"]] += 1
                digital[org["metadata"]["unitCode"]] += org["metadata"]["digitalLevel"] >= 2
        return dict(every), dict(digital)

    @staticmethod
    def expected_health(resources):
        """Facilities, synchronised ones and remote consultations until the end of October, counted from the resources."""
        unit_of, synced, remote = {}, collections.Counter(), collections.Counter()
        for resource in resources:
            if resource["resourceType"] == "Organization":
                unit_of[resource["id"]] = resource["identifier"][0]["value"]
        for unit in unit_of.values():
            synced[unit] += 0
            remote[unit] += 0
        for resource in resources:
            if resource["resourceType"] == "MeasureReport":
                numerator, denominator = (part["count"] for part in resource["group"][0]["population"])
                unit = unit_of[resource["reporter"]["reference"].removeprefix("Organization/")]
                synced[unit] += denominator > 0 and numerator == denominator
            elif resource["resourceType"] == "Encounter" and resource["class"]["code"] == "VR":
                if resource["period"]["start"][:7] <= MONTHS[-1]:
                    remote[unit_of[resource["serviceProvider"]["reference"].removeprefix("Organization/")]] += 1
        return dict(collections.Counter(unit_of.values())), dict(synced), dict(remote)

    def check_health(self, resources):
        facilities, synced, remote = self.expected_health(resources)
        self.check("health_facilities", facilities)
        self.check("health_facilities_synced", synced)
        self.check("telehealth_encounters", remote)

    def test_cameras_schools_and_health_say_what_the_platforms_hold(self):
        self.once()
        self.check("residential_areas_with_connected_camera", self.expected_cameras())
        every, digital = self.expected_schools()
        self.check("schools", every)
        self.check("schools_digital", digital)
        self.check_health(self.health.resources(1000))
        self.assertEqual(self.ntmd("verify").returncode, 0)

    def test_an_area_whose_cameras_are_cut_off_counts_no_more_from_the_next_poll_on(self):
        self.once()
        before = self.expected_cameras()
        profile = next(profile for profile in self.profiles if before[profile.code] > 1)
        self.cameras.set_area(profile.code, 1, False)
        self.once()
        self.check("residential_areas_with_connected_camera", before | {profile.code: before[profile.code] - 1})
        self.cameras.set_area(profile.code, 1, True)
        self.once()
        self.check("residential_areas_with_connected_camera", before)

    def test_a_fault_of_each_platform_is_told_and_the_old_figures_stay(self):
        self.once()
        before = self.figures()
        names = {"vms": "camera", "fhir": "y-te", "oneroster": "truong-hoc"}
        for kind, message in (("html", "HTML page"), ("403", "HTTP 403"), ("truncated", "no whole JSON text")):
            for server, source in names.items():
                with self.subTest(f"{source} {kind}"):
                    # The school system gives its token first; what is faulty is the list.
                    self.servers[server].set_fault(kind, count=1, match="" if server != "oneroster" else "schools")
                    self.once(code=3)
                    self.assertIn(message, self.message(source))
                    self.assertEqual(self.figures(), before)
        self.once()
        self.assertEqual(self.figures(), before)

    def test_a_wrong_secret_is_told_by_its_place_and_never_shown(self):
        for name in SECRETS:
            (self.home / "secrets" / name).write_text("wr0ng\n")
        self.once(code=3)
        self.assertIn("HTTP 401", self.message("camera"))
        self.assertIn("HTTP 401", self.message("y-te"))
        self.assertIn("invalid_client", self.message("truong-hoc"))
        for source in ("camera", "y-te", "truong-hoc"):
            self.assertNotIn("wr0ng", self.message(source))

    def test_a_token_that_runs_out_is_refreshed_once(self):
        # Every token of this server is refused once it was used for one page.
        answer = self.schools.answer

        def short(request):
            made = answer(request)
            if request.path.endswith("/schools"):
                self.schools._tokens.clear()
            return made

        self.servers["oneroster"]._answer = short
        self.once()
        self.check("schools", self.expected_schools()[0])

    def test_a_real_fhir_server_is_read_the_same_way(self):
        if not medplum.installed():
            print("\nSKIPPED: fhir-counts against the real FHIR server; its packages are not installed, run "
                  "./dev fhir-server", file=sys.stderr)
            self.skipTest("the packages of tests/sim/fhir_medplum are not installed")
        resources = self.health.resources(12)
        child, port = medplum.start(resources, self.home)
        self.addCleanup(child.stdout.close)
        self.addCleanup(processes.stop, child, "medplum")
        (self.home / "sources.d/camera.yaml").unlink()
        (self.home / "sources.d/truong-hoc.yaml").unlink()
        source = self.home / "sources.d/y-te.yaml"
        text = source.read_text().splitlines()
        text[2] = f'with: {{base_url: "http://127.0.0.1:{port}", auth: none}}'
        source.write_text("\n".join(text) + "\n")
        self.once()
        self.check_health(resources)
        # It names no next page: facilities that do not fit on one are a failed poll, not fewer facilities.
        text[2] = text[2].replace("auth: none", "auth: none, page_size: 5")
        source.write_text("\n".join(text) + "\n")
        self.once(code=3)
        self.assertIn("5 rows came in all, expected the 12 that were declared", self.message("y-te"))
        # What it does not know it answers with an empty Bundle: no facility is no delivery of zeros.
        text[2] = text[2].replace("page_size: 5", "facility_type: nosuch")
        source.write_text("\n".join(text) + "\n")
        before = self.figures()
        self.once(code=3)
        self.assertEqual(self.figures(), before)


if __name__ == "__main__":
    unittest.main()
