#!/usr/bin/env python3
"""Measures what a program finds and believes on FairFace's pictures, by group.

    scripts/measure-groups.py PROGRAM FAIRFACE [OPTION...]

PROGRAM fits every picture (`landmarkd fit`, with the OPTIONs). A face is found where a fit lies on the
picture's middle, and believed where the surest such fit has a confidence of at least 0.5. Distances to
the mesh's points are over its outer eye corners', free of definition: each landmark's mean offset in the
face's own frame is learned on every second picture and taken off the others, both ways.
"""

import csv
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict

POINTS = 68
EYES = (36, 45)


def fits(program, folder, names, options):
    """By picture: (confidence, 68 points) of each fit."""
    with tempfile.TemporaryDirectory() as work:
        table = os.path.join(work, "fits.csv")
        pictures = [os.path.join(folder, name) for name in names]
        subprocess.run([program, "fit", *pictures, "-o", table, "-q", *options], check=True)
        found = defaultdict(list)
        with open(table) as file:
            for row in csv.DictReader(file):
                row = {key.strip(): value.strip() for key, value in row.items()}
                if not row.get("x_0"):
                    continue
                points = [complex(float(row[f"x_{i}"]), float(row[f"y_{i}"])) for i in range(POINTS)]
                found[os.path.basename(row["image"])].append((float(row["confidence"]), points))
        return found


def on_the_middle(points, middle):
    xs, ys = [p.real for p in points], [p.imag for p in points]
    return min(xs) < middle.real < max(xs) and min(ys) < middle.imag < max(ys)


def in_frame(points, of):
    """Points as multiples of the outer eye corners' way, from their middle, of another face's."""
    a, b = of[EYES[0]], of[EYES[1]]
    return [(p - (a + b) / 2) / (b - a) for p in points]


def free(pairs):
    """Distances over the eyes' of (ours, theirs), offsets of one half taken off the other."""
    errors = [0.0] * len(pairs)
    for half in (0, 1):
        learned = [p for i, p in enumerate(pairs) if i % 2 != half]
        offsets = [[] for _ in range(POINTS)]
        for ours, theirs in learned:
            for i, (a, b) in enumerate(zip(in_frame(ours, theirs), in_frame(theirs, theirs))):
                offsets[i].append(a - b)
        # Failed fits say nothing of a definition.
        means = [complex(statistics.median(o.real for o in each), statistics.median(o.imag for o in each)) for each in offsets]
        for index, (ours, theirs) in enumerate(pairs):
            if index % 2 == half:
                a, b = in_frame(ours, theirs), in_frame(theirs, theirs)
                errors[index] = statistics.fmean(abs(p - m - q) for p, m, q in zip(a, means, b))
    return errors


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: measure-groups.py PROGRAM FAIRFACE [OPTION...]")
    program, folder, options = sys.argv[1], sys.argv[2], sys.argv[3:]
    with open(os.path.join(folder, "faces.csv")) as file:
        rows = list(csv.DictReader(file))
    found = fits(program, folder, [row["image"] for row in rows], options)
    groups, pairs, believed_pairs = defaultdict(list), [], []
    middle = complex(111.5, 111.5)
    for row in rows:
        here = [f for f in found[os.path.basename(row["image"])] if on_the_middle(f[1], middle)]
        best = max(here, default=None, key=lambda f: f[0])
        is_believed = best is not None and best[0] >= 0.5
        for group in ("all", "age " + row["age"], row["origin"], row["gender"]):
            groups[group].append((best is not None, is_believed))
        if best and row["x_0"]:
            mesh = [complex(float(row[f"x_{i}"]), float(row[f"y_{i}"])) for i in range(POINTS)]
            pairs.append((best[1], mesh))
            believed_pairs.append(is_believed)
    print("| group | n | found | believed |\n| --- | --- | --- | --- |")
    for group in sorted(groups):
        of = groups[group]
        print(f"| {group} | {len(of)} | {sum(a for a, _ in of) / len(of):.3f} | {sum(b for _, b in of) / len(of):.3f} |")
    errors = free(pairs)
    for name, some in [("found", errors), ("believed", [e for e, b in zip(errors, believed_pairs) if b])]:
        some = [e for e in some if math.isfinite(e)]
        print(f"distance to the mesh, free of definition, {name}: median {statistics.median(some):.4f}, mean {statistics.fmean(some):.4f}, n {len(some)}")


if __name__ == "__main__":
    main()
