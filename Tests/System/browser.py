"""A headless Chromium that a test looks at a page with."""

import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import time


class Browser:
    """One page. Talks to Chromium by its debugging protocol, over a pair of pipes."""

    def __init__(self, folder: pathlib.Path, width: int = 1100, height: int = 800):
        self._width, self._height = width, height
        self._next = 0
        self._rest = b""
        self.complaints: list[str] = []
        program = shutil.which("chromium")
        if program is None:
            raise AssertionError("there is no chromium: scripts/install-test-servers.sh installs it")
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        # Chromium reads descriptor 3 and writes descriptor 4.
        self._process = subprocess.Popen(
            [
                "bash", "-c", f'exec "$@" 3<&{commands} 4>&{answers}', "bash", program,
                "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--remote-debugging-pipe", f"--user-data-dir={folder / 'chromium'}", "about:blank",
            ],
            pass_fds=[commands, answers], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(commands)
        os.close(answers)
        target = next(
            each for each in self._call("Target.getTargets")["targetInfos"] if each["type"] == "page")
        self._session = None
        self._session = self._call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Runtime", "Log", "Page"):
            self._call(f"{domain}.enable")
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
            mobile=False)

    _session: str | None = None

    def kill(self) -> None:
        try:
            os.killpg(self._process.pid, 9)
        except ProcessLookupError:
            pass
        self._process.wait()
        for descriptor in (self._commands, self._answers):
            try:
                os.close(descriptor)
            except OSError:
                pass

    def prefer(self, scheme: str) -> None:
        """`dark` or `light`."""
        self._call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, address: str) -> None:
        self._call("Page.navigate", url=address)

    def value(self, expression: str):
        """What a JavaScript expression gives on the page."""
        result = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise AssertionError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def picture(self) -> bytes:
        """The whole page as PNG."""
        height = self.value("document.documentElement.scrollHeight")
        clip = {
            "x": 0, "y": 0, "width": self._width, "height": max(self._height, height), "scale": 1}
        answer = self._call(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(answer["data"])

    def _call(self, method: str, **parameters) -> dict:
        self._next += 1
        message = {"id": self._next, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 30
        while True:
            answer = self._read(deadline)
            if answer.get("id") == self._next:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.complaints.append(json.dumps(answer["params"]))

    def _read(self, deadline: float) -> dict:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._answers], [], [], max(0, deadline - time.monotonic()))
            more = os.read(self._answers, 1 << 20) if ready else b""
            if not more:
                raise AssertionError("chromium does not answer")
            self._rest += more
        text, self._rest = self._rest.split(b"\0", 1)
        return json.loads(text)
