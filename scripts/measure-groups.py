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
import sys
from collections import defaultdict

from measured import fits, free, in_frame, points_of, turn


TURNS = (0, 0.1, 0.2, 0.3, 0.4, math.inf)


def on_the_middle(points, middle):
    xs, ys = [p.real for p in points], [p.imag for p in points]
    return min(xs) < middle.real < max(xs) and min(ys) < middle.imag < max(ys)


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: measure-groups.py PROGRAM FAIRFACE [OPTION...]")
    program, folder, options = sys.argv[1], sys.argv[2], sys.argv[3:]
    with open(os.path.join(folder, "faces.csv")) as file:
        rows = list(csv.DictReader(file))
    found = fits(program, [os.path.join(folder, row["image"]) for row in rows], options)
    groups, pairs, believed_pairs, pair_groups = defaultdict(list), [], [], []
    middle = complex(111.5, 111.5)
    for row in rows:
        here = [f for f in found[os.path.basename(row["image"])] if on_the_middle(f[1], middle)]
        best = max(here, default=None, key=lambda f: f[0])
        is_believed = best is not None and best[0] >= 0.5
        own = ("all", "age " + row["age"], row["origin"], row["gender"])
        for group in own:
            groups[group].append((best is not None, is_believed))
        if best and row["x_0"]:
            pairs.append((best[1], points_of(row)))
            believed_pairs.append(is_believed)
            pair_groups.append(own)
    print("| group | n | found | believed |\n| --- | --- | --- | --- |")
    for group in sorted(groups):
        of = groups[group]
        print(f"| {group} | {len(of)} | {sum(a for a, _ in of) / len(of):.3f} | {sum(b for _, b in of) / len(of):.3f} |")
    errors = [statistics.fmean(each) for each in free(pairs)]
    for name, some in [("found", errors), ("believed", [e for e, b in zip(errors, believed_pairs) if b])]:
        some = [e for e in some if math.isfinite(e)]
        print(f"distance to the mesh, free of definition, {name}: median {statistics.median(some):.4f}, mean {statistics.fmean(some):.4f}, n {len(some)}")
    print("| group of those found | n | median | mean | mean over that of all |\n| --- | --- | --- | --- | --- |")
    of_all = statistics.fmean(e for e in errors if math.isfinite(e))
    for group in sorted(groups):
        there = [e for e, own in zip(errors, pair_groups) if group in own and math.isfinite(e)]
        if there:
            mean = statistics.fmean(there)
            print(f"| {group} | {len(there)} | {statistics.median(there):.4f} | {mean:.4f} | {mean / of_all:.2f} |")
    print("| turn of those found | n | believed | median | mean |\n| --- | --- | --- | --- | --- |")
    turns = [abs(turn(in_frame(theirs, theirs))) for _, theirs in pairs]
    for low, high in zip(TURNS, TURNS[1:]):
        of = [(e, b) for e, b, t in zip(errors, believed_pairs, turns) if low <= t < high and math.isfinite(e)]
        if of:
            there = [e for e, _ in of]
            print(f"| from {low} | {len(of)} | {sum(b for _, b in of) / len(of):.3f} | {statistics.median(there):.4f} | {statistics.fmean(there):.4f} |")


if __name__ == "__main__":
    main()
