"""A school system, OneRoster 1.2: client credentials, rostering with limit, offset, X-Total-Count and Link.

The server clamps `limit` to 500 and does not say so, as a real one was seen to do.
"""

import base64
import datetime
import hmac
import random
import secrets
import threading
import time
import urllib.parse

from http_sim import Answer, Request, json_answer
from population import Profile

PREFIX = "/ims/oneroster/rostering/v1p2/"
SCOPE = "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly"
CLIENT = "ntmd"
MAX_LIMIT = 500
LEVELS = ("Trường Mầm non", "Trường Tiểu học", "Trường THCS")


class Schools:
    def __init__(self, profiles: list[Profile], today: datetime.date, seed: int, client_secret: str,
                 token_seconds: int = 3600):
        self._secret, self._token_seconds = client_secret, token_seconds
        self._lock = threading.Lock()
        self._tokens: dict[str, float] = {}
        rng = random.Random(f"schools/{seed}")
        modified = f"{today.isoformat()}T00:00:00.000Z"
        self._orgs = [{"sourcedId": "org-h44", "status": "active", "dateLastModified": modified, "metadata": {},
                       "name": "Sở Giáo dục và Đào tạo Phú Thọ", "type": "district", "identifier": "H44"}]
        for profile in profiles:
            place = profile.commune.name.split(" ", 1)[1]
            for number in range(rng.randrange(3, 8)):
                level = rng.choices((1, 2, 3), (12, 48, 40))[0]
                self._orgs.append({
                    "sourcedId": f"sch-{profile.code}-{number + 1}", "status": "active", "dateLastModified": modified,
                    "metadata": {"unitCode": profile.code, "digitalLevel": level},
                    "name": f"{LEVELS[number % 3]} {place}", "type": "school",
                    "identifier": f"{profile.code}{number + 1:03d}",
                    "parent": {"href": PREFIX + "orgs/org-h44", "sourcedId": "org-h44", "type": "org"}})

    def answer(self, request: Request) -> Answer:
        if request.path in ("/token", "/oauth2/token"):
            return self._token(request)
        if not request.path.startswith(PREFIX):
            return self._status(404, "unknownobject")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        with self._lock:
            if self._tokens.get(token, 0.0) <= time.monotonic():
                return self._status(401, "unauthorisedrequest")
        kind = request.path.removeprefix(PREFIX)
        if kind == "schools":
            return self._page(request, [org for org in self._orgs if org["type"] == "school"], "orgs")
        if kind == "orgs":
            return self._page(request, self._orgs, "orgs")
        return self._page(request, [], "classes") if kind == "classes" else self._status(404, "unknownobject")

    def _token(self, request: Request) -> Answer:
        form = dict(urllib.parse.parse_qsl(request.body.decode("utf-8", "replace")))
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        basic = request.headers.get("authorization", "")
        if basic.startswith("Basic "):
            try:
                pair = base64.b64decode(basic[6:], validate=True).decode()
            except ValueError:
                return json_answer({"error": "invalid_client"}, 401)
            client, _, secret = (urllib.parse.unquote_plus(part) for part in pair.partition(":"))
        if request.method != "POST" or form.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type"}, 400)
        if client != CLIENT or not hmac.compare_digest(secret, self._secret):
            return json_answer({"error": "invalid_client"}, 401)
        if SCOPE not in form.get("scope", "").split():
            return json_answer({"error": "invalid_scope"}, 400)
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._tokens[token] = time.monotonic() + self._token_seconds
        return json_answer({"access_token": token, "token_type": "Bearer", "expires_in": self._token_seconds,
                            "scope": SCOPE}, Cache_Control="no-store")

    def _page(self, request: Request, items: list[dict], root: str) -> Answer:
        try:
            limit, offset = int(request.query.get("limit", "100")), int(request.query.get("offset", "0"))
            if limit < 1 or offset < 0:
                raise ValueError
        except ValueError:
            return self._status(422, "invaliddata")
        limit = min(limit, MAX_LIMIT)

        def link(relation: str, at: int) -> str:
            query = urllib.parse.urlencode(request.query | {"limit": limit, "offset": at})
            return f'<{request.base}{request.path}?{query}>; rel="{relation}"'

        last = max(0, (len(items) - 1) // limit * limit)
        links = [link("next", offset + limit)] if offset + limit < len(items) else []
        links += [link("first", 0), link("last", last)]
        links += [link("prev", max(0, offset - limit))] if offset else []
        return json_answer({root: items[offset: offset + limit]}, X_Total_Count=str(len(items)), Link=", ".join(links))

    @staticmethod
    def _status(status: int, minor: str) -> Answer:
        return json_answer({"imsx_codeMajor": "failure", "imsx_severity": "error", "imsx_CodeMinor": {
            "imsx_codeMinorField": [{"imsx_codeMinorFieldName": "TargetEndSystem",
                                     "imsx_codeMinorFieldValue": minor}]}}, status)
