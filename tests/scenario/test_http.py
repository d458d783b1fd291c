"""Polled sources over HTTP with the real binary: months in, faults told, old figures in force, recovery."""
import json
import socket
import ssl
import subprocess
import threading
import unittest

from fake_portal import REJECTED, ROOT, FakePortal
from province import ROOT as PROJECT
from province import Province

CODES = {"08557": "H44.101", "08092": "H44.102", "07951": "H44.103"}
APRIL = "2024-04-10"
MAY = "2024-05-02"


def send(status, body=b"{}", content_type="application/json", length=None, **headers):
    return lambda handler: handler.send(status, body, content_type, length, **headers)


class Portal(unittest.TestCase):
    def setUp(self):
        self.province = Province("1001")
        self.addCleanup(self.province.close)
        self.portal = FakePortal(list(CODES.values()))
        self.addCleanup(self.portal.close)
        for month in (1, 2, 3, 4):
            self.portal.months[(2024, month)] = {code: (100 * month, 90 * month) for code in CODES.values()}
        for file in (self.province.folder / "sources.d").iterdir():
            file.unlink()
        self.write_source(self.portal.url)
        aliases = [f"portal,{alias},{code},2020-01-01,\n" for code, alias in CODES.items()]
        (self.province.folder / "aliases.csv").write_text("scheme,alias,code,valid_from,valid_to\n" + "".join(aliases))
        # The shipped connector with less patience, so that a test need not wait for it.
        shipped = (PROJECT / "connectors/catalogue/portal-statistics.yaml").read_text()
        quick = shipped.replace("timeout: 60s", "timeout: 2s").replace("backoff: 1s, backoff_cap: 30s", "backoff: 5ms, backoff_cap: 20ms")
        self.assertEqual(shipped.count("timeout: 60s") + shipped.count("backoff: 1s, backoff_cap: 30s"), 2)
        folder = self.province.folder / "connectors"
        folder.mkdir()
        (folder / "portal-statistics.yaml").write_text(quick)
        config = self.province.config.read_text()
        self.province.config.write_text(config + "connectors_dir: connectors\n")

    def write_source(self, url):
        (self.province.folder / "sources.d/portal.yaml").write_text(
            f"id: portal\nconnector: portal-statistics\nwith: {{base_url: \"{url}\", root: {ROOT}, time_type: month, scheme: portal}}\n"
            "schedule: {cron: \"10 */2 * * *\", timezone: Asia/Ho_Chi_Minh, deadline: 60s}\n"
            "freshness: {warn_after: 45d, error_after: 75d}\n")

    def poll(self, day=APRIL, code=0):
        done = self.province.once(day)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done

    def last_run(self):
        runs = json.loads(self.province.ntmd("runs", "portal", "--json").stdout)["runs"]
        return runs[0]

    def dossiers(self):
        """Numerator and denominator of 1.2.1 by unit."""
        out = {}
        for unit in self.province.units():
            if unit["code"] in CODES:
                found = next(i for i in unit["indicators"] if i["id"] == "1.2.1")
                out[unit["code"]] = (found["numerator"], found["denominator"])
        return out

    def all_units(self, numerator, denominator):
        return {code: (numerator, denominator) for code in CODES}

    def test_a_portal_that_knows_no_pages_is_read_once(self):
        self.portal.pages = False
        self.poll()
        self.assertEqual(self.last_run()["outcome"], "ok")
        self.assertEqual(self.dossiers(), {unit: (540, 600) for unit in CODES})

    def test_every_finished_month_is_a_delivery_and_their_sum_is_judged(self):
        self.poll()
        self.assertEqual(self.portal.months_asked(), ["2024-01", "2024-02", "2024-03"])
        self.assertEqual(self.dossiers(), self.all_units(540, 600))
        source = self.province.sources()["portal"]
        self.assertEqual((source["outcome"], source["loaded"], source["filtered"], source["quarantined"]), ("ok", 9, 3, 0))
        self.assertEqual(self.portal.most_at_once, 1, "one request at a time per host")
        self.assertEqual(self.province.ntmd("verify").returncode, 0)

    def test_the_last_two_months_are_asked_again_each_time_and_a_new_one_is_added(self):
        self.poll()
        self.portal.months_asked()
        self.poll()
        self.assertEqual(self.portal.months_asked(), ["2024-02", "2024-03"])
        self.assertEqual(self.last_run()["outcome"], "unchanged")
        self.assertEqual(self.dossiers(), self.all_units(540, 600))
        self.poll(MAY)
        self.assertEqual(self.portal.months_asked(), ["2024-03", "2024-04"])
        self.assertEqual(self.dossiers(), self.all_units(900, 1000))

    def test_a_month_that_changed_supersedes_what_was_told_before(self):
        self.poll()
        self.portal.months[(2024, 3)]["H44.101"] = (400, 100)
        self.poll()
        self.assertEqual(self.dossiers(), self.all_units(540, 600) | {"08557": (370, 700)})
        self.portal.months[(2024, 1)]["H44.101"] = (1, 1)
        self.poll()
        self.assertEqual(self.dossiers()["08557"], (370, 700), "January is final: it is not asked again")

    def test_last_years_months_are_asked_until_14_february(self):
        self.portal.months = {(2024, month): {code: (10, 9) for code in CODES.values()} for month in range(1, 13)}
        self.portal.months[(2025, 1)] = {code: (1000, 1) for code in CODES.values()}
        self.poll("2025-01-20")
        self.assertEqual(self.portal.months_asked(), [f"2024-{month:02}" for month in range(1, 13)])
        self.assertEqual(self.dossiers(), self.all_units(108, 120))
        self.poll("2025-02-14")
        self.assertEqual(self.portal.months_asked(), ["2024-12", "2025-01"])
        self.assertEqual(self.dossiers(), self.all_units(108, 120), "the whole previous year")
        self.poll("2025-02-15")
        self.assertEqual(self.portal.months_asked(), ["2025-01"])
        self.assertEqual(self.dossiers(), self.all_units(1, 1000))

    def test_null_is_no_figure_and_zero_is_one(self):
        self.portal.months[(2024, 2)]["H44.101"] = None
        self.portal.months[(2024, 3)]["H44.102"] = (0, 0)
        self.poll()
        self.assertEqual(self.dossiers(), {"08557": (None, None), "08092": (270, 300), "07951": (540, 600)})
        unit = next(u for u in self.province.units() if u["code"] == "08557")
        found = next(i for i in unit["indicators"] if i["id"] == "1.2.1")
        self.assertIn("window_gap", found["reasons"])

    def test_each_fault_is_told_the_old_figures_stay_and_the_next_good_poll_recovers(self):
        self.poll()
        before = self.dossiers()
        april = lambda request: request["month"] == 4  # noqa: E731

        def in_april(answer):
            return lambda request: answer if april(request) else None

        def truncated(handler):
            handler.send(201, b'{"code":"OK","data":{"parent":{"departmentId":"')

        def cut(handler):
            handler.send(201, b'{"code":"OK",', length=1000)
            handler.close_connection = True

        def hang(handler):
            self.portal.hang.wait(60)
            handler.close_connection = True

        def repeats(request):
            if not april(request) or request["rootDepartmentId"] != ROOT:
                return None
            if request["currentPage"] == 1:
                return None
            tree = json.loads(self.portal.answer(request | {"currentPage": 1}))
            tree["data"]["children"] = tree["data"]["children"][1:2]
            tree["data"]["children"][0]["departmentId"] = "id-of-nobody"
            return send(201, json.dumps(tree).encode())

        def wrong_unit(request):
            if not april(request) or request["rootDepartmentId"] == ROOT:
                return None
            return send(201, self.portal.answer(request | {"rootDepartmentId": "id-H44.102"}))

        cases = {
            "html": (in_april(send(200, REJECTED, "text/html")), "HTTP 200 with an HTML page, expected JSON"),
            "html that says it is json": (in_april(send(201, REJECTED)), "HTTP 201 with an HTML page"),
            "truncated": (in_april(truncated), "no whole JSON text"),
            "cut": (in_april(cut), "the answer is cut short"),
            "500": (in_april(send(500)), "HTTP 500, expected an answer; tried 5 times"),
            "403": (in_april(send(403)), "HTTP 403, expected 201"),
            "404": (in_april(send(404)), "HTTP 404, expected 201"),
            "302": (in_april(send(302, b"", Location="http://169.254.169.254/")), "a redirect is not followed"),
            "429": (in_april(send(429)), "HTTP 429 without a Retry-After"),
            "429 for an hour": (in_april(send(429, Retry_After="3600")), "HTTP 429 with Retry-After 3600 s"),
            "timeout": (in_april(hang), "imed out"),
            "repeated page": (repeats, "the same rows came again"),
            "error code": (in_april(send(201, b'{"code":"ERROR","data":null}')), '/code is "ERROR", expected OK'),
            "no tree": (in_april(send(201, b'{"code":"OK","data":null}')), "/data/children is not there"),
            "another unit's answer": (wrong_unit, "/data/parent/departmentId"),
        }
        for name, (fault, message) in cases.items():
            with self.subTest(name):
                self.portal.fault = fault
                self.portal.hang.clear()
                self.portal.months_asked()
                self.poll(MAY, 3)
                run = self.last_run()
                self.assertEqual(run["outcome"], "failed")
                self.assertIn(message, run["message"])
                self.assertIn("window 2024-04", run["message"])
                self.assertEqual(self.province.sources()["portal"]["outcome"], "failed")
                self.assertEqual(self.dossiers(), before)
                self.assertEqual(self.portal.months_asked(), ["2024-03", "2024-04"], "the cursor stood still")
                self.portal.hang.set()
        self.portal.fault = lambda request: None
        self.poll(MAY)
        self.assertEqual(self.dossiers(), self.all_units(900, 1000))
        self.assertEqual(self.province.ntmd("verify").returncode, 0)

    def test_a_short_wait_that_the_portal_asks_for_is_waited_also_in_one_run(self):
        left = [2]

        def busy(request):
            if not left[0]:
                return None
            left[0] -= 1
            return send(429, Retry_After="1")

        self.portal.fault = busy
        self.poll()
        self.assertEqual(left, [0])
        self.assertEqual(self.dossiers(), self.all_units(540, 600))

    def test_what_came_before_a_fault_is_kept_and_the_rest_is_asked_next_time(self):
        self.portal.fault = lambda request: send(403) if request["month"] == 2 else None
        self.poll(code=3)
        self.assertEqual(self.portal.months_asked(), ["2024-01", "2024-02"])
        self.assertEqual(self.dossiers(), self.all_units(90, 100))
        self.portal.fault = lambda request: None
        self.poll()
        self.assertEqual(self.portal.months_asked(), ["2024-02", "2024-03"])
        self.assertEqual(self.dossiers(), self.all_units(540, 600))

    def test_a_portal_that_is_not_there_is_a_failed_source(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.write_source(f"http://127.0.0.1:{free.getsockname()[1]}")
            self.poll(code=3)
        self.assertIn("tried 5 times", self.last_run()["message"])
        self.write_source(self.portal.url)
        self.poll()
        self.assertEqual(self.dossiers(), self.all_units(540, 600))

    def test_a_portal_that_cannot_prove_who_it_is_is_asked_nothing(self):
        key, certificate = self.province.home / "key.pem", self.province.home / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        greeted = []

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        with context.wrap_socket(connection, server_side=True) as secure:
                            greeted.append(secure.recv(1000))
                    except OSError as fault:
                        greeted.append(type(fault).__name__)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.write_source(f"https://127.0.0.1:{listener.getsockname()[1]}")
        self.poll(code=3)
        self.assertIn("expected a certificate that proves the host", self.last_run()["message"])
        self.assertEqual(len(greeted), 1, "no retry storm")
        self.assertNotIsInstance(greeted[0], bytes, "nothing was sent")

    def test_plain_http_to_another_machine_is_a_config_fault(self):
        self.write_source("http://portal.example")
        done = self.province.ntmd("check")
        self.assertEqual(done.returncode, 2)
        self.assertIn("plain http to a host that is not loopback, expected https", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
