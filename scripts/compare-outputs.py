#!/usr/bin/env python3
"""Keeps what a program writes for a table of inputs and settings, and compares it with another's.

    compare-outputs.py keep PROGRAM FOLDER     runs every case, its outputs go to FOLDER/CASE/
    compare-outputs.py compare KEPT NEW        says every output that differs; exit status 1 if any does
    compare-outputs.py both OLD NEW FOLDER     the two, and the comparison

Files must be the same bytes. Of reports (NAME.json) the times of the run and the program's versions are left
out; rows of a camera are compared by picture, since which frames come is up to the machine.
Cases that need the reference's models run where LANDMARKD_REFERENCE names its folder. Needs ffmpeg and cc.
"""

import csv
import functools
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

_ROOT = pathlib.Path(__file__).resolve().parent.parent
_PORTRAIT = _ROOT / "Samples/portrait.mp4"
_TALKING = _ROOT / "Samples/talking.mp4"
# Which frame of a camera the search began with is up to the machine, and fits follow one another.
_CAMERA_TOLERANCE_PX = 1.0


def _ffmpeg(*arguments: object) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


def make_inputs(folder: pathlib.Path) -> None:
    """Inputs of every kind that is read, from the samples."""
    exact = ["-fflags", "+bitexact", "-flags", "+bitexact"]
    video = ["-i", _PORTRAIT, "-an", *exact]
    _ffmpeg(*video, "-c:v", "mpeg4", "-q:v", 3, folder / "mpeg4.avi")
    _ffmpeg(*video, "-c:v", "libx264", "-threads", 1, "-bf", 2, folder / "frames.mkv")
    _ffmpeg(*video, "-c:v", "libx264", "-threads", 1, folder / "transport.ts")
    _ffmpeg(*video, "-vf", "setsar=4/3", "-c:v", "libx264", "-threads", 1, folder / "oblong.mp4")
    for name, suffix in (("pngs", "png"), ("jpegs", "jpg")):
        (folder / name).mkdir()
        _ffmpeg(*video, "-frames:v", 12, folder / name / f"frame%03d.{suffix}")
    _ffmpeg("-f", "lavfi", "-i", "color=gray:s=320x240:d=1:r=10", *exact, "-c:v", "mpeg4", folder / "empty.avi")
    _ffmpeg("-i", _PORTRAIT, "-frames:v", 40, "-f", "rawvideo", "-pix_fmt", "yuyv422", folder / "camera.yuyv")


class Case:
    """A call of the program, in a folder of its own."""

    def __init__(self, name: str, *arguments: object, stdin: str | None = None, fails: bool = False):
        self.name = name
        self.arguments = [str(a) for a in arguments]
        self.stdin = stdin
        self.fails = fails

    def run(self, program: str, inputs: pathlib.Path, outputs: pathlib.Path) -> None:
        outputs.mkdir(parents=True)
        arguments = [a.replace("@", f"{inputs}/") if a.startswith("@") else a for a in self.arguments]
        standard_input = open(inputs / self.stdin, "rb") if self.stdin else subprocess.DEVNULL
        arguments = _words_of(program, arguments)
        done = subprocess.run([program, *arguments], cwd=outputs, stdin=standard_input,
                              stdout=open(outputs / "stdout", "wb"), stderr=subprocess.PIPE)
        (outputs / "status").write_text(f"{done.returncode}\n")
        if (done.returncode != 0) != self.fails:
            print(f"{self.name}: {program} ended with {done.returncode}: {done.stderr.decode()[-300:]}")


def cases() -> list[Case]:
    track = lambda name, *arguments, **more: Case(name, "track", *arguments, **more)
    found = [
        track("default", _PORTRAIT, "-o", "rows.csv", "--picture", "first.png"),
        track("talking", _TALKING, "-o", "rows.csv"),
        track("one-thread", _PORTRAIT, "-o", "rows.csv", "--decoder-threads", 1, "--jobs", 1),
        track("several", _PORTRAIT, "@mpeg4.avi", "@frames.mkv", "--out-dir", "rows", "--jobs", 2),
        track("part", "@frames.mkv", "-o", "rows.csv", "--start", 0.5, "--duration", 1, "--every", 3),
        track("columns", "@mpeg4.avi", "-o", "rows.csv", "--columns", "pose,landmarks,times"),
        track("smooth", _PORTRAIT, "-o", "rows.csv", "--smooth", "--pose", "camera", "--fx", 600),
        track("overlay", _PORTRAIT, "-o", "rows.csv", "--overlay", "drawn/", "--duration", 0.3),
        track("picture", _PORTRAIT, "-o", "rows.csv", "--picture", "24.png", "--picture-frame", 24),
        track("fast-motion", "@mpeg4.avi", "-o", "rows.csv", "--fast-motion", "--duration", 1),
        track("strict-belief", _TALKING, "-o", "rows.csv", "--min-confidence", 0.97, "--duration", 2),
        track("face-at", _PORTRAIT, "-o", "rows.csv", "--face-at", "100,100", "--duration", 1),
        track("transport", "@transport.ts", "-o", "rows.csv"),
        track("oblong", "@oblong.mp4", "-o", "rows.csv", "--duration", 1),
        track("pipe", "-", "-o", "rows.csv", stdin="frames.mkv"),
        track("standard-output", "@mpeg4.avi", "-o", "-", "--duration", 1),
        track("images", "@pngs", "-o", "rows.csv", "--columns", "pose,landmarks,parameters,fit,times"),
        track("pattern", "@jpegs/frame%03d.jpg", "-o", "rows.csv"),
        track("empty", "@empty.avi", "-o", "rows.csv"),
        Case("fit", "fit", "@pngs/frame001.png", "@jpegs/frame009.jpg", "-o", "rows.csv", "--pts-dir", "points",
             "--picture-dir", "drawn"),
        Case("fit-starts", "fit", "@pngs/frame005.png", "--starts", 5),
        Case("detect", "detect", "@pngs", "@mpeg4.avi", "--every", 5, "-o", "faces.csv", "--picture-dir", "drawn"),
        Case("detect-ndjson", "detect", "@jpegs/frame009.jpg", "--ndjson", "--min-score", 0),
        Case("inspect", "inspect", "@pngs/frame003.png", "--out-dir", "seen", "--json", "report.json"),
        Case("model-info", "model", "info"),
    ]
    reference = os.environ.get("LANDMARKD_REFERENCE")
    if reference:
        model = ["--model", f"{reference}/openface/model/main_clnf_general.txt"]
        found += [
            track("general", _PORTRAIT, "-o", "rows.csv", *model),
            track("reference-rules", "@mpeg4.avi", "-o", "rows.csv", *model, "--fit-settings", "reference"),
            Case("fit-general", "fit", "@pngs/frame002.png", *model),
        ]
    return found


@functools.cache
def _help(program: str, command: str) -> str:
    return subprocess.run([program, command, "--help"], capture_output=True, text=True).stdout


def _words_of(program: str, arguments: list[str]) -> list[str]:
    """The arguments in the words of programs before options had one name each."""
    before = {"--pts-dir": "--pts", "--picture-dir": "--picture", "--out-dir": "-o"}
    if arguments[0] not in ("fit", "inspect"):
        return arguments
    known = _help(program, arguments[0])
    return [before[word] if word in before and f"{word} <" not in known else word for word in arguments]


def run_camera(program: str, inputs: pathlib.Path, outputs: pathlib.Path) -> None:
    """Rows of a camera that is not there, at a rate that every machine can follow."""
    outputs.mkdir(parents=True)
    library, control = outputs / "camera.so", outputs / "control"
    source = _ROOT / "Tests/FakeVideoDevice/FakeVideoDevice.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl", "-lpthread"], check=True)
    width, height = _size(_PORTRAIT)
    control.write_text(f"rate 5\nwidth {width}\nheight {height}\nframes {inputs / 'camera.yuyv'}\n")
    environment = {**os.environ, "LD_PRELOAD": str(library), "FAKE_CAMERA_CONTROL": str(control),
                   "FAKE_CAMERA_LOG": str(outputs / "sent"), "FAKE_CAMERA_PATHS": "/dev/video0"}
    rows = outputs / "camera.csv"
    done = subprocess.run([program, "track", "/dev/video0", "-q", "--duration", "7", "-o", rows],
                          env=environment, cwd=outputs, stdin=subprocess.DEVNULL)
    (outputs / "status").write_text(f"{done.returncode}\n")
    for file in (library, control):
        file.unlink()


def _size(video: pathlib.Path) -> tuple[int, int]:
    text = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0",
         str(video)], check=True, capture_output=True, text=True).stdout
    width, height = text.strip().split(",")[:2]
    return int(width), int(height)


def keep(program: str, folder: pathlib.Path) -> None:
    program = str(pathlib.Path(program).resolve())
    folder.mkdir(parents=True)
    # The same name for every program: reports hold it.
    inputs = pathlib.Path(tempfile.gettempdir()) / "compare-outputs-inputs"
    shutil.rmtree(inputs, ignore_errors=True)
    inputs.mkdir()
    try:
        make_inputs(inputs)
        for case in cases():
            case.run(program, inputs, folder / case.name)
        run_camera(program, inputs, folder / "camera")
    finally:
        shutil.rmtree(inputs)


def _report(file: pathlib.Path) -> object:
    report = json.loads(file.read_text())
    if isinstance(report, dict):
        for key in ("times", "versions"):
            report.pop(key, None)
        settings = report.get("settings", {})
        if "minimum-face" in settings:
            settings["min-face"] = settings.pop("minimum-face")
    return report


def _faces_of_camera(folder: pathlib.Path) -> tuple[str, dict[int, list[float]]]:
    """The header, and the landmarks of each picture of the camera, of the last time it was shown."""
    sent = [line.split() for line in (folder / "sent").read_text().splitlines()]
    picture = {int(stamp): int(sequence) % 40 for sequence, stamp in sent}
    found = {}
    with open(folder / "camera.csv", newline="") as file:
        header = file.readline()
        names = header.strip().split(",")
        x = [i for i, name in enumerate(names) if name[:2] in ("x_", "y_")]
        success, pts = names.index("success"), names.index("pts")
        for row in csv.reader(file):
            if row[success] == "1" and int(row[pts]) in picture:
                found[picture[int(row[pts])]] = [float(row[i]) for i in x]
    return header, found


def compare_cameras(old: pathlib.Path, new: pathlib.Path) -> list[str]:
    (old_header, old_faces), (new_header, new_faces) = _faces_of_camera(old), _faces_of_camera(new)
    if old_header != new_header:
        return ["camera/camera.csv: other columns"]
    shared = sorted(old_faces.keys() & new_faces.keys())
    if len(shared) < 15:
        return [f"camera: only {len(shared)} pictures were tracked by both"]
    off = [statistics.fmean(abs(a - b) for a, b in zip(old_faces[p], new_faces[p])) for p in shared]
    if statistics.median(off) > _CAMERA_TOLERANCE_PX:
        return [f"camera: landmarks differ by {statistics.median(off):.2f} px in the median of {len(shared)} pictures"]
    return []


def compare(old: pathlib.Path, new: pathlib.Path) -> int:
    differences = compare_cameras(old / "camera", new / "camera")
    names = sorted({file.relative_to(folder) for folder in (old, new) for file in folder.rglob("*") if file.is_file()})
    names = [name for name in names if name.parts[0] != "camera"]
    for name in names:
        one, other = old / name, new / name
        if not one.exists() or not other.exists():
            differences.append(f"{name}: only {'new' if other.exists() else 'old'}")
        elif one.read_bytes() != other.read_bytes():
            if name.suffix == ".json" and _report(one) == _report(other):
                continue
            differences.append(f"{name}: {_first_difference(one, other)}")
    for line in differences:
        print(line)
    print(f"{len(names)} files of {len(cases())} cases and a camera: {len(differences)} differ")
    return 1 if differences else 0


def _first_difference(one: pathlib.Path, other: pathlib.Path) -> str:
    pairs = enumerate(zip(one.read_bytes().split(b"\n"), other.read_bytes().split(b"\n")), 1)
    line = next((number for number, (a, b) in pairs if a != b), None)
    return f"differs from line {line} on" if line else "one is longer"


def main() -> int:
    match sys.argv[1:]:
        case ["keep", program, folder]:
            keep(program, pathlib.Path(folder))
            return 0
        case ["compare", old, new]:
            return compare(pathlib.Path(old), pathlib.Path(new))
        case ["both", old, new, folder]:
            for name, program in (("old", old), ("new", new)):
                keep(program, pathlib.Path(folder) / name)
            return compare(pathlib.Path(folder) / "old", pathlib.Path(folder) / "new")
    print(__doc__, file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main())
