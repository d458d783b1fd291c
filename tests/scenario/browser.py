"""Headless Chromium, driven over its debugging pipe: no driver program, no port."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-pipe"]
PATIENCE = 60  # seconds for one answer


class Browser:
    """One tab at a time in a profile of its own; `close` ends it and deletes the profile. `complaints` are the page's console errors,
    uncaught exceptions, refused and failed loads; `asked` every address that was loaded."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="ntmd-chromium-")
        self.number, self.buffer, self.events, self.session = 0, b"", [], None
        self.complaints, self.asked = [], []
        theirs_in, self.out = os.pipe()
        self.inp, theirs_out = os.pipe()

        def places():  # the protocol reads descriptor 3 and writes 4
            high_in, high_out = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(high_in, 3)
            os.dup2(high_out, 4)
        with open(os.path.join(self.profile, "log"), "wb") as log:
            self.process = subprocess.Popen([CHROMIUM, *OPTIONS, f"--user-data-dir={self.profile}", "about:blank"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, close_fds=False,
                                            pass_fds=(), preexec_fn=places)
        os.close(theirs_in)
        os.close(theirs_out)
        self.tab()

    def tab(self):
        """A new tab that remembers nothing of those before."""
        self.session = None
        context = self.call("Target.createBrowserContext", disposeOnDetach=True)["browserContextId"]
        tab = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.complaints.clear()
        self.asked.clear()

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(30)
        os.close(self.out)
        os.close(self.inp)
        shutil.rmtree(self.profile, ignore_errors=True)

    def read(self):
        while b"\0" not in self.buffer:
            if not select.select([self.inp], [], [], PATIENCE)[0]:
                raise TimeoutError("chromium: says nothing")
            more = os.read(self.inp, 1 << 20)
            if not more:
                raise EOFError("chromium: is gone")
            self.buffer += more
        text, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(text)
        if "method" in message and message.get("sessionId") == self.session:
            self.note(message["method"], message["params"])
        return message

    def note(self, method, params):
        self.events.append(method)
        if method == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"]["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.complaints.append(json.dumps(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(params["entry"]["text"] + " " + params["entry"].get("url", ""))
        elif method == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 700)

    def dark(self, on):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if on else "light"}])

    def open(self, url):
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.loaded()

    def follow(self, selector):
        """Clicks a link and waits for the page it leads to."""
        self.events.clear()
        self.js(f"document.querySelector({selector!r}).click()")
        self.loaded()

    def loaded(self):
        while "Page.loadEventFired" not in self.events:
            self.read()

    def js(self, expression):
        """The expression's value; a promise is awaited."""
        done = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise RuntimeError(done["exceptionDetails"]["exception"].get("description", "thrown"))
        return done["result"].get("value")

    def until(self, condition):
        """Waits until the expression is true, as the page paints."""
        return self.js("new Promise((done, fail) => { let tries = 0; const look = () => " + condition +
                       " ? done(true) : ++tries > 1500 ? fail(new Error('never came')) : requestAnimationFrame(look); look(); })")

    def key(self, key, text=""):
        """Presses and releases a key: "Tab", "ArrowRight", "Enter"."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=
                      {"Tab": 9, "Enter": 13, "ArrowRight": 39, "ArrowLeft": 37}.get(key, 0), **({"text": text} if text else {}))

    def shot(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
