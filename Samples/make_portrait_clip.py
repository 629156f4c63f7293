#!/usr/bin/env python3
"""Makes portrait.mp4 and portrait-motion.csv: a portrait that moves in a known way.

    python3 make_portrait_clip.py PORTRAIT.png

PORTRAIT.png is NASA's portrait of Eileen Collins, 512 x 512, as scikit-image ships it (see README.md).
Needs numpy and the ffmpeg command with libx264. The motion is that of `motion` below and is
described in README.md.
"""

import csv
import pathlib
import subprocess
import sys

import numpy as np

WIDTH, HEIGHT = 640, 480
RATE = 30
FRAMES = 210
# The middle of the face in the portrait, pixels.
FACE = np.array([225.0, 137.0])


def motion(seconds):
    """The 2 x 3 affine map from portrait pixels to frame pixels; (0, 0) is a pixel's centre."""

    def wave(period, phase=0.0):
        return np.sin(2 * np.pi * seconds / period + phase)

    zoom = 1.95 + 0.3 * wave(6.5)
    roll = np.radians(14.0) * wave(3.1)
    narrow = 1 - 0.06 * wave(2.3) ** 2
    shear = 0.06 * wave(4.7)
    target = np.array([320 + 95 * wave(4.3), 245 + 40 * wave(2.9, 1.0)])
    rotation = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    linear = zoom * rotation @ np.array([[narrow, shear], [0.0, 1.0]])
    return np.column_stack([linear, target - linear @ FACE])


def mirrored(index, count):
    """Folds indices outside 0 ..< count back, as a mirror at the outermost pixels' centres."""
    index = np.abs(index) % (2 * count - 2)
    return np.minimum(index, 2 * count - 2 - index)


def cubic_weights(fraction):
    """Catmull-Rom weights of the four neighbours at -1, 0, 1 and 2."""
    f = fraction
    return [
        ((-0.5 * f + 1.0) * f - 0.5) * f,
        (1.5 * f - 2.5) * f * f + 1.0,
        ((-1.5 * f + 2.0) * f + 0.5) * f,
        (0.5 * f - 0.5) * f * f,
    ]


def frame(portrait, affine):
    """The portrait as it looks under `affine`: 8-bit RGB, HEIGHT x WIDTH x 3."""
    linear = np.linalg.inv(affine[:, :2])
    x, y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    at = np.stack([x - affine[0, 2], y - affine[1, 2]]).reshape(2, -1)
    source = linear @ at
    whole = np.floor(source).astype(np.int64)
    across, down = (cubic_weights(f) for f in source - whole)
    rows, columns = portrait.shape[:2]
    total = np.zeros((WIDTH * HEIGHT, 3), np.float32)
    for i in range(4):
        row = mirrored(whole[1] + i - 1, rows)
        for j in range(4):
            column = mirrored(whole[0] + j - 1, columns)
            total += (down[i] * across[j]).astype(np.float32)[:, None] * portrait[row, column]
    return np.clip(np.rint(total), 0, 255).astype(np.uint8).reshape(HEIGHT, WIDTH, 3)


def read_portrait(path):
    command = ["ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    pixels = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(pixels, np.uint8).reshape(512, 512, 3).astype(np.float32)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(__file__).resolve().parent
    portrait = read_portrait(sys.argv[1])
    encoder = subprocess.Popen(
        ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"]
        + ["-video_size", f"{WIDTH}x{HEIGHT}", "-framerate", str(RATE), "-i", "-"]
        + ["-c:v", "libx264", "-threads", "1", "-preset", "slow", "-crf", "22"]
        + ["-pix_fmt", "yuv420p", "-fflags", "+bitexact", "-flags:v", "+bitexact"]
        + ["-movflags", "+faststart", str(folder / "portrait.mp4")],
        stdin=subprocess.PIPE,
    )
    with open(folder / "portrait-motion.csv", "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["frame", "timestamp_s", "xx", "xy", "x0", "yx", "yy", "y0"])
        for number in range(FRAMES):
            affine = motion(number / RATE)
            encoder.stdin.write(frame(portrait, affine).tobytes())
            values = [f"{value:.9f}" for value in affine.reshape(-1)]
            rows.writerow([number + 1, f"{number / RATE:.6f}"] + values)
    encoder.stdin.close()
    if encoder.wait() != 0:
        sys.exit(f"ffmpeg ended with status {encoder.returncode}")


if __name__ == "__main__":
    main()
