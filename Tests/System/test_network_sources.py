"""RTSP, HTTP and UDP sources that are killed, stall, refuse, and return."""

import pathlib
import time
import unittest

import processes
import rows
from daemon import Daemon, stream
from sources import HTTPSource, RTSPSource, UDPSource
from system_test import SystemTest, is_long

LIMIT_SECONDS = {"system": 400, "long": 1800}

# The first row after a return, seconds.
_MOST_SECONDS = 3.0
# Longer than the read deadline, so that the loss is seen; in the long tier as long as a network
# that somebody has to mend.
_OUTAGE_SECONDS = 300 if is_long else 12
_FLUSH = "100ms"


def face(name: str, source: str, **keys) -> dict:
    csv = {"type": "csv", "path": "rows/{stream}-%Y%m%dT%H%M%SZ.csv", "flush-every": _FLUSH}
    return stream(name, source, csv, **keys)


class NetworkTest(SystemTest):
    def count(self, name: str) -> int:
        return len(rows.read_all(self.folder, name, live=True))

    def wait_for_rows(self, *names: str, more: int = 15, within: float = 60) -> None:
        wanted = {name: self.count(name) + more for name in names}
        for name in names:
            processes.wait_until(
                lambda: self.count(name) >= wanted[name], within,
                f"{more} more rows of {name}; {self.log()}")

    def log(self) -> str:
        file = self.folder / "daemon.log"
        return file.read_text()[-2000:] if file.exists() else ""

    def start(self, *streams: dict) -> Daemon:
        daemon = self.until_the_end(Daemon(self.folder, *streams))
        return daemon.start()


class Outages(NetworkTest):
    def setUp(self):
        super().setUp()
        self.sources = {
            "rtsp": RTSPSource(self.folder), "http": HTTPSource(self.folder),
            "udp": UDPSource(self.folder),
        }
        for source in self.sources.values():
            self.until_the_end(source).start()
        self.daemon = self.start(
            *(face(name, source.address) for name, source in self.sources.items()))
        self.wait_for_rows(*self.sources)

    def outage(self, kind: str, begin, end) -> None:
        """Ends the sources, brings them back, and sees when each has a row again."""
        reconnects = {name: self.daemon.status(name)["reconnects"] for name in self.sources}
        for source in self.sources.values():
            begin(source)
        time.sleep(_OUTAGE_SECONDS)
        for name in self.sources:
            status = self.daemon.status(name)
            self.assertNotEqual(status["sourceState"], "live", name)
            self.assertTrue(status["problem"], name)
        self.before = before = {name: self.count(name) for name in self.sources}
        returned = {}
        for name, source in self.sources.items():
            end(source)
            returned[name] = time.monotonic()
        waiting = set(self.sources)
        seconds = {}
        while waiting and time.monotonic() < max(returned.values()) + 20:
            for name in list(waiting):
                if self.count(name) > before[name]:
                    seconds[name] = time.monotonic() - returned[name]
                    waiting.remove(name)
            time.sleep(0.02)
        self.assertFalse(waiting, f"no rows after the return; {self.log()}")
        for name, value in seconds.items():
            self.figure(f"{name}, {kind} for {_OUTAGE_SECONDS} s: first row {value:.2f} s after")
        for name in self.sources:
            self.assertGreater(self.daemon.status(name)["reconnects"], reconnects[name], name)
            self.assertLess(seconds[name], _MOST_SECONDS, name)
        self.wait_for_rows(*self.sources)

    def is_found_again(self, name: str) -> bool:
        """Whether five rows one after the other have the face, since the return. One of them alone may
        be doubted: a stream's first pictures can be damaged until its next whole one."""
        since = rows.read_all(self.folder, name, live=True)[self.before[name]:]
        return "11111" in "".join(row["success"] for row in since)

    def finish(self) -> None:
        """The face is there again, in whole files whose times rise over all that happened."""
        for name in self.sources:
            processes.wait_until(
                lambda: self.is_found_again(name), 10, f"the face of {name}; {self.log()}")
        self.daemon.stop()
        for name in self.sources:
            found = rows.read_all(self.folder, name)
            for column, kind in (("frame", int), ("timestamp", float)):
                values = [kind(row[column]) for row in found]
                self.assertEqual(values, sorted(set(values)), f"{name}: {column}")
            believed = sum(row["success"] == "1" for row in found) / len(found)
            self.figure(f"{name}: {len(found)} rows, {believed:.0%} with a face")

    def test_killed(self):
        self.outage("killed", lambda source: source.kill(), lambda source: source.start())
        self.finish()

    def test_stalled(self):
        self.outage("stalled", lambda source: source.stall(), lambda source: source.go_on())
        self.finish()


class RTSP(NetworkTest):
    def test_udp_transport(self):
        source = self.until_the_end(RTSPSource(self.folder))
        source.start()
        self.start(face("door", source.address, **{"rtsp-transport": "udp"}))
        self.wait_for_rows("door")

    def test_wrong_credentials(self):
        """Said so, without the password, tried again more slowly, and no harm to another stream."""
        guarded = self.until_the_end(RTSPSource(self.folder, "door", "open-sesame"))
        other = self.until_the_end(HTTPSource(self.folder, rate=15))
        guarded.start()
        other.start()
        wrong = guarded.address_with("door", "wrong-word")
        daemon = self.start(face("door", wrong), face("other", other.address))
        self.wait_for_rows("other")
        status = daemon.status("door")
        self.assertEqual((status["sourceState"], self.count("door")), ("waiting", 0))
        self.assertRegex(status["problem"], "401|[Uu]nauthori[sz]ed|[Aa]uthori[sz]ation")
        for text in (daemon.get("/api/streams"), daemon.get("/metrics"), self.log()):
            self.assertNotIn("wrong-word", text)

        right = guarded.address_with("door", "open-sesame")
        daemon.configure(face("door", right), face("other", other.address))
        daemon.reload()
        self.wait_for_rows("door")
        daemon.stop()
        self.assertNotIn("open-sesame", self.log())

    def test_password_from_a_file(self):
        """With every character that has a meaning in an address; read anew by a reload."""
        word = "1/2?3#4:5@6%41 e&"
        guarded = self.until_the_end(RTSPSource(self.folder, "j@x", word))
        guarded.start()
        file = self.folder / "door.password"
        file.write_text("old\n")
        file.chmod(0o600)
        door = face("door", guarded.address, **{"user": "j@x", "password-file": file.name})
        daemon = self.start(door)
        processes.wait_until(
            lambda: daemon.status("door")["sourceState"] == "waiting", 60, "refused")
        file.write_text(word + "\n")
        daemon.reload()
        self.wait_for_rows("door")
        command = pathlib.Path(f"/proc/{daemon.process.pid}/cmdline").read_bytes().decode()
        for text in (daemon.get("/api/streams"), daemon.get("/metrics"), self.log(), command):
            self.assertNotIn("3#4", text)
            self.assertNotIn("3%234", text)
        daemon.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
