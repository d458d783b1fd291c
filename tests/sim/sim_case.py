"""What the tests of the stand-in share: a small province on loopback and a way to ask it."""

import datetime
import json
import pathlib
import tempfile
import unittest
import urllib.error
import urllib.request

import facts
from province import Province

TODAY = datetime.date(2026, 11, 24)
UNITS = facts.PROJECT / "config" / "units"


def call(url: str, body: object = None, headers: dict | None = None, method: str | None = None):
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    verb = method or ("GET" if data is None else "POST")
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=verb)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as fault:
        with fault:
            return fault.code, fault.headers, fault.read()


class ProvinceCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.province = Province(cls.folder, TODAY, seed=7, bank_rows_wanted=40_000, fail_first=1)
        cls.url = {name: server.url for name, server in cls.province.servers.items()}

    @classmethod
    def tearDownClass(cls) -> None:
        cls.province.stop()
        cls.scratch.cleanup()

    def ask_portal(self, endpoint: str, root: str, month: int = 8, page: int = 1) -> dict:
        status, _, text = call(self.url["portal"] + "/api/v1/reporting/evaluation/" + endpoint, {
            "timeType": "month", "year": 2026, "month": month, "rootDepartmentId": root,
            "currentPage": page, "pageSize": 200})
        answer = json.loads(text)
        self.assertEqual((status, answer["code"], answer["message"]), (201, "OK", "OK"))
        return answer["data"]


