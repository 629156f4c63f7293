"""Fits of a program and their distances to other points, shared by measure-*.py."""
import csv
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict

POINTS = 68
EYES = (36, 45)
TIP = 30
PARTS = {"jaw": range(17), "brows": range(17, 27), "nose": range(27, 36), "eyes": range(36, 48), "mouth": range(48, 68)}
INNER = [i for i in range(17, 68) if i not in (60, 64)]


def points_of(row):
    return [complex(float(row[f"x_{i}"]), float(row[f"y_{i}"])) for i in range(POINTS)]


def annotation(path):
    """The 68 points of a .pts file, the centre of the top left pixel at 0."""
    with open(path) as file:
        rows = [line.split() for line in file.read().split("{")[1].split("}")[0].strip().splitlines()]
    return [complex(float(x) - 1, float(y) - 1) for x, y in rows]


def fits(program, pictures, options):
    """By picture's name: (confidence, 68 points) of each fit."""
    with tempfile.TemporaryDirectory() as work:
        table = os.path.join(work, "fits.csv")
        subprocess.run([program, "fit", *pictures, "-o", table, "-q", *options], check=True)
        found = defaultdict(list)
        with open(table) as file:
            for row in csv.DictReader(file):
                row = {key.strip(): value.strip() for key, value in row.items()}
                if row.get("x_0"):
                    found[os.path.basename(row["image"])].append((float(row["confidence"] or "nan"), points_of(row)))
        return found


def annotated_fits(program, folder, options):
    """How many pictures have a NAME.pts beside them, and (ours, theirs) of those that are fitted: of several fits
    the one nearest to the annotation."""
    pictures = sorted(
        os.path.join(folder, name) for name in os.listdir(folder)
        if name.endswith((".jpg", ".png")) and os.path.exists(os.path.join(folder, name[:-4] + ".pts")))
    if not pictures:
        sys.exit(f"{folder}: expected NAME.jpg or NAME.png with NAME.pts beside it")
    found, pairs = fits(program, pictures, options), []
    for picture in pictures:
        theirs = annotation(picture[:-4] + ".pts")
        ours = [points for _, points in found[os.path.basename(picture)]]
        if ours:
            pairs.append((min(ours, key=lambda points: sum(distances(points, theirs))), theirs))
    if not pairs:
        sys.exit(f"{folder}: no face is found in its {len(pictures)} annotated pictures")
    return len(pictures), pairs


def in_frame(points, of):
    """Points as multiples of the outer eye corners' way, from their middle, of another face's."""
    a, b = of[EYES[0]], of[EYES[1]]
    return [(p - (a + b) / 2) / (b - a) for p in points]


def distances(ours, theirs, offsets=None):
    """Of each landmark, over their outer eye corners', with mean offsets taken off."""
    offsets = offsets or [0] * POINTS
    return [abs(p - m - q) for p, m, q in zip(in_frame(ours, theirs), offsets, in_frame(theirs, theirs))]


def turn(face):
    """How far the nose's tip lies from the middle of the jaw's ends, over their distance: of a face in its own frame."""
    return ((face[TIP] - (face[0] + face[16]) / 2) / abs(face[16] - face[0])).real


def free(pairs):
    """Distances of each landmark of (ours, theirs) free of definition: mean offsets of every second pair
    are taken off the others, both ways. Medians: failed fits say nothing of a definition."""
    result = [None] * len(pairs)
    for half in (0, 1):
        offsets = [[] for _ in range(POINTS)]
        for ours, theirs in pairs[1 - half :: 2]:
            for i, (a, b) in enumerate(zip(in_frame(ours, theirs), in_frame(theirs, theirs))):
                offsets[i].append(a - b)
        means = [complex(statistics.median(o.real for o in each), statistics.median(o.imag for o in each)) for each in offsets]
        for index in range(half, len(pairs), 2):
            result[index] = distances(*pairs[index], means)
    return result
