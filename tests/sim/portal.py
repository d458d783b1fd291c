"""The public-service portal's statistics, in the shape the real one answers (POST in, HTTP 201 out, no login)."""

import calendar
import datetime
import json
import random

from facts import REAL_MONTH, ROOT_CODE, ROOT_ID, ROOT_NAME, real_progress, real_totals
from http_sim import Answer, Request, json_answer
from population import Profile

PREFIX = "/api/v1/reporting/evaluation/"
MAX_PAGE = {"provide-online-tree": 200, "dvc-progress-tree": 100, "formality-online-payment-tree": 100}


def distribute(whole: int, weights: dict[str, float]) -> dict[str, int]:
    """Integers that add up to `whole`, by largest remainder; all 0 when nobody has weight."""
    total = sum(weights.values()) or 1.0
    exact = {key: whole * weight / total for key, weight in weights.items()}
    parts = {key: int(value) for key, value in exact.items()}
    left = whole - sum(parts.values()) if any(weights.values()) else 0
    for key in sorted(exact, key=lambda key: parts[key] - exact[key])[:left]:
        parts[key] += 1
    return parts


class Month:
    """One month's counts by portal code; None where the portal says null."""

    def __init__(self, profiles: list[Profile], year: int, month: int, today: datetime.date, seed: int):
        rng = random.Random(f"portal/{seed}/{year}/{month}")
        totals, progress = real_totals(), real_progress()
        first = datetime.date(year, month, 1)
        days = calendar.monthrange(year, month)[1]
        elapsed = 0.0 if first > today else min(1.0, ((today - first).days + 1) / days)
        real = (year, month) == REAL_MONTH and elapsed == 1.0
        factor = 1.0 if real else rng.uniform(0.86, 1.1)
        self.exists = elapsed > 0
        self.total = round(totals["channelTotalSum"] * factor * elapsed)
        self.direct = round(totals["channelDirectSum"] * factor * elapsed)
        self.received = round(totals["totalReceived"] * factor * elapsed)
        fixed = {code: int(row["totalReceived"]) for code, row in progress.items() if real and code != ROOT_CODE}
        open_weights = {p.commune.portal_code: self._weight(p) for p in profiles if p.commune.portal_code not in fixed}
        self.by_code = fixed | distribute(self.total - sum(fixed.values()), open_weights)
        self.direct_by_code = self._direct(profiles)
        received_weights = {code: float(count) for code, count in self.by_code.items() if code not in fixed}
        self.received_by_code = fixed | distribute(self.received - sum(fixed.values()), received_weights)
        self.null = {p.commune.portal_code for p in profiles if p.role == "null_month" and month == 5}

    @staticmethod
    def _weight(profile: Profile) -> float:
        if profile.role == "no_dossiers":
            return 0.0
        return 0.22 if profile.faults.get("1.2.1") == "below" else max(profile.weight, 0.4)

    def _direct(self, profiles: list[Profile]) -> dict[str, int]:
        """The few below the threshold bring most of what the province still takes at the counter."""
        below = {p.commune.portal_code for p in profiles if p.faults.get("1.2.1") == "below"}
        taken = {code: self.by_code[code] * 27 // 100 + 1 for code in below if self.by_code[code] > 3}
        rest = {code: float(count) for code, count in self.by_code.items() if code not in taken}
        return taken | distribute(max(0, self.direct - sum(taken.values())), rest)


class Portal:
    def __init__(self, profiles: list[Profile], today: datetime.date, seed: int):
        self._profiles = {profile.commune.department_id: profile for profile in profiles}
        self._today, self._seed = today, seed
        self._months: dict[tuple[int, int], Month] = {}

    def month(self, year: int, month: int) -> Month:
        key = (year, month)
        if key not in self._months:
            self._months[key] = Month(list(self._profiles.values()), year, month, self._today, self._seed)
        return self._months[key]

    def answer(self, request: Request) -> Answer:
        if not request.path.startswith(PREFIX):
            return json_answer({"code": "NOT_FOUND", "data": None, "message": "Not Found"}, 404)
        if request.method != "POST":
            return json_answer({"code": "METHOD_NOT_ALLOWED", "data": None, "message": "Method Not Allowed"}, 405)
        try:
            body = json.loads(request.body)
            year, month = int(body["year"]), int(body.get("month") or 1)
            page, size = int(body.get("currentPage", 1)), int(body.get("pageSize", 200))
            datetime.date(year, month, 1)
            if page < 1 or size < 1:
                raise ValueError("page")
        except (KeyError, TypeError, ValueError):
            return json_answer({"code": "BAD_REQUEST", "data": None, "message": "Bad Request"}, 400)
        endpoint = request.path.removeprefix(PREFIX)
        shapes = {"provide-online-tree": self._online, "dvc-progress-tree": self._progress,
                  "formality-online-payment-tree": self._payment,
                  "transparency": lambda *_: {"overview": {}, "evaluation": [], "metrics": []},
                  "handling-satisfaction": lambda *_: {"metrics": []}, "dossier-digitized": lambda *_: {"metrics": []}}
        if endpoint not in shapes:
            return json_answer({"code": "NOT_FOUND", "data": None, "message": "Not Found"}, 404)
        root = str(body.get("rootDepartmentId", body.get("formalityID", "")))
        data = shapes[endpoint](root, year, month)
        if "children" in data:
            size = min(size, MAX_PAGE[endpoint])
            data["children"] = data["children"][(page - 1) * size: page * size]
        return json_answer({"code": "OK", "data": data, "message": "OK"}, 201)

    def _online(self, root: str, year: int, month: int) -> dict:
        counts = self.month(year, month)
        profile = self._profiles.get(root)
        if root == ROOT_ID:
            children = [self._score(counts, None)] + [self._score(counts, p) for p in self._profiles.values()]
            chart = self._chart(year, month)
            return {"parent": self._channels(counts, None), "children": children, "monthlyChart": chart}
        if profile is None:
            return {"parent": None, "children": [], "monthlyChart": []}
        return {"parent": self._channels(counts, profile), "children": [], "monthlyChart": []}

    def _chart(self, year: int, month: int) -> list[dict]:
        return [{"month": m, "online": self.month(year, m).total - self.month(year, m).direct,
                 "direct": self.month(year, m).direct, "postal": 0} for m in range(1, month + 1)]

    def _channels(self, counts: Month, profile: Profile | None) -> dict:
        code = profile.commune.portal_code if profile else ROOT_CODE
        total = counts.by_code[code] if profile else counts.total
        direct = counts.direct_by_code[code] if profile else counts.direct
        known = counts.exists and code not in counts.null
        online = total - direct
        late = online * 7 // 100
        score = self._score(counts, profile)
        return {"departmentId": score["departmentId"], "departmentName": score["departmentName"],
                "departmentCode": code, "channelOnlineSum": online if known else None,
                "channelDirectSum": direct if known else None,
                "channelPostalSum": 0 if known else None, "channelTotalSum": total if known else None,
                "onlineOnTimeSum": online - late if known else None, "onlineOverdueSum": late if known else None,
                "totalScore": score["totalScore"], "totalMaxScore": 12, "ratio": score["ratio"]}

    def _score(self, counts: Month, profile: Profile | None) -> dict:
        """`ratio` is a share of score points, not of dossiers; without dossiers it is 0 like the score."""
        code = profile.commune.portal_code if profile else ROOT_CODE
        total = counts.by_code[code] if profile else counts.total
        direct = counts.direct_by_code[code] if profile else counts.direct
        score = round(12 * min(1.0, 0.6 + 0.4 * (total - direct) / total), 2) if total else 0
        name = profile.commune.portal_name if profile else ROOT_NAME
        return {"departmentId": profile.commune.department_id if profile else ROOT_ID, "departmentName": name,
                "departmentCode": code, "level": "COMMUNE" if profile else "PROVINCE", "totalScore": score,
                "totalMaxScore": 12, "ratio": round(score / 12 * 100, 2), "scoreDelta": None}

    def _progress(self, root: str, year: int, month: int) -> dict:
        counts = self.month(year, month)
        real = real_progress() if (year, month) == REAL_MONTH else {}

        def row(profile: Profile | None) -> dict:
            code = profile.commune.portal_code if profile else ROOT_CODE
            received = counts.received_by_code[code] if profile else counts.received
            said = real.get(code)

            def count(field: str, percent: int) -> int | None:
                return (int(said[field]) if said[field] else None) if said else received * percent // 100

            return {**{key: self._score(counts, profile)[key] for key in ("departmentId", "departmentName",
                                                                          "departmentCode", "level")},
                    "totalReceived": received, "totalOnTime": count("totalOnTime", 80),
                    "totalOverdue": count("totalOverdue", 20),
                    "avgProcessingDays": float(said["avgProcessingDays"]) if said else 5.0,
                    "totalDossierOnlinePaymentSuccess": count("totalDossierOnlinePaymentSuccess", 48),
                    "totalDossierFinancialObligation": count("totalDossierFinancialObligation", 55)}

        profile = self._profiles.get(root)
        if root == ROOT_ID:
            return {"parent": row(None), "children": [row(p) for p in self._profiles.values()]}
        return {"parent": row(profile) if profile else None, "children": []}

    def _payment(self, root: str, year: int, month: int) -> dict:
        progress = self._progress(root, year, month)
        keys = ("departmentId", "departmentName", "departmentCode", "level", "totalDossierOnlinePaymentSuccess",
                "totalDossierFinancialObligation")
        pick = lambda row: {key: row[key] for key in keys} if row else None
        return {"parent": pick(progress["parent"]), "children": [pick(row) for row in progress["children"]]}
