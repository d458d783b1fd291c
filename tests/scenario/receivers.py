"""Who gets alerts in the tests: a webhook's room and a mail server, on loopback."""
import hashlib
import hmac
import http.server
import json
import pathlib
import subprocess
import threading

PYTHON = "/usr/bin/python3"  # the system's: it has aiosmtpd


class Room:
    """A webhook receiver. `answer` is the status of the next requests; `on_request` is called before one is answered."""

    def __init__(self, key=b""):
        self.key = key
        self.answer = 204
        self.on_request = None
        self.asked = []      # (status answered, message), all of them
        self.problems = []   # what no receiver should see
        self.changed = threading.Condition()
        room = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signed = "sha256=" + hmac.new(room.key, body, hashlib.sha256).hexdigest()
                if room.key and self.headers["X-Ntmd-Signature"] != signed:
                    room.problems.append("the signature does not fit the body")
                if self.headers["Content-Type"] != "application/json":
                    room.problems.append("the content type is " + str(self.headers["Content-Type"]))
                if room.on_request:
                    room.on_request()
                with room.changed:
                    room.asked.append((room.answer, json.loads(body)))
                    room.changed.notify_all()
                self.send_response(room.answer)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def wait(self, condition):
        """Until `condition` holds for one of the acknowledged messages; it stays to be taken."""
        found = lambda: any(status < 300 and condition(message) for status, message in self.asked)
        with self.changed:
            return self.changed.wait_for(found, timeout=60)

    def take(self):
        """The acknowledged messages since the last call, in order."""
        taken = [message for status, message in self.asked if 200 <= status < 300]
        self.asked = []
        return taken


class MailServer:
    """aiosmtpd in a process of its own. It refuses recipients whose name begins with "bad" (550) or "later" (451)."""

    def __init__(self):
        script = pathlib.Path(__file__).with_name("mail_server.py")
        self.process = subprocess.Popen([PYTHON, "-B", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def take(self):
        """Every mail since the last call: {"from", "to", "data"}."""
        self.process.stdin.write("take\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()
