"""Under qemu: the kernel's own virtual camera, and power that is cut while rows are written."""

import pathlib
import random
import re
import shlex
import subprocess
import time
import unittest

import processes
import rows
from daemon import BINARY, Daemon, configuration, stream
from qemu_guest import Guest
from sources import FakeCamera, motion_jpeg
from system_test import SystemTest, long_only, seed
from test_service import install

LIMIT_SECONDS = {"system": 60, "long": 5400}

_HERE = pathlib.Path(__file__).parent


@long_only
class VirtualCamera(SystemTest):
    def test_vivid(self):
        """`devices`, `track` and the service, on a camera of the kernel's driver vivid."""
        files = self.folder / "system/files"
        files.mkdir(parents=True)
        install(files)
        target = files / "etc/landmarkd/landmarkd.yaml"
        target.parent.mkdir(parents=True)
        camera = stream("camera", "/dev/video0", **{"video-size": "320x180", "frame-rate": 5})
        target.write_text(configuration(camera, port=8080))
        units = files / "etc/systemd/system/default.target.wants"
        units.mkdir(parents=True)
        # A slow machine: an emulated one.
        drop_in = files / "etc/systemd/system/landmarkd.service.d/slow.conf"
        drop_in.parent.mkdir(parents=True)
        drop_in.write_text("[Service]\nTimeoutStartSec=300\nWatchdogSec=120\n")
        script = f"""
landmarkd={shlex.quote(str(BINARY))}
# The console is a terminal: without one no progress is drawn.
run() {{ echo "\$ landmarkd $*"; "$landmarkd" "$@" 2>&1 | cat; echo "status ${{PIPESTATUS[0]}}"; }}
mkdir -p /run/cameras && cd /run/cameras
run devices > devices.txt; head -n 9 devices.txt; echo ...; tail -n 1 devices.txt
run track /dev/video0 --video-size 320x180 --duration 10 -o camera.csv
wc -l camera.csv; cut -d, -f1-5 camera.csv | sed -n '1p;$p'
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /run/booted && mkdir /sys/fs/cgroup/test
cp -a {shlex.quote(str(files))} /run/booted/files
echo $$ > /sys/fs/cgroup/test/cgroup.procs
unshare --pid --fork --mount --uts --ipc --cgroup --kill-child \\
  bash {shlex.quote(str(_HERE / "boot-system.sh"))} /run/booted &
namespace=$!
inside() {{ nsenter --target $first --mount --pid --uts --ipc --cgroup --root --wd=/ "$@"; }}
for try in $(seq 60); do
  sleep 1
  first=$(cat /proc/$namespace/task/$namespace/children)
  first=${{first% }}
  if [[ $(cat /proc/$first/comm) == systemd && $(inside systemctl is-system-running) == running ]]
  then break; fi
done
echo "# systemctl start landmarkd"
inside systemctl start landmarkd; echo "start status $?"
sleep 25
echo "# systemctl status landmarkd"
inside env SYSTEMD_COLORS=0 SYSTEMD_URLIFY=0 systemctl status --no-pager --full --lines=20 landmarkd
cd /; inside sh -c 'cd /var/lib/landmarkd; wc -l rows/*.csv; cut -d, -f1-5 rows/*.csv | tail -n 1'
inside systemctl stop landmarkd; echo "stop status $?"
"""
        guest = self.until_the_end(Guest(self.folder, script, ["vivid"]))
        text = guest.wait(1800)
        print("\n".join("  | " + line for line in text.splitlines()))
        self.assertIn("/dev/video0: vivid", text)
        self.assertEqual(re.findall(r"^status (\d+)", text, re.MULTILINE), ["0", "0"])
        tracked = re.search(r"^(\d+) camera\.csv", text, re.MULTILINE)
        self.assertGreater(int(tracked[1]), 10)
        self.assertIn("start status 0", text)
        self.assertIn("stop status 0", text)
        self.assertNotIn("Failed to set thread priority", text)
        written = re.search(r"^(\d+) rows/camera", text, re.MULTILINE)
        self.assertGreater(int(written[1]), 10)


# Rows reach their file at most 0.5 s late by default, and an emulated machine takes its time.
_SLACK_SECONDS = 3.0
_INTERVAL_SECONDS = 3
_ROTATE_SECONDS = 8
_POLICIES = {
    "never": "never", "rotation": "on-rotation", "interval": f"{_INTERVAL_SECONDS}s",
    "always": "always",
}
_CUTS = 5


@long_only
class PowerCut(SystemTest):
    """Power goes while one stream writes four files, each with a policy of its own."""

    def setUp(self):
        super().setUp()
        self.clip = motion_jpeg(self.folder)
        self.camera = FakeCamera(self.folder, format="mjpeg", frames=self.clip, rate=6)
        self.disk = self.folder / "disk.img"
        self.place = self.folder / "place"
        self.place.mkdir()

    def streams(self, folder: str) -> list[dict]:
        """One stream, a CSV a policy."""
        outputs = [
            {"type": "csv", "fsync": policy, "rotate-every": f"{_ROTATE_SECONDS}s",
             "path": f"{folder}/rows/{name}-%Y%m%dT%H%M%SZ.csv"}
            for name, policy in _POLICIES.items()
        ]
        return [stream("face", "/dev/video0", *outputs, {"type": "ndjson", "stdout": True})]

    def script(self) -> str:
        variables = " ".join(
            f"{name}={shlex.quote(value)}" for name, value in self.camera.environment.items()
            if name != "FAKE_CAMERA_LOG")
        file = self.folder / "guest.yaml"
        file.write_text(configuration(*self.streams("/disk")))
        reporter = 's/^.*"pts":([0-9]+).*$/ROW \\1/p'
        return f"""
mkdir -p /disk && mount -t ext4 /dev/vda /disk && cd /disk
env {variables} {shlex.quote(str(BINARY))} serve --config {shlex.quote(str(file))} \\
  | sed -u -n -E '{reporter}'
"""

    def cut(self, seconds: float) -> tuple[float, list[tuple[float, int]]]:
        """Runs a guest until `seconds` after its first row; when its power went, and its rows."""
        if self.disk.exists():
            self.disk.unlink()
        with open(self.disk, "wb") as file:
            file.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", self.disk], check=True, timeout=60)
        guest = self.until_the_end(Guest(
            self.folder, self.script(), ["virtio_blk", "crc32c_generic", "ext4"], self.disk))

        def made():
            return [
                (at, int(line.split()[1])) for at, line in list(guest.lines)
                if re.fullmatch(r"ROW \d+", line)]

        processes.wait_until(made, 600, "a first row in the guest", every=0.2)
        time.sleep(seconds)
        self.assertIsNone(guest.process.poll(), guest.text()[-2000:])
        moment = time.monotonic()
        guest.kill()
        return moment, made()

    def on_disk(self, name: str, live: bool) -> dict[pathlib.Path, list[int]]:
        """Time stamps of the rows in a policy's files."""
        return {
            file: [int(row["pts"]) for row in rows.read(file, live)]
            for file in rows.files(self.place, name)}

    def test_policies(self):
        random_numbers = random.Random(seed(7))
        for number in range(1, _CUTS + 1):
            moment, made = self.cut(random_numbers.uniform(18, 32))
            subprocess.run(["mount", "-o", "loop", self.disk, self.place], check=True, timeout=60)
            try:
                self.check(number, moment, made)
                self.check_repair(number)
            finally:
                subprocess.run(["umount", str(self.place)], check=True, timeout=60)

    def check(self, number: int, moment: float, made: list[tuple[float, int]]) -> None:
        ages = {"always": 0.0, "interval": _INTERVAL_SECONDS}
        summary = []
        for name in _POLICIES:
            by_file = self.on_disk(name, live=True)
            found = {stamp for stamps in by_file.values() for stamp in stamps}
            lost = [moment - at for at, stamp in made if stamp not in found]
            summary.append(f"{name} {len(lost)} rows, the oldest {max(lost, default=0):.1f} s old")
            if name in ages:
                self.assertLess(max(lost, default=0), ages[name] + _SLACK_SECONDS, name)
            if name == "rotation":
                # What was closed is whole: rows are missing only of the youngest file.
                first = min(list(by_file.values())[-1], default=0)
                early = [stamp for _, stamp in made if stamp < first]
                self.assertLessEqual(set(early), found, name)
        self.figure(f"cut {number}: {len(made)} rows made; lost: " + "; ".join(summary))

    def check_repair(self, number: int) -> None:
        """A daemon that goes on in this folder leaves whole lines alone."""
        before = {name: self.on_disk(name, live=True) for name in _POLICIES}
        folder = self.folder / f"repair{number}"
        folder.mkdir()
        daemon = self.until_the_end(Daemon(
            folder, *self.streams(str(self.place)), environment=self.camera.environment))
        daemon.start()
        processes.wait_until(
            lambda: all(output["written"] for output in daemon.status("face")["outputs"]),
            20, "rows after the cut")
        daemon.stop()
        for name in _POLICIES:
            after = self.on_disk(name, live=False)
            for file, stamps in before[name].items():
                self.assertEqual(after[file][: len(stamps)], stamps, file.name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
