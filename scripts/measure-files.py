#!/usr/bin/env python3
"""Whole files against ffmpeg's own decoding: frames/s, processor time, peak memory.

    scripts/measure-files.py [--pairs N] [--program PATH] [--folder FOLDER] [--options "..."] [CLIP]...

Clips are the talking sample, coded anew where need be and repeated to 10,260 frames: mpeg4-480p,
h264-480p, h264-1080p. For each, `landmarkd track` to CSV and `ffmpeg -pix_fmt gray -f null -` run in
turn, N times; the medians are printed. Everything of the process counts, from its start to its end.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import time

SAMPLE = pathlib.Path(__file__).resolve().parent.parent / "Samples" / "talking.mp4"
FRAMES = 38 * 270
# How a clip's one round is coded; nothing: as the sample is.
CLIPS = {
    "mpeg4-480p": (".avi", ["-c:v", "mpeg4", "-q:v", "4"]),
    "h264-480p": (".mp4", []),
    "h264-1080p": (
        ".mp4",
        ["-vf", "scale=1440:1080,pad=1920:1080:240:0", "-c:v", "libx264", "-crf", "22"],
    ),
}
FFMPEG = ["ffmpeg", "-nostdin", "-v", "error", "-y"]


def clip(name, folder):
    """The path of a clip, made where it is not there yet."""
    ending, coding = CLIPS[name]
    whole = folder / (name + ending)
    if whole.exists():
        return whole
    once = SAMPLE
    if coding:
        once = folder / (name + "-once" + ending)
        subprocess.run(FFMPEG + ["-i", SAMPLE, "-an"] + coding + [once], check=True)
    repeat = ["-stream_loop", str(FRAMES // 270 - 1), "-i", once, "-an", "-c", "copy"]
    part = whole.with_suffix(".part" + ending)
    subprocess.run(FFMPEG + repeat + [part], check=True)
    part.rename(whole)
    return whole


def run(command):
    """Seconds on the clock, seconds of processor, MB at the peak."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    if status != 0:
        raise SystemExit(f"status {status}: {' '.join(map(str, command))}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--program", default=SAMPLE.parent.parent / ".build/release/landmarkd")
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("/tmp/landmarkd-clips"))
    parser.add_argument("--options", default="", help="more options of landmarkd track")
    parser.add_argument("clip", nargs="*", default=list(CLIPS))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    cores = len(os.sched_getaffinity(0))
    print(f"{FRAMES} frames, medians of {arguments.pairs} pairs, {cores} cores,", end=" ")
    print(f"load {os.getloadavg()[0]:.1f}")
    print("| clip | landmarkd, frames/s | ffmpeg, frames/s | ratio | CPU ms a frame | ffmpeg's | MB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in arguments.clip:
        source = clip(name, arguments.folder)
        output = arguments.folder / "rows.csv"
        track = [arguments.program, "track", source, "-o", output, "--force", "-q"]
        track += arguments.options.split()
        decode = FFMPEG + ["-i", source, "-map", "0:v:0", "-pix_fmt", "gray", "-f", "null", "-"]
        ours, theirs = [], []
        for _ in range(arguments.pairs):
            ours.append(run(track))
            theirs.append(run(decode))
        ratio = statistics.median(b[0] / a[0] for a, b in zip(ours, theirs))
        a, b = ([statistics.median(column) for column in zip(*runs)] for runs in (ours, theirs))
        print(
            f"| {name} | {FRAMES / a[0]:.0f} | {FRAMES / b[0]:.0f} | {ratio:.2f} "
            f"| {1e3 * a[1] / FRAMES:.2f} | {1e3 * b[1] / FRAMES:.2f} | {a[2]:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
