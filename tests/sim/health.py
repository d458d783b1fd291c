"""A FHIR R4 server with the summaries a poller asks for: facilities, counts of encounters, a measure report of synced
records. It holds no patient. `resources` gives the same content for a real server."""

import datetime
import hmac
import random
import urllib.parse

from http_sim import Answer, Request, json_answer
from population import Profile

COMMUNE_SYSTEM = "urn:gso:commune"
FACILITY_SYSTEM = "urn:byt:facility"
SYNC_MEASURE = "urn:ntmd:measure:health-record-sync"
ORGANIZATION_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"
ENCOUNTER_CLASS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
MEDIA_TYPE = "application/fhir+json"
MAX_COUNT = 200
DEFAULT_COUNT = 50


class Health:
    def __init__(self, profiles: list[Profile], today: datetime.date, seed: int, token: str = ""):
        self._token, self._prefix, self._today = token, "/fhir/R4", today
        self._resources: dict[str, list[dict]] = {"Organization": [], "MeasureReport": []}
        self._encounters: dict[tuple[str, str], list[datetime.date]] = {}
        rng = random.Random(f"health/{seed}")
        for profile in profiles:
            for number in range(rng.choice((1, 1, 2, 3))):
                self._add_facility(profile, number, rng)

    def _add_facility(self, profile: Profile, number: int, rng: random.Random) -> None:
        key = f"fac-{profile.code}-{number + 1}"
        name = ("Trạm y tế " if number == 0 else "Phòng khám ") + profile.commune.name
        self._resources["Organization"].append({
            "resourceType": "Organization", "id": key, "active": True, "name": name,
            "identifier": [{"system": COMMUNE_SYSTEM, "value": profile.code},
                           {"system": FACILITY_SYSTEM, "value": f"25{profile.code}{number + 1}"}],
            "type": [{"coding": [{"system": ORGANIZATION_TYPE, "code": "prov"}]}]})
        start = datetime.date(self._today.year, 1, 1)
        span = max(1, (self._today - start).days)
        for code, most in (("AMB", 400), ("VR", 40)):
            self._encounters[(key, code)] = sorted(start + datetime.timedelta(days=rng.randrange(span))
                                                   for _ in range(rng.randrange(most)))
        closed = len(self._encounters[(key, "AMB")]) + len(self._encounters[(key, "VR")])
        synced = closed if rng.random() < 0.8 else closed * rng.randrange(40, 99) // 100
        self._resources["MeasureReport"].append({
            "resourceType": "MeasureReport", "id": f"sync-{profile.code}-{number + 1}", "status": "complete",
            "type": "summary", "measure": SYNC_MEASURE, "date": self._today.isoformat(),
            "reporter": {"reference": f"Organization/{key}"},
            "period": {"start": start.isoformat(), "end": self._today.isoformat()},
            "group": [{"population": [population("numerator", synced), population("denominator", closed)],
                       "measureScore": {"value": round(synced / closed, 4) if closed else 0}}]})

    def resources(self, facilities: int) -> list[dict]:
        """The first facilities with their reports and encounters, one resource each, for a real FHIR server."""
        chosen = self._resources["Organization"][:facilities]
        ids = {resource["id"] for resource in chosen}
        found = chosen + [report for report in self._resources["MeasureReport"]
                          if report["reporter"]["reference"].removeprefix("Organization/") in ids]
        for (key, code), days in self._encounters.items():
            found += [encounter(f"{key}-{code}-{index}", key, code, day)
                      for index, day in enumerate(days) if key in ids]
        return found

    def answer(self, request: Request) -> Answer:
        if self._token and not hmac.compare_digest(request.headers.get("authorization", ""), f"Bearer {self._token}"):
            return outcome(401, "login")
        path = request.path.removeprefix(self._prefix).strip("/")
        if not request.path.startswith(self._prefix) or request.method != "GET":
            return outcome(404, "not-found")
        if path == "metadata":
            return json_answer({"resourceType": "CapabilityStatement", "status": "active", "kind": "instance",
                                "fhirVersion": "4.0.1", "format": ["json"], "date": self._today.isoformat()},
                               content_type=MEDIA_TYPE)
        kind, _, key = path.partition("/")
        if key:
            for resource in self._resources.get(kind, []):
                if resource["id"] == key:
                    return json_answer(resource, content_type=MEDIA_TYPE)
            return outcome(404, "not-found")
        return self._search(kind, request)

    def _search(self, kind: str, request: Request) -> Answer:
        query = request.query
        try:
            found = self._encounter_count(request.pairs) if kind == "Encounter" else [
                resource for resource in self._resources.get(kind, []) if self._matches(resource, request.pairs)]
            count, offset = int(query.get("_count", DEFAULT_COUNT)), int(query.get("_offset", "0"))
            if count < 0 or offset < 0:
                raise ValueError("_count and _offset are integers")
        except ValueError as fault:
            return outcome(400, "invalid", str(fault))
        total = found if isinstance(found, int) else len(found)
        bundle: dict = {"resourceType": "Bundle", "type": "searchset", "total": total}
        if query.get("_summary") != "count":
            if isinstance(found, int):
                return outcome(403, "forbidden", "encounters are given as counts only: _summary=count")
            count = min(count, MAX_COUNT)
            url = f"{request.base}{request.path}?"
            bundle["link"] = [{"relation": "self", "url": url + urllib.parse.urlencode(query)}]
            if count and offset + count < total:
                after = query | {"_count": count, "_offset": offset + count}
                bundle["link"].append({"relation": "next", "url": url + urllib.parse.urlencode(after)})
            bundle["entry"] = [{"fullUrl": f"{request.base}{self._prefix}/{kind}/{resource['id']}",
                                "resource": resource, "search": {"mode": "match"}}
                               for resource in found[offset: offset + count]]
        return json_answer(bundle, content_type=MEDIA_TYPE)

    @staticmethod
    def _matches(resource: dict, pairs: list[tuple[str, str]]) -> bool:
        for name, wanted in pairs:
            if name == "_id" and resource["id"] not in wanted.split(","):
                return False
            if name == "identifier" and not any(token_matches(identifier["system"], identifier["value"], wanted)
                                                for identifier in resource.get("identifier", [])):
                return False
            if name == "active" and str(resource.get("active", "")).lower() != wanted:
                return False
            if name == "type" and not any(token_matches(coding["system"], coding["code"], wanted)
                                          for concept in resource.get("type", []) for coding in concept["coding"]):
                return False
            if name in ("measure", "status") and resource.get(name) != wanted:
                return False
            if name == "reporter" and not same_reference(resource["reporter"]["reference"], wanted):
                return False
            if name == "period" and not overlaps(resource["period"], wanted):
                return False
        return True

    def _encounter_count(self, pairs: list[tuple[str, str]]) -> int:
        query = dict(pairs)
        dates = [text for name, text in pairs if name == "date"]
        provider = query.get("service-provider", "").removeprefix("Organization/")
        wanted = [code.rpartition("|")[2] for code in query.get("class", "").split(",") if code]
        return sum(1 for (key, code), days in self._encounters.items()
                   if (not provider or key == provider) and (not wanted or code in wanted)
                   for day in days if all(day_matches(day, date) for date in dates))


def population(code: str, count: int) -> dict:
    return {"code": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/measure-population", "code": code}]},
            "count": count}


def encounter(key: str, facility: str, code: str, day: datetime.date) -> dict:
    return {"resourceType": "Encounter", "id": key, "status": "finished",
            "class": {"system": ENCOUNTER_CLASS, "code": code},
            "serviceProvider": {"reference": f"Organization/{facility}"},
            "period": {"start": f"{day.isoformat()}T08:00:00+07:00", "end": f"{day.isoformat()}T09:00:00+07:00"}}


def token_matches(system: str, value: str, wanted: str) -> bool:
    """`value`, `system|value`, `system|` as FHIR's token search has them; alternatives by comma."""
    for one in wanted.split(","):
        asked_system, bar, asked_value = one.rpartition("|")
        if (not bar or asked_system == system) and (not asked_value or asked_value == value):
            return True
    return False


def same_reference(reference: str, wanted: str) -> bool:
    return reference == wanted or reference.rpartition("/")[2] == wanted


def day_matches(day: datetime.date, wanted: str) -> bool:
    prefix = wanted[:2] if wanted[:2].isalpha() else "eq"
    bound = datetime.date.fromisoformat(wanted.removeprefix(prefix)[:10])
    return {"eq": day == bound, "ge": day >= bound, "gt": day > bound, "le": day <= bound, "lt": day < bound}[prefix]


def overlaps(period: dict, wanted: str) -> bool:
    prefix = wanted[:2] if wanted[:2].isalpha() else "eq"
    bound = wanted.removeprefix(prefix)[:10]
    if prefix in ("ge", "gt"):
        return period["end"] >= bound
    return period["start"] <= bound and (prefix in ("le", "lt") or bound <= period["end"])


def outcome(status: int, code: str, text: str = "") -> Answer:
    return json_answer({"resourceType": "OperationOutcome", "issue": [{
        "severity": "error", "code": code, "details": {"text": text or code}}]}, status, content_type=MEDIA_TYPE)
