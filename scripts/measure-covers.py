#!/usr/bin/env python3
"""Measures how far landmarks are doubted when something covers them.

    scripts/measure-covers.py PROGRAM PICTURE.pgm [OPTION OF track]...

The picture, grey and of 8 bits, is followed for three frames, and for two more in which a square of grey
level 20 lies over one part of the face, a quarter of the part's width wider at each side. Says for each part
the mean confidence of its landmarks in the last frame before and in the last one, and of the others but the
jaw. Needs ffmpeg.
"""

import csv
import os
import statistics
import subprocess
import sys
import tempfile

from measured import PARTS, points_of

OPEN_FRAMES, COVERED_FRAMES = 3, 2
LEVEL = 20


def read(path):
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}")
    words = data.split(None, 4)
    if len(words) < 5 or words[0] != b"P5" or words[3] != b"255":
        sys.exit(f"{path}: expected a grey picture of 8 bits (P5)")
    width, height = int(words[1]), int(words[2])
    return width, height, data[len(data) - width * height :]


def track(program, size, frames, options):
    with tempfile.TemporaryDirectory() as work:
        video, table = os.path.join(work, "video.mkv"), os.path.join(work, "track.csv")
        command = f"ffmpeg -v error -f rawvideo -pix_fmt gray -s {size} -r 25 -i - -c:v ffv1 -pix_fmt gray"
        subprocess.run([*command.split(), video], input=b"".join(frames), check=True)
        subprocess.run([program, "track", video, "--columns", "all", "-o", table, "-q", *options], check=True)
        with open(table) as file:
            rows = [{key.strip(): value.strip() for key, value in row.items()} for row in csv.DictReader(file)]
    if not all(row.get("x_0") and row.get("c_0") for row in rows):
        sys.exit("a frame has no face, or its landmarks no confidences")
    return rows


def covered(width, pixels, points):
    xs, ys = [p.real for p in points], [p.imag for p in points]
    margin = (max(xs) - min(xs)) / 4
    left, right = max(0, int(min(xs) - margin)), min(width, int(max(xs) + margin) + 1)
    rows = [bytearray(pixels[at : at + width]) for at in range(0, len(pixels), width)]
    for row in rows[max(0, int(min(ys) - margin)) : int(max(ys) + margin) + 1]:
        row[left:right] = bytes([LEVEL]) * (right - left)
    return b"".join(rows)


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: scripts/measure-covers.py PROGRAM PICTURE.pgm [OPTION]...")
    program, options = sys.argv[1], sys.argv[3:]
    width, height, pixels = read(sys.argv[2])
    size = f"{width}x{height}"
    points = points_of(track(program, size, [pixels] * OPEN_FRAMES, options)[-1])
    print("| covered | its landmarks before | after | the others after |\n| --- | --- | --- | --- |")
    for part in ("mouth", "eyes", "nose"):
        cover = covered(width, pixels, [points[i] for i in PARTS[part]])
        rows = track(program, size, [pixels] * OPEN_FRAMES + [cover] * COVERED_FRAMES, options)
        others = [i for i in range(17, 68) if i not in PARTS[part]]

        def mean(row, landmarks):
            return statistics.fmean(float(row[f"c_{i}"]) for i in landmarks)

        before, after = rows[OPEN_FRAMES - 1], rows[-1]
        print(f"| {part} | {mean(before, PARTS[part]):.2f} | {mean(after, PARTS[part]):.2f} | {mean(after, others):.2f} |")


main()
