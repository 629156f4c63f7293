"""The first files of a qemu guest: a static busybox and modules of Debian's kernel, as an initramfs."""

import pathlib

_BUSYBOX = pathlib.Path("/bin/busybox")

# The host's files are the guest's lower layer; what it writes stays in its memory.
_INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /host /layers /new
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in $(/bin/busybox cat /modules/order); do /bin/busybox insmod /modules/$module; done
/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose host /host
/bin/busybox mount -t tmpfs tmpfs /layers
/bin/busybox mkdir /layers/upper /layers/work
/bin/busybox mount -t overlay overlay /new \\
  -o lowerdir=/host,upperdir=/layers/upper,workdir=/layers/work
for place in proc sys dev; do /bin/busybox mount -o move /$place /new/$place; done
exec /bin/busybox switch_root /new /bin/bash COMMAND
"""


class KernelModules:
    """The modules of an unpacked linux-image package and what each needs."""

    def __init__(self, kernel: pathlib.Path):
        self._files = {
            file.stem.replace("-", "_"): file for file in kernel.glob("lib/modules/*/kernel/**/*.ko")
        }

    def in_order(self, names: list[str]) -> list[pathlib.Path]:
        """Files of the modules and all that they need, each after what it needs."""
        found: list[pathlib.Path] = []

        def add(name: str) -> None:
            file = self._files[name.replace("-", "_")]
            if file in found:
                return
            for needed in self._needs(file):
                add(needed)
            found.append(file)

        for name in names:
            add(name)
        return found

    @staticmethod
    def _needs(file: pathlib.Path) -> list[str]:
        text = file.read_bytes()
        start = text.find(b"\0depends=") + len(b"\0depends=")
        names = text[start : text.index(b"\0", start)].decode()
        return names.split(",") if names else []


def _entry(name: str, mode: int, content: bytes = b"") -> bytes:
    """A file of a cpio archive of the form newc."""
    path = name.encode() + b"\0"
    fields = [0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(path), 0]
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + path
    return _filled(head) + _filled(content)


def _filled(text: bytes) -> bytes:
    return text + b"\0" * (-len(text) % 4)


def write(path: pathlib.Path, modules: list[pathlib.Path], command: str) -> None:
    """Writes an initramfs that loads `modules` and starts bash with `command`, its arguments, on the host's files."""
    init = _INIT.replace("COMMAND", command)
    with open(path, "wb") as file:
        for folder in ("bin", "modules"):
            file.write(_entry(folder, 0o040755))
        file.write(_entry("bin/busybox", 0o100755, _BUSYBOX.read_bytes()))
        file.write(_entry("init", 0o100755, init.encode()))
        for module in modules:
            file.write(_entry(f"modules/{module.name}", 0o100644, module.read_bytes()))
        order = "\n".join(module.name for module in modules) + "\n"
        file.write(_entry("modules/order", 0o100644, order.encode()))
        file.write(_entry("TRAILER!!!", 0))
