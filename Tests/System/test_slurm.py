"""Samples/slurm on a real Slurm: an array of shards, one of whose nodes dies in the middle."""

import json
import time
import unittest

import batch
import processes
import slurm_cluster
from system_test import SystemTest, is_long

LIMIT_SECONDS = {"system": 400, "long": 900}

_COUNT = 1000 if is_long else 240
_SHARDS = 4
# Videos that a task is done with before its node dies.
_SEEN = 5
_SCRIPT = batch.REPOSITORY / "Samples/slurm/track.sbatch"


class Slurm(SystemTest):
    def setUp(self):
        super().setUp()
        reason = slurm_cluster.missing()
        if reason:
            self.skipTest(f"no Slurm: {reason}")
        # The nodes' users read and write below it.
        self.folder.chmod(0o755)
        self._waiting: dict[str, float] = {}
        self.cluster = slurm_cluster.SlurmCluster(self.folder)
        self.addCleanup(self.cluster.close)
        reason = self.cluster.start()
        if reason:
            self.skipTest(f"Slurm does not start here: {reason}")

    def submit(self, study: batch.Study, out, *more) -> str:
        settings = f"ALL,STUDY={study.folder},OUT={out},LANDMARKD={batch.BINARY}"
        return self.cluster.submit(
            f"--array=1-{_SHARDS}", "--cpus-per-task=1", f"--export={settings}",
            f"--output={self.folder}/task-%a.log", *more, _SCRIPT)

    def wait_for(self, job: str, within: float) -> None:
        processes.wait_until(
            lambda: not self.cluster.tasks(job), within, f"the end of {job}", every=0.5)

    def summaries(self, out, count: int = _SHARDS) -> list[dict]:
        return [
            json.loads((out / f"summaries/{shard + 1:05}.json").read_text())
            for shard in range(count)]

    def test_a_node_that_dies(self):
        """Its tasks are queued again, and go on where they were on what is left of the cluster."""
        # Long enough that no task is over before its node dies.
        study = batch.Study(self.folder, _COUNT, seconds=1)
        whole = self.folder / "whole"
        self.assertEqual(study.run(whole), 0)
        out = self.folder / "out"
        began = time.monotonic()
        job = self.submit(study, out)
        victim = processes.wait_until(self._busy_node, 120, "a node that is in the middle of a task")
        tasks = self.cluster.running_on(victim)
        self.cluster.kill_node(victim)
        killed = batch.stamps(out)
        self.assertLess(len(killed), _COUNT, "the job was done before the node died")
        partials = [name for name in batch.files(out) if name.endswith(".partial")]
        self.assertTrue(partials, "nothing was killed in the middle of a video")
        processes.wait_until(
            lambda: self.cluster.ask("sinfo", "-h", "-n", victim, "-o", "%t").startswith("down"),
            60, f"{victim} seen as down", every=0.5)
        self.cluster.restart_node(victim)
        # Tasks that are queued again wait two minutes for their node to settle; not here.
        processes.wait_until(lambda: self._release(job), 240, f"the end of {job}", every=1)
        seconds = time.monotonic() - began
        found = batch.stamps(out)
        self.assertEqual({name: found[name] for name in killed}, killed, "done twice")
        self.assertEqual(batch.tables(out), batch.tables(whole), self.logs())
        self.assertEqual(batch.reports(out), batch.reports(whole))
        left = [name for name in batch.files(out) if name.endswith(".partial")]
        self.assertEqual(left, [])
        counts = [summary["counts"] for summary in self.summaries(out)]
        again = [counts[int(task) - 1] for task in tasks]
        # The task of the dead node found what it had made before.
        self.assertTrue(any(count.get("done", 0) > 0 for count in again), counts)
        own = [
            sum(number for status, number in count.items() if status != "otherShard")
            for count in counts]
        self.assertEqual(sum(own), _COUNT, counts)
        self.figure(
            f"{_COUNT} videos in {_SHARDS} shards on {len(self.cluster.nodes)} nodes, {victim} "
            f"killed after {len(killed)} with task {', '.join(tasks)} on it: all the same after "
            f"{seconds:.0f} s; the shards' last runs: {counts}")
        # Submitted again, there is nothing to do.
        job = self.submit(study, out)
        self.wait_for(job, 120)
        self.assertEqual(
            sum(summary["counts"].get("done", 0) for summary in self.summaries(out)), _COUNT)

    def _busy_node(self) -> str | None:
        """A node with a running task that has told of some videos."""
        for node in reversed(self.cluster.nodes):
            for task in self.cluster.running_on(node):
                log = self.folder / f"task-{task}.log"
                if log.exists() and log.read_text().count(".csv\n") >= _SEEN:
                    return node
        return None

    def _release(self, job: str) -> bool:
        """Whether all tasks are over; those that wait for their begin time begin now."""
        tasks = self.cluster.tasks(job)
        for task, state in tasks.items():
            if state != "PENDING":
                self._waiting.pop(task, None)
            elif time.monotonic() - self._waiting.setdefault(task, time.monotonic()) > 12:
                # Sooner, the node still takes the task for the one that was ended; on a busy machine once after 5 s.
                self.cluster.ask("scontrol", "update", f"jobid={job}_{task}", "starttime=now")
        return not tasks

    def logs(self) -> str:
        return "\n".join(
            path.read_text()[-1000:] for path in sorted(self.folder.glob("task-*.log")))

    def test_the_end_of_the_time(self):
        """Slurm's signal a minute before it: the task ends cleanly, is queued again and goes on."""
        study = batch.Study(self.folder, 120)
        out = self.folder / "out"
        job = self.submit(study, out, "--array=1-1")
        processes.wait_until(
            lambda: len(batch.tables(out)) > 10 if out.exists() else False, 120, "tables")
        self.cluster.ask("scancel", "--signal=USR1", "--batch", f"{job}_1")
        processes.wait_until(
            lambda: self.cluster.tasks(job).get("1") == "PENDING", 60, "the task in the queue",
            every=0.2)
        made = batch.stamps(out)
        self.assertLess(len(made), 120)
        counts = self.summaries(out, 1)[0]["counts"]
        self.assertEqual(counts["tracked"], len(made), self.logs())
        self.assertGreater(counts["notBegun"], 0, self.logs())
        processes.wait_until(lambda: self._release(job), 240, f"the end of {job}", every=1)
        self.assertEqual(
            self.summaries(out, 1)[0]["counts"], {"done": len(made), "tracked": 120 - len(made)},
            self.logs())


if __name__ == "__main__":
    unittest.main(verbosity=2)
