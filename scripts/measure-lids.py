#!/usr/bin/env python3
"""Measures how far lids and lips move in a track of a video whose truth is known.

    scripts/measure-lids.py TRACK.csv TRUTH.csv [LAST]

Frames after LAST are left out.

Eye aspect ratio: the lids' mean distance at two places over the corners', mean of both eyes. A blink is a
run of frames whose true ratio is below half the median; its depth is the way down from the median to the
least. Mouth: the mean distance of the three pairs of inner lips over the outer eye corners'; its peaks are
the tenth of the frames in which it is widest, and are said where it opens.
"""

import csv
import statistics
import sys

from measured import points_of


# Of the outer eye corners' distance: less is a closed mouth.
OPEN = 0.03


def read(path):
    with open(path) as file:
        rows = ({key.strip(): value.strip() for key, value in row.items()} for row in csv.DictReader(file))
        return {int(row["frame"]): points_of(row) for row in rows if row.get("x_0")}


def openness(points):
    def eye(o):
        p = points[o : o + 6]
        return (abs(p[1] - p[5]) + abs(p[2] - p[4])) / 2 / abs(p[0] - p[3])

    return (eye(36) + eye(42)) / 2


def mouth(points):
    return sum(abs(points[a] - points[b]) for a, b in [(61, 67), (62, 66), (63, 65)]) / 3 / abs(points[36] - points[45])


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: measure-lids.py TRACK.csv TRUTH.csv [LAST]")
    last = int(sys.argv[3]) if len(sys.argv) == 4 else sys.maxsize
    track, truth = read(sys.argv[1]), read(sys.argv[2])
    first = min(truth) - min(track)
    frames = [f for f in sorted(truth) if f <= last and f - first in track]
    true = [openness(truth[f]) for f in frames]
    ours = [openness(track[f - first]) for f in frames]
    usual, own = statistics.median(true), statistics.median(ours)
    print(f"eye aspect ratio: median {own:.3f} (true {usual:.3f}), least {min(ours):.3f} (true {min(true):.3f})")
    print(f"least over median: {min(ours) / own:.2f} (true {min(true) / usual:.2f})")
    runs, run = [], []
    for i, value in enumerate(true + [usual]):
        if value < usual / 2:
            run.append(i)
        elif run:
            runs.append(run)
            run = []
    for run in runs:
        near = range(max(0, run[0] - 2), min(len(ours), run[-1] + 3))
        depth = (own - min(ours[i] for i in near)) / (usual - min(true[i] for i in run))
        print(f"blink in frames {frames[run[0]]} to {frames[run[-1]]}: {100 * depth:.0f} % of its depth")
    wide = sorted(range(len(frames)), key=lambda i: -mouth(truth[frames[i]]))[: max(1, len(frames) // 10)]
    if statistics.fmean(mouth(truth[frames[i]]) for i in wide) < OPEN:
        return
    share = statistics.fmean(mouth(track[frames[i] - first]) / mouth(truth[frames[i]]) for i in wide)
    print(f"mouth at its peaks: {100 * share:.0f} % of the true opening")


if __name__ == "__main__":
    main()
