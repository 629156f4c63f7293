"""A daemon that is killed while it writes: what was written more than a second before is there."""

import concurrent.futures
import pathlib
import random
import shutil
import time
import unittest

import processes
import rows
from daemon import Daemon, stream
from row_receiver import RowReceiver
from sources import FakeCamera, motion_jpeg
from system_test import SystemTest, is_long, seed

LIMIT_SECONDS = {"system": 600, "long": 7200}

_KILLS = 1000 if is_long else 50
_LANES = 3
# Every so often the file is torn by hand as well: a kill seldom does it.
_TEAR_EVERY = 4
# So often the files are put away, that reading them stays quick.
_FOLDER_EVERY = 25
_RATE = 20


class Lane:
    """A daemon in a folder of its own that is killed again and again."""

    def __init__(self, folder: pathlib.Path, number: int, clip: pathlib.Path, lanes_seed: int):
        folder.mkdir()
        self.folder = folder
        self.random = random.Random(lanes_seed + number)
        self.camera = FakeCamera(folder, format="mjpeg", frames=clip, rate=_RATE)
        # Half of the lanes go on in the same file, the others begin one a start.
        name = "%Y%m%d" if number % 2 == 0 else "%Y%m%dT%H%M%SZ"
        self.receiver = RowReceiver(folder / "rows.sock")
        self.daemon = Daemon(
            folder,
            stream(
                "face", self.camera.address,
                {"type": "csv", "path": "rows/{stream}-" + name + ".csv"},
                {"type": "ndjson", "socket": str(folder / "rows.sock")}),
            environment=self.camera.environment)
        self.began = 0.0
        self.kills = 0
        self.torn = 0
        self.rows_due = 0
        self.frames_due = 0
        self.dropped = 0
        # Time stamps of rows that were whole on the disk after a kill.
        self.kept: set[int] = set()

    def stamps(self, live: bool) -> list[int]:
        return [int(row["pts"]) for row in rows.read_all(self.folder, "face", live)]

    def start(self) -> None:
        """Starts, and sees that the files of the runs before are whole with nothing taken away."""
        self.began = time.monotonic()
        self.daemon.start()
        processes.wait_until(self.has_new_rows, 60, "rows in a file after a start")
        youngest = rows.files(self.folder, "face")[-1]
        for file in rows.files(self.folder, "face"):
            # The youngest is being written.
            rows.read(file, live=file == youngest)
        found = self.stamps(live=True)
        assert self.kept <= set(found), f"{len(self.kept - set(found))} rows gone after the restart"

    def has_new_rows(self) -> bool:
        # Until then the last line of the youngest file may be the torn one.
        found = rows.files(self.folder, "face")
        last = rows.last(found[-1]) if found else None
        return last is not None and int(last["pts"]) > max(self.kept, default=0)

    def put_away(self) -> None:
        shutil.rmtree(self.folder / "rows")
        self.receiver.rows.clear()
        self.camera.forget()
        self.kept = set()

    def kill(self) -> None:
        self.start()
        time.sleep(self.random.uniform(1.2, 2.8))
        drops = sum(self.daemon.status("face")["drops"].values())
        killed = time.monotonic()
        self.daemon.kill()
        self.kills += 1

        found = self.stamps(live=True)
        assert found == sorted(set(found)), "rows out of order or twice"
        on_disk = set(found)
        sent = {stamp for _, stamp in self.camera.frames()}
        assert on_disk <= sent, f"{len(on_disk - sent)} rows of frames that were never sent"
        # Rows that another receiver had by then.
        due = {
            stamp: at for at, stamp in self.receiver.rows if self.began < at < killed - 1}
        missing = [f"{killed - at:.2f}" for stamp, at in due.items() if stamp not in on_disk]
        assert not missing, (
            f"kill {self.kills}, {self.folder.name}: rows of {', '.join(missing)} s before are missing")
        # Frames that the camera had handed over by then, but for those dropped for newer ones.
        late = {
            stamp for stamp in sent if self.began * 1e6 < stamp < (killed - 1.15) * 1e6}
        assert len(late - on_disk) <= drops, (
            f"{len(late - on_disk)} frames have no row, {drops} were dropped")
        self.rows_due += len(due)
        self.frames_due += len(late)
        self.dropped += len(late - on_disk)
        self.kept = on_disk
        if self.kills % _FOLDER_EVERY:
            self.tear()
        else:
            self.put_away()

    def tear(self) -> None:
        if self.kills % _TEAR_EVERY:
            return
        file = rows.files(self.folder, "face")[-1]
        line = file.read_bytes().split(b"\n")[-2]
        with open(file, "ab") as open_file:
            open_file.write(line[: self.random.randrange(1, len(line))])
        self.torn += 1

    def run(self, kills: int) -> None:
        for _ in range(kills):
            self.kill()
        # What the last kill left is put right as well.
        self.start()
        self.daemon.stop()
        found = self.stamps(live=False)
        assert self.kept <= set(found)
        assert found == sorted(set(found))


class Kills(SystemTest):
    def test_rows_outlast_kills(self):
        clip = motion_jpeg(self.folder)
        lanes_seed = seed(20261125)
        lanes = [
            Lane(self.folder / f"lane{number}", number, clip, lanes_seed)
            for number in range(_LANES)]
        for lane in lanes:
            self.until_the_end(lane.daemon)
            self.until_the_end(lane.receiver)
        shares = [_KILLS // _LANES + (number < _KILLS % _LANES) for number in range(_LANES)]
        with concurrent.futures.ThreadPoolExecutor(_LANES) as pool:
            runs = [pool.submit(lane.run, share) for lane, share in zip(lanes, shares)]
            for run in concurrent.futures.as_completed(runs):
                run.result()
        self.assertEqual(sum(lane.kills for lane in lanes), _KILLS)
        self.assertGreater(sum(lane.torn for lane in lanes), 5)
        total = {
            name: sum(getattr(lane, name) for lane in lanes)
            for name in ("rows_due", "frames_due", "dropped", "torn")}
        self.figure(
            f"{_KILLS} kills, {total['torn']} files torn by hand as well: all {total['rows_due']} rows "
            f"older than 1 s at their kill are there; of {total['frames_due']} frames sent by then "
            f"{total['dropped']} have no row, each counted as dropped for a newer one")


if __name__ == "__main__":
    unittest.main(verbosity=2)
