"""The portal stand-in: real codes and counts, nulls, shapes, faults."""

import http.client
import json

import facts
from sim_case import ProvinceCase, call


class PortalAnswers(ProvinceCase):
    def test_the_tree_has_the_real_codes_and_the_real_counts_of_august(self) -> None:
        data = self.ask_portal("provide-online-tree", facts.ROOT_ID)
        parent = data["parent"]
        self.assertEqual((parent["departmentCode"], parent["channelOnlineSum"], parent["channelDirectSum"],
                          parent["channelPostalSum"], parent["channelTotalSum"]), ("H44", 150956, 1639, 0, 152595))
        communes = [child for child in data["children"] if child["level"] == "COMMUNE"]
        self.assertEqual({child["departmentCode"] for child in communes}, {f"H44.{n}" for n in range(100, 248)})
        totals = {}
        for child in communes:
            own = self.ask_portal("provide-online-tree", child["departmentId"])["parent"]
            self.assertEqual(own["departmentCode"], child["departmentCode"])
            totals[own["departmentCode"]] = own["channelTotalSum"]
        self.assertEqual(totals["H44.128"], 1495)
        self.assertEqual(sum(totals.values()), 152595)
        without = [child for child in communes if totals[child["departmentCode"]] == 0]
        self.assertEqual([(child["ratio"], child["totalScore"]) for child in without], [(0, 0)])

    def test_null_is_said_for_one_month_of_one_commune_and_for_months_to_come(self) -> None:
        profile = next(profile for profile in self.province.profiles if profile.role == "null_month")
        root = profile.commune.department_id
        self.assertIsNone(self.ask_portal("provide-online-tree", root, month=5)["parent"]["channelTotalSum"])
        self.assertIsNotNone(self.ask_portal("provide-online-tree", root, month=6)["parent"]["channelTotalSum"])
        self.assertIsNone(self.ask_portal("provide-online-tree", facts.ROOT_ID, month=12)["parent"]["channelTotalSum"])

    def test_some_communes_are_below_three_quarters_online_and_most_far_above(self) -> None:
        below = 0
        for profile in self.province.profiles:
            own = self.ask_portal("provide-online-tree", profile.commune.department_id, month=7)["parent"]
            self.assertEqual(own["channelTotalSum"], own["channelOnlineSum"] + own["channelDirectSum"])
            below += own["channelOnlineSum"] * 100 < own["channelTotalSum"] * 75
        self.assertEqual(below, sum(profile.faults.get("1.2.1") == "below" for profile in self.province.profiles))
        self.assertGreater(below, 0)

    def test_the_other_endpoints_have_their_shapes_and_page_sizes(self) -> None:
        progress = self.ask_portal("dvc-progress-tree", facts.ROOT_ID)
        self.assertEqual((progress["parent"]["totalReceived"], progress["parent"]["totalOverdue"]), (184513, None))
        self.assertEqual(len(progress["children"]), 100)
        self.assertEqual(len(self.ask_portal("dvc-progress-tree", facts.ROOT_ID, page=2)["children"]), 48)
        self.assertEqual(set(self.ask_portal("transparency", facts.ROOT_ID)), {"overview", "evaluation", "metrics"})
        for endpoint in ("handling-satisfaction", "dossier-digitized"):
            self.assertEqual(self.ask_portal(endpoint, facts.ROOT_ID), {"metrics": []})
        self.assertEqual(len(self.ask_portal("formality-online-payment-tree", facts.ROOT_ID)["children"]), 100)

    def test_each_fault_comes_as_often_as_asked_and_then_no_more(self) -> None:
        url = self.url["portal"] + "/api/v1/reporting/evaluation/provide-online-tree"
        body = {"timeType": "month", "year": 2026, "month": 8, "rootDepartmentId": facts.ROOT_ID, "currentPage": 1,
                "pageSize": 200}

        def set_fault(kind: str, **more) -> None:
            self.assertEqual(call(self.url["portal"] + "/_sim/fault", {"kind": kind} | more)[0], 200)

        set_fault("html", count=2)
        for _ in range(2):
            status, headers, text = call(url, body)
            self.assertEqual((status, headers.get_content_type()), (200, "text/html"))
            self.assertIn(b"Request Rejected", text)
        self.assertEqual(call(url, body)[0], 201)
        set_fault("429", retry_after=3)
        status, headers, _ = call(url, body)
        self.assertEqual((status, headers["Retry-After"]), (429, "3"))
        for kind in ("403", "500", "503"):
            set_fault(kind)
            self.assertEqual(call(url, body)[0], int(kind))
        set_fault("truncated")
        with self.assertRaises(ValueError):
            json.loads(call(url, body)[2])
        set_fault("reset")
        with self.assertRaises(http.client.IncompleteRead):
            call(url, body)
        set_fault("500", match="elsewhere")
        self.assertEqual(call(url, body)[0], 201)
        self.assertEqual(call(self.url["portal"] + "/_sim/fault", {"kind": "nonsense"})[0], 400)
        set_fault("none")

    def test_a_timeout_gives_no_byte(self) -> None:
        call(self.url["vms"] + "/_sim/fault", {"kind": "timeout"})
        connection = http.client.HTTPConnection("127.0.0.1", self.province.ports["vms"], timeout=0.2)
        connection.request("GET", "/devices")
        with self.assertRaises(TimeoutError):
            connection.getresponse()
        connection.close()
