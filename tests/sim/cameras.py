"""A camera platform: GET /devices?limit=&offset= with a bearer token. Its story: one commune's connections are lost."""

import datetime
import hmac
import random
import threading

from http_sim import Answer, Request, json_answer
from population import Profile

MAX_LIMIT = 500


class Cameras:
    def __init__(self, profiles: list[Profile], today: datetime.date, seed: int, token: str):
        self._token = token
        self._lock = threading.Lock()
        self._now = datetime.datetime(today.year, today.month, today.day, 5, 0)
        self._devices: list[dict] = []
        rng = random.Random(f"cameras/{seed}")
        for profile in profiles:
            for area in range(1, profile.areas + 1):
                lost = area > profile.areas_with_camera
                for number in range(rng.choice((1, 1, 2))):
                    # A second camera may be down without harm: the area still has one.
                    online = not lost and (number == 0 or rng.random() < 0.9)
                    self._devices.append({
                        "id": f"cam-{profile.code}-{area:02d}-{number + 1}", "unit": profile.code,
                        "residential_area": f"{profile.code}-khu-{area:02d}", "connected_to_police": online,
                        "online": online, "last_seen": self._seen(rng.randrange(60) if online else 20000)})

    def _seen(self, minutes_ago: int) -> str:
        return (self._now - datetime.timedelta(minutes=minutes_ago)).isoformat() + "Z"

    def set_area(self, unit: str, area: int, connected: bool) -> None:
        """Every camera of one residential area loses or regains its connection; two polls differ by `last_seen` too."""
        with self._lock:
            self._now += datetime.timedelta(minutes=1)
            for device in self._devices:
                if device["residential_area"] == f"{unit}-khu-{area:02d}":
                    device.update(connected_to_police=connected, online=connected, last_seen=self._seen(0))

    def answer(self, request: Request) -> Answer:
        if not hmac.compare_digest(request.headers.get("authorization", ""), f"Bearer {self._token}"):
            return json_answer({"error": "unauthorized"}, 401, WWW_Authenticate="Bearer")
        if request.path != "/devices" or request.method != "GET":
            return json_answer({"error": "not found"}, 404)
        try:
            limit, offset = int(request.query.get("limit", "100")), int(request.query.get("offset", "0"))
            if limit < 1 or offset < 0:
                raise ValueError
        except ValueError:
            return json_answer({"error": "limit and offset are integers"}, 400)
        with self._lock:
            page = self._devices[offset: offset + min(limit, MAX_LIMIT)]
            return json_answer({"total": len(self._devices), "devices": page})
