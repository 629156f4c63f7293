"""A qemu guest on Debian's kernel with the host's files, which runs a bash script as its init."""

import pathlib
import subprocess
import threading
import time

import guest_image
import processes
from daemon import REPOSITORY

_KERNEL = REPOSITORY / ".build/kernel"
_MODULES = ["virtio_pci", "9p", "9pnet_virtio", "overlay"]
_BOOT_LINE = "console=ttyS0 quiet loglevel=3 panic=-1"
# The guest has no services: what the script needs is set up here.
_PREFACE = """export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t tmpfs tmpfs /run
mkdir -p /dev/shm && mount -t tmpfs tmpfs /dev/shm
ip link set lo up 2>/dev/null || busybox ifconfig lo 127.0.0.1 up
"""
# An init that ends is a panic, which ends qemu: -no-reboot.
_ENDING = """
sync
echo o > /proc/sysrq-trigger
sleep 60
"""


class Guest:
    """Starts at once; every line of its console is kept with when it came (monotonic seconds)."""

    def __init__(
        self, folder: pathlib.Path, script: str, modules: list[str], disk: pathlib.Path | None = None
    ):
        command = folder / "guest.sh"
        command.write_text(_PREFACE + script + _ENDING)
        image = folder / "guest.cpio"
        found = guest_image.KernelModules(_KERNEL).in_order(_MODULES + modules)
        guest_image.write(image, found, str(command))
        self.lines: list[tuple[float, str]] = []
        arguments = [
            "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "1536",
            "-smp", "2", "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot",
            "-nic", "none", "-kernel", next(_KERNEL.glob("boot/vmlinuz-*")), "-initrd", image,
            "-append", _BOOT_LINE,
            "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
        ]
        if disk:
            arguments += ["-drive", f"file={disk},format=raw,if=virtio,cache=writeback"]
        self.process = processes.start(arguments, folder / "qemu.log", stdout=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), line.decode(errors="replace").rstrip()))

    def text(self) -> str:
        return "\n".join(line for _, line in self.lines)

    def wait(self, within: float) -> str:
        """Waits until the script has ended; what the console showed."""
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the guest did not end within {within:g} s:\n{self.text()}")
        self._reader.join(5)
        return self.text()

    def kill(self) -> None:
        """Cuts its power: what its kernel had not handed to the disk is gone."""
        processes.kill(self.process)
        self._reader.join(5)
