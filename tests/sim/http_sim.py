"""What every stand-in server shares: loopback only, keep-alive, a fault switch and a count of what was asked.

POST /_sim/fault {"kind": K, "count": N, "match": "text in the path", "retry_after": S} makes the next N answers faulty.
Kinds: html (200 "Request Rejected"), 403, 429, 500, 503, timeout (no answer at all), truncated (half the JSON), reset
(the connection ends inside the body), none (clears). GET /_sim/state tells what was asked and what is pending.
"""

import dataclasses
import http.server
import json
import socket
import sys
import threading
import urllib.parse
from typing import Callable

REJECTED = ("<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please "
            "consult with your administrator.<br><br>Your support ID is: 1234567890</body></html>")
KINDS = ("html", "403", "429", "500", "503", "timeout", "truncated", "reset", "none")
MAX_BODY = 1 << 20


@dataclasses.dataclass(frozen=True)
class Request:
    method: str
    path: str
    pairs: list[tuple[str, str]]  # of the query, in its order
    headers: dict[str, str]  # lower-case names
    body: bytes
    base: str  # http://127.0.0.1:port

    @property
    def query(self) -> dict[str, str]:
        """Of equal names the last."""
        return dict(self.pairs)


@dataclasses.dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    content_type: str = "application/json"


def json_answer(value: object, status: int = 200, content_type: str = "application/json", **headers: str) -> Answer:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, {name.replace("_", "-"): text for name, text in headers.items()}, content_type)


@dataclasses.dataclass
class Fault:
    kind: str
    count: int
    match: str
    retry_after: int


class StandIn:
    """One server on its own port and threads. `answer` decides what is said; it is called from many threads."""

    def __init__(self, name: str, answer: Callable[[Request], Answer], next_step: Callable[[], dict] | None = None):
        self.name = name
        self._answer = answer
        self._next_step = next_step
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._asked = 0
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "StandIn":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def set_fault(self, kind: str, count: int = 1, match: str = "", retry_after: int = 1) -> None:
        if kind not in KINDS:
            raise ValueError(f"kind: {kind!r}, expected one of {', '.join(KINDS)}")
        with self._lock:
            self._fault = None if kind == "none" else Fault(kind, count, match, retry_after)

    def take_fault(self, path: str) -> Fault | None:
        with self._lock:
            self._asked += 1
            fault = self._fault
            if fault is None or fault.match not in path:
                return None
            fault.count -= 1
            if fault.count <= 0:
                self._fault = None
            return fault

    def control(self, request: Request) -> Answer:
        if request.path == "/_sim/fault" and request.method == "POST":
            try:
                self.set_fault(**json.loads(request.body))
            except (ValueError, TypeError) as fault:
                return json_answer({"error": str(fault)}, 400)
            return json_answer({"ok": True})
        if request.path == "/_sim/next" and request.method == "POST" and self._next_step:
            return json_answer(self._next_step())
        if request.path == "/_sim/state":
            with self._lock:
                return json_answer({"name": self.name, "asked": self._asked,
                                    "fault": dataclasses.asdict(self._fault) if self._fault else None})
        return json_answer({"error": "no such control"}, 404)

    def wait_for_stop(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def answer(self, request: Request) -> Answer:
        return self._answer(request)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address) -> None:
        """A client that went away is what a timeout test wants; anything else is a bug of the stand-in."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


def _handler_for(stand_in: StandIn) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1
        timeout = 300

        def handle_any(self) -> None:
            request = self.read_request()
            if request is None:
                return
            if request.path.startswith("/_sim/"):
                self.send(stand_in.control(request))
                return
            fault = stand_in.take_fault(request.path)
            if fault is None:
                self.send(stand_in.answer(request))
            else:
                self.misbehave(fault, request)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any

        def read_request(self) -> Request | None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > MAX_BODY:
                self.send(json_answer({"error": "body too large"}, 413))
                return None
            parts = urllib.parse.urlsplit(self.path)
            pairs = urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
            headers = {name.lower(): text for name, text in self.headers.items()}
            return Request(self.command, parts.path, pairs, headers, self.rfile.read(length), stand_in.url)

        def misbehave(self, fault: Fault, request: Request) -> None:
            if fault.kind == "html":
                self.send(Answer(200, REJECTED.encode(), content_type="text/html; charset=utf-8"))
            elif fault.kind == "429":
                self.send(json_answer({"error": "too many requests"}, 429, Retry_After=str(fault.retry_after)))
            elif fault.kind in ("403", "500", "503"):
                self.send(json_answer({"error": "fault"}, int(fault.kind)))
            elif fault.kind == "timeout":
                stand_in.wait_for_stop(120)
                self.hang_up()
            else:
                answer = stand_in.answer(request)
                half = answer.body[: len(answer.body) // 2]
                whole_length = len(answer.body) if fault.kind == "reset" else len(half)
                self.send(dataclasses.replace(answer, body=half), whole_length)
                if fault.kind == "reset":
                    self.hang_up()

        def hang_up(self) -> None:
            self.close_connection = True
            try:
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the client was quicker

        def send(self, answer: Answer, length: int | None = None) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body) if length is None else length))
            for name, text in answer.headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(answer.body)
            self.wfile.flush()

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing is printed: the terminal belongs to the alerts."""

    return Handler
