"""A cluster of Slurm on this machine: munge, slurmctld, and slurmd daemons as nodes of their own."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import processes

_PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "srun", "scontrol")


def missing() -> str | None:
    """Why no cluster can be started here; nothing where one can."""
    if os.geteuid() != 0:
        return "slurmd needs root"
    absent = [name for name in _PROGRAMS if shutil.which(name) is None]
    return f"not installed: {', '.join(absent)}" if absent else None


class SlurmCluster:
    def __init__(self, folder: pathlib.Path, nodes: int = 2):
        self.folder = folder / "slurm"
        self.folder.mkdir(mode=0o755)
        (self.folder / "state").mkdir()
        self.nodes = [f"node{number + 1}" for number in range(nodes)]
        self.log = self.folder / "cluster.log"
        self._conf = self.folder / "slurm.conf"
        self._running: dict[str, subprocess.Popen] = {}
        self.environment = os.environ | {"SLURM_CONF": str(self._conf)}
        self._write_configuration()

    def _write_configuration(self) -> None:
        host = socket.gethostname().split(".")[0]
        lines = [
            "ClusterName=landmarkd", f"SlurmctldHost={host}(127.0.0.1)",
            f"SlurmctldPort={processes.free_port()}", "SlurmUser=root", "SlurmdUser=root",
            "AuthType=auth/munge", f"AuthInfo=socket={self.folder}/munge.sock",
            "CredType=cred/munge", "MpiDefault=none", "ProctrackType=proctrack/linuxproc",
            "TaskPlugin=task/none", "SelectType=select/cons_tres",
            "SelectTypeParameters=CR_CPU", "ReturnToService=2", "SlurmdTimeout=6",
            "SlurmctldTimeout=10", "InactiveLimit=0", "MinJobAge=300", "KillWait=2",
            f"StateSaveLocation={self.folder}/state", f"SlurmdSpoolDir={self.folder}/spool-%n",
            f"SlurmctldPidFile={self.folder}/slurmctld.pid",
            f"SlurmdPidFile={self.folder}/slurmd-%n.pid",
            f"SlurmctldLogFile={self.folder}/slurmctld.log",
            f"SlurmdLogFile={self.folder}/slurmd-%n.log",
        ]
        for name in self.nodes:
            (self.folder / f"spool-{name}").mkdir()
            lines.append(
                f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 "
                f"Port={processes.free_port()} CPUs=2 RealMemory=8000 State=UNKNOWN")
        lines.append(f"PartitionName=all Nodes={','.join(self.nodes)} Default=YES State=UP")
        self._conf.write_text("\n".join(lines) + "\n")

    def start(self) -> str | None:
        """Starts all daemons. Why that did not go, or nothing."""
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        self._start(
            "munged", "munged", "--foreground", "--force", f"--socket={self.folder}/munge.sock",
            f"--key-file={key}", f"--log-file={self.folder}/munged.log",
            f"--pid-file={self.folder}/munged.pid", f"--seed-file={self.folder}/munged.seed")
        try:
            processes.wait_until((self.folder / "munge.sock").exists, 10, "munge's socket")
            self._start("slurmctld", "slurmctld", "-D")
            for name in self.nodes:
                self._start(name, "slurmd", "-D", "-N", name)
            processes.wait_until(
                lambda: self.ask("sinfo", "-h", "-o", "%T %D") == f"idle {len(self.nodes)}", 30,
                "idle nodes", every=0.5)
        except AssertionError as error:
            ended = {name: run.returncode for name, run in self._running.items() if run.poll()}
            return f"{error}; ended: {ended}; {self.log.read_text()[-500:]}"
        return None

    def _start(self, name: str, *arguments) -> None:
        self._running[name] = processes.start(
            arguments, self.log, env=self.environment, start_new_session=True)

    def ask(self, *arguments) -> str:
        run = subprocess.run(
            list(map(str, arguments)), env=self.environment, capture_output=True, text=True,
            timeout=30)
        return run.stdout.strip()

    def submit(self, *arguments) -> str:
        run = subprocess.run(
            ["sbatch", "--parsable", *map(str, arguments)], env=self.environment,
            capture_output=True, text=True, timeout=30, cwd=self.folder)
        assert run.returncode == 0, run
        return run.stdout.strip()

    def tasks(self, job: str) -> dict[str, str]:
        """States of the tasks of an array that are not over yet."""
        lines = self.ask("squeue", "-h", "-r", "-j", job, "-o", "%K %T").splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def running_on(self, node: str) -> list[str]:
        return self.ask("squeue", "-h", "-r", "-w", node, "-t", "R", "-o", "%K").split()

    def kill_node(self, node: str) -> None:
        """As a machine that loses its power: its slurmd, its steps and all they started."""
        # The steps' daemons first: they would tell the controller.
        tasks = self._tasks(node)
        pids = [self._running[node].pid, *_daemons_above(tasks), *tasks]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._running[node].wait()

    def _tasks(self, node: str) -> list[int]:
        """What jobs run on a node: its name is in their environment."""
        mark = f"SLURMD_NODENAME={node}".encode()
        conf = f"SLURM_CONF={self._conf}".encode()
        found = []
        for place in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                variables = (place / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if mark in variables and conf in variables:
                found.append(int(place.name))
        return found

    def restart_node(self, node: str) -> None:
        self._start(node, "slurmd", "-D", "-N", node)

    def close(self) -> None:
        self.ask("scancel", "--user=root")
        time.sleep(0.5)
        for name, run in reversed(self._running.items()):
            if name in self.nodes:
                self.kill_node(name)
            else:
                processes.kill(run)


def _daemons_above(tasks: list[int]) -> set[int]:
    """The slurmstepd processes that tasks are children of."""
    found = set()
    for pid in tasks:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            parent = int(fields[1])
            if pathlib.Path(f"/proc/{parent}/comm").read_text().startswith("slurmstepd"):
                found.add(parent)
        except OSError:
            continue
    return found
