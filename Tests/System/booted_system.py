"""A real systemd, booted in namespaces of its own over the host's files."""

import os
import pathlib
import subprocess
import time

import processes

_BOOT = pathlib.Path(__file__).with_name("boot-system.sh")


def _cgroup2() -> pathlib.Path:
    """Where the host's cgroup 2 tree is mounted."""
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2":
            return pathlib.Path(place)
    raise RuntimeError("no cgroup2 is mounted: systemd cannot be booted")


class BootedSystem:
    """Boots on entry, with `files` copied over the host's; is gone, with all it wrote, on leaving."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.files = folder / "files"
        self.files.mkdir(parents=True)
        self._group = _cgroup2() / f"landmarkd-test-{os.getpid()}"
        self._namespace = None
        self.pid = 0

    def __enter__(self):
        self._group.mkdir(exist_ok=True)
        self._namespace = processes.start(
            [
                "/bin/sh", "-c",
                'echo $$ > "$0/cgroup.procs" && exec unshare --pid --fork --mount --uts --ipc'
                ' --cgroup --kill-child -- "$1" "$2"',
                self._group, _BOOT, self.folder,
            ],
            self.folder / "boot.log",
        )
        try:
            self.pid = processes.wait_until(self._first_process, 10, "the namespace's first process")
            processes.wait_until(self._is_running, 30, f"systemd running; {self.boot_log()}")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        processes.kill(self._namespace)
        # The kernel ends what was in the namespace; the group can go once it has.
        for _ in range(100):
            try:
                self._remove_groups()
                return
            except OSError:
                time.sleep(0.1)

    def _remove_groups(self) -> None:
        for folder, _, _ in os.walk(self._group, topdown=False):
            os.rmdir(folder)

    def _first_process(self) -> int:
        pid = self._namespace.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0]) if children else 0

    def _is_running(self) -> bool:
        # Until the boot script has become systemd there is no root to enter.
        name = pathlib.Path(f"/proc/{self.pid}/comm").read_text().strip()
        return name == "systemd" and "running" in self.run("systemctl", "is-system-running").stdout

    def boot_log(self) -> str:
        log = self.folder / "boot.log"
        return log.read_text() if log.exists() else ""

    def run(self, *arguments: str, within: float = 60) -> subprocess.CompletedProcess:
        """Runs a command in the booted system."""
        return subprocess.run(
            [
                "nsenter", "--target", str(self.pid), "--mount", "--pid", "--uts", "--ipc",
                "--cgroup", "--root", "--wd=/", *arguments,
            ],
            capture_output=True, text=True, timeout=within, stdin=subprocess.DEVNULL,
        )

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """Properties of a unit by name."""
        lines = self.run("systemctl", "show", unit, "--property=" + ",".join(properties)).stdout
        return dict(line.split("=", 1) for line in lines.splitlines() if "=" in line)

    def path(self, inside: str) -> pathlib.Path:
        """Where a file of the booted system can be read from outside."""
        return pathlib.Path(f"/proc/{self.pid}/root{inside}")
