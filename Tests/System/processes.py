"""Processes that a test starts: they end with the test, whatever ends it."""

import ctypes
import os
import pathlib
import selectors
import signal
import socket
import subprocess
import time

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def start(arguments, log: pathlib.Path, **options) -> subprocess.Popen:
    """Starts a program whose standard error, and output where not asked for otherwise, go to `log`."""
    with open(log, "ab") as file:
        options.setdefault("stdout", file)
        options.setdefault("stderr", file)
        return subprocess.Popen(
            [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,
            **options,
        )


def start_server(arguments, log: pathlib.Path, within: float = 20) -> subprocess.Popen:
    """Starts a program and waits until it prints "serving"."""
    process = start(arguments, log, stdout=subprocess.PIPE)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        ready = selector.select(within)
    line = process.stdout.readline() if ready else b""
    process.stdout.close()
    if line.strip() != b"serving":
        kill(process)
        raise RuntimeError(f"{arguments[1]} did not start within {within} s: {log.read_text()}")
    return process


def kill(process: subprocess.Popen) -> None:
    """Kills a process, also a stopped one, and waits for its end."""
    if process.poll() is None:
        process.kill()
    process.wait()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_until(condition, within: float, what: str, every: float = 0.05):
    """The first true value of `condition`; fails after `within` seconds, naming `what`."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what}")
        time.sleep(every)


def resident_kilobytes(pid: int) -> int:
    """Memory of a process that lies in RAM."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError(f"process {pid} has no VmRSS: it has ended")


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def threads(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/task"))
