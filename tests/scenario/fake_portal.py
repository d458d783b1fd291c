"""The portal's statistics as a small server: right answers by month, and any fault on demand."""
import http.server
import json
import threading

PATH = "/api/v1/reporting/evaluation/provide-online-tree"
ROOT = "019d0000-0000-7000-8000-000000000000"
REJECTED = b"<html><head><title>Request Rejected</title></head><body>The requested URL was rejected.</body></html>"


class FakePortal:
    """`months` is {(year, month): {portal code: (total, online)}}; a value may be None. `fault(request)` may return a function that
    answers in place of the portal; a request is the body that was sent."""

    def __init__(self, codes):
        self.codes = codes
        self.pages = True  # False: every page is the first
        self.months = {}
        self.fault = lambda request: None
        self.asked = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        self.hang = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self):
        self.hang.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def handler(portal):  # noqa: N805
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with portal.lock:
                    portal.asked.append(request)
                    portal.at_once += 1
                    portal.most_at_once = max(portal.most_at_once, portal.at_once)
                try:
                    answer = portal.fault(request)
                    if answer is not None:
                        answer(self)
                    elif self.path != PATH:
                        self.send(404, b"{}")
                    else:
                        self.send(201, portal.answer(request))
                finally:
                    with portal.lock:
                        portal.at_once -= 1

            def send(self, status, body, content_type="application/json", length=None, **headers):
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                try:
                    self.wfile.write(body)
                    self.wfile.flush()
                except ConnectionError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        return Handler

    def answer(self, request):
        month = self.months.get((request["year"], request["month"]), {})
        root = request["rootDepartmentId"]
        if root == ROOT:
            known = [pair for pair in month.values() if pair]
            parent = self.unit(ROOT, "H44", (sum(p[0] for p in known), sum(p[1] for p in known)))
            first = (request["currentPage"] - 1) * request["pageSize"] if self.pages else 0
            children = [{"departmentId": ROOT, "departmentCode": "H44", "level": "PROVINCE", "ratio": 92.1}]
            children += [{"departmentId": f"id-{code}", "departmentCode": code, "level": "COMMUNE", "ratio": 80} for code in self.codes]
            data = {"parent": parent, "children": children[first:first + request["pageSize"]], "monthlyChart": []}
        else:
            code = root.removeprefix("id-")
            data = {"parent": self.unit(root, code, month.get(code)), "children": [], "monthlyChart": []}
        return json.dumps({"code": "OK", "data": data, "message": "OK"}).encode()

    @staticmethod
    def unit(key, code, pair):
        total, online = pair or (None, None)
        return {"departmentId": key, "departmentName": f"UBND {code}", "departmentCode": code, "channelTotalSum": total,
                "channelOnlineSum": online, "channelDirectSum": 0, "channelPostalSum": 0, "totalScore": 10}

    def months_asked(self):
        """What was asked since the last call, as sorted "yyyy-MM"."""
        with self.lock:
            asked = sorted({f"{request['year']}-{request['month']:02}" for request in self.asked})
            self.asked.clear()
        return asked
