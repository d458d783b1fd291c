"""A webhook receiver: checks X-Ntmd-Signature over the raw body and keeps what came, one JSON line each."""

import datetime
import hashlib
import hmac
import json
import pathlib
import threading

from http_sim import Answer, Request, json_answer


class Receiver:
    """The first `fail_first` well-signed events are answered with 500, to see the same id come again."""

    def __init__(self, key: bytes, log: pathlib.Path, fail_first: int = 0):
        self._key, self._log = key, log
        self._fail = fail_first
        self._lock = threading.Lock()
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()

    def answer(self, request: Request) -> Answer:
        if request.method != "POST" or request.path != "/alerts":
            return json_answer({"error": "POST /alerts"}, 404)
        wanted = "sha256=" + hmac.new(self._key, request.body, hashlib.sha256).hexdigest()
        signed = hmac.compare_digest(request.headers.get("x-ntmd-signature", ""), wanted)
        try:
            event = json.loads(request.body)
        except ValueError:
            event = None
        with self._lock:
            fail = signed and self._fail > 0
            self._fail -= fail
            status = 401 if not signed else 400 if event is None else 500 if fail else 200
            self._keep({"at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds"),
                        "status": status, "signed": signed, "event": event if signed else None})
        return json_answer({}, status)

    def _keep(self, line: dict) -> None:
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def events(log: pathlib.Path, offset: int = 0) -> tuple[list[dict], int]:
    """Whole lines from byte `offset`, and where to go on."""
    with log.open("rb") as file:
        file.seek(offset)
        text = file.read()
    whole = text[: text.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines()], offset + len(whole)
