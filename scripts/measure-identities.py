#!/usr/bin/env python3
"""Measures whether a program finds every face of a video and keeps each person's number, where people are known.

    scripts/measure-identities.py TRACK.csv TRUTH.csv [TRACK.csv TRUTH.csv]...

TRACK.csv is what `landmarkd track VIDEO --faces all -o TRACK.csv` writes, TRUTH.csv what Training/finder/crowd.py
writes. Rows with success 1 are believed. One matches a true face of its frame where the intersection of their boxes
over the union is at least 0.5, or their centres are nearer than 0.3 of the true face's width; one to one, best first.
True faces count where at least half of them is seen; rows that match others are neither right nor wrong.

Columns: people; true faces (boxes); found, the share that is matched; false, believed rows that match nothing, per
1000 frames; switches, a person's face_id is another than in the last frame in which it was matched; clear, those of
them before which nothing covered or overlapped the person, which was in the picture throughout; IDF1 (E. Ristani et
al., "Performance measures and a data set for multi-target, multi-camera tracking", 2016); ids, how many face_ids are
used. Returns: visits after the first, of people matched in an earlier one; own, the face_id most used in the visit is
the one most used in the person's earlier visits; other's, it is the one most used before by somebody else; new, it is
any other. What is missing to 100 % was not found.
"""

import csv
import os
import sys
from collections import Counter, defaultdict

OVERLAP, NEAR = 0.5, 0.3
COUNTED, CLEAR = 0.5, 0.9
POINTS = 68
NAMES = ["people", "faces", "found", "false per 1000 frames", "switches", "clear", "IDF1", "ids", "returns", "own", "other's", "new"]


class Face:
    """A true face of a frame."""

    def __init__(self, row):
        self.person, self.visit, self.seen = row["person"], int(row["visit"]), float(row["seen"])
        x, y, w, h = (float(row[name]) for name in ("x", "y", "width", "height"))
        self.box = (x, y, x + w, y + h)


def read_truth(path):
    """The true faces by frame."""
    frames = defaultdict(list)
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            frames[int(row["frame"])].append(Face(row))
    return frames


def read_track(path):
    """(face_id, box) of the believed rows by frame; frames without one have none."""
    frames = {}
    with open(path, newline="") as file:
        rows = csv.reader(file)
        column = {name.strip(): i for i, name in enumerate(next(rows))}
        xs, ys = ([column[f"{axis}_{i}"] for i in range(POINTS)] for axis in "xy")
        for row in rows:
            believed = frames.setdefault(int(row[column["frame"]]), [])
            if row[column["success"]].strip() == "1" and row[xs[0]].strip():
                x, y = [float(row[i]) for i in xs], [float(row[i]) for i in ys]
                believed.append((row[column["face_id"]].strip(), (min(x), min(y), max(x), max(y))))
    return frames


def intersection(a, b):
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))


def likeness(box, true):
    """Intersection over union of a box and a true face's, or None where they do not match."""
    area = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (box, true))
    both = intersection(box, true)
    share = both / (area - both) if area > both else 0
    far = abs(complex(box[0] + box[2] - true[0] - true[2], box[1] + box[3] - true[1] - true[3])) / 2
    return share if share >= OVERLAP or far < NEAR * (true[2] - true[0]) else None


def match(rows, faces):
    """True face by row, as indices, and all pairs that could match. Faces that count come first."""
    pairs = []
    for r, (_, box) in enumerate(rows):
        for f, face in enumerate(faces):
            share = likeness(box, face.box)
            if share is not None:
                pairs.append((face.seen < COUNTED, -share, r, f))
    matched = {}
    for _, _, r, f in sorted(pairs):
        if r not in matched and f not in matched.values():
            matched[r] = f
    return matched, [(r, f) for _, _, r, f in pairs]


def best_assignment(gains):
    """The largest sum of gains (a list of rows) in which no row and no column is taken twice: the Hungarian algorithm."""
    if not gains or not gains[0]:
        return 0
    if len(gains) > len(gains[0]):
        gains = [list(column) for column in zip(*gains)]
    n, m = len(gains), len(gains[0])
    rows, columns, taken, way = [0] * (n + 1), [0] * (m + 1), [0] * (m + 1), [0] * (m + 1)
    for i in range(1, n + 1):
        taken[0], j = i, 0
        least, done = [float("inf")] * (m + 1), [False] * (m + 1)
        while taken[j]:
            done[j], delta, following = True, float("inf"), 0
            for k in range(1, m + 1):
                if not done[k]:
                    cost = -gains[taken[j] - 1][k - 1] - rows[taken[j]] - columns[k]
                    if cost < least[k]:
                        least[k], way[k] = cost, j
                    if least[k] < delta:
                        delta, following = least[k], k
            for k in range(m + 1):
                if done[k]:
                    rows[taken[k]] += delta
                    columns[k] -= delta
                else:
                    least[k] -= delta
            j = following
        while j:
            taken[j] = taken[way[j]]
            j = way[j]
    return sum(gains[taken[k] - 1][k - 1] for k in range(1, m + 1) if taken[k])


def most(counter):
    return counter.most_common(1)[0][0]


def measure(track, truth):
    """The sums of one video."""
    sums, ids, together = Counter(), set(), Counter()
    last, clear, before = {}, {}, {}
    # By person and visit: the first frame; and by frame which face_id it was matched to.
    begins, found = {}, defaultdict(list)
    for frame in sorted(track.keys() | truth.keys()):
        rows, faces = track.get(frame, []), truth.get(frame, [])
        ids.update(name for name, _ in rows)
        matched, pairs = match(rows, faces)
        ignored = {r for r, f in matched.items() if faces[f].seen < COUNTED}
        of_face = {f: rows[r][0] for r, f in matched.items() if r not in ignored}
        counted = [face.seen >= COUNTED for face in faces]
        together.update((rows[r][0], faces[f].person) for r, f in pairs if r not in ignored and counted[f])
        sums["frames"] += 1
        sums["faces"] += sum(counted)
        sums["rows"] += len(rows) - len(ignored)
        sums["found"] += len(of_face)
        sums["false"] += len(rows) - len(matched)
        for f, face in enumerate(faces):
            person = face.person
            alone = face.seen >= CLEAR and not any(intersection(face.box, o.box) > 0 for o in faces if o is not face)
            stays = before.get(person) == (frame - 1, face.visit)
            before[person] = (frame, face.visit)
            clear[person] = clear.get(person, False) and stays and alone
            if counted[f]:
                begins.setdefault((person, face.visit), frame)
            if f in of_face:
                if person in last and last[person] != of_face[f]:
                    sums["switches"] += 1
                    sums["clear"] += clear[person]
                last[person], clear[person] = of_face[f], alone
                found[person].append((frame, face.visit, of_face[f]))
    people = {person for person, _ in begins}
    columns = sorted(people)
    sums["people"], sums["ids"] = len(people), len(ids)
    sums["right"] = best_assignment([[together[name, person] for person in columns] for name in sorted(ids)])
    sums.update(returns(begins, found))
    return sums


def returns(begins, found):
    """Visits after a person's first and whose number they got."""
    sums = Counter()
    for (person, visit), begin in begins.items():
        earlier = Counter(name for _, v, name in found[person] if v < visit)
        if not earlier:
            continue
        sums["returns"] += 1
        here = Counter(name for _, v, name in found[person] if v == visit)
        others = {most(c) for c in (Counter(name for t, _, name in found[o] if t < begin) for o in list(found) if o != person) if c}
        if here:
            name = most(here)
            sums["own" if name == most(earlier) else "other's" if name in others else "new"] += 1
    return sums


def share(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def line(name, s):
    per_mille = f"{1000 * s['false'] / max(1, s['frames']):.1f}"
    score = f"{2 * s['right'] / max(1, s['rows'] + s['faces']):.4f}"
    cells = [name, s["people"], s["faces"], share(s["found"], s["faces"]), per_mille, s["switches"], s["clear"], score, s["ids"],
             s["returns"], *(share(s[kind], s["returns"]) for kind in ("own", "other's", "new"))]
    return f"| {' | '.join(map(str, cells))} |"


def main():
    if len(sys.argv) < 3 or len(sys.argv) % 2 == 0:
        sys.exit("usage: measure-identities.py TRACK.csv TRUTH.csv [TRACK.csv TRUTH.csv]...")
    print(f"| | {' | '.join(NAMES)} |\n|{' --- |' * (len(NAMES) + 1)}")
    total = Counter()
    for track, truth in zip(sys.argv[1::2], sys.argv[2::2]):
        sums = measure(read_track(track), read_truth(truth))
        print(line(os.path.splitext(os.path.basename(truth))[0], sums), flush=True)
        total.update(sums)
    if len(sys.argv) > 3:
        print(line("all", total))


if __name__ == "__main__":
    main()
