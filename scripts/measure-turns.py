#!/usr/bin/env python3
"""Measures a program's fits on annotated pictures by how far heads are turned, free of definition.

    scripts/measure-turns.py PROGRAM FOLDER [OPTION...]

FOLDER holds NAME.jpg or NAME.png beside NAME.pts. PROGRAM fits every picture (`landmarkd fit`, with the OPTIONs); of
several fits the one nearest to the annotation counts, and those below .08 are looked at. Distances are over the
outer eye corners'. A head's turn is how far the annotated nose's tip lies from the middle of the annotated jaw's ends, over their
distance. Each landmark's median offset in the face's own frame is taken off. Prints, by turn:

- the mean error of each part;
- the jaw's mean offset across its outline, positive outwards, and along it, positive towards the chin, by landmark
  from the side that comes to the front (0) to the one that turns away (16);

and how far each landmark's offset to the side grows with the turn of the nose's tip: as if it lay so much of the way
from the eyes to the nose's tip too far forward.
"""

import statistics
import sys

from measured import PARTS, POINTS, TIP, annotated_fits, distances, in_frame, turn

BANDS = (0, 0.05, 0.12, 1)
JAW = 17
PARTNER = [16 - i for i in range(JAW)]


def jaw_offsets(face, offsets):
    """(across, along) of landmarks 0 to 16, in the order of the near side first."""
    middle = (face[0] + face[16]) / 2
    result = []
    for i in range(JAW):
        way = face[min(16, i + 1)] - face[max(0, i - 1)]
        way /= abs(way)
        outward = way * 1j
        if ((face[i] - middle) * outward.conjugate()).real < 0:
            outward = -outward
        along = way if i <= 8 else -way
        result.append(((offsets[i] * outward.conjugate()).real, (offsets[i] * along.conjugate()).real))
    # A nose that points to the right of the picture shows the left half of the face.
    return result if turn(face) > 0 else [result[i] for i in PARTNER]


def slopes(tips, offsets):
    """By landmark, the least squares' slope of its offset to the side on where the nose's tip is."""
    mean = statistics.fmean(tips)
    spread = sum((t - mean) ** 2 for t in tips)
    return [sum((t - mean) * each[i].real for t, each in zip(tips, offsets)) / spread for i in range(POINTS)]


def texts(values):
    return " ".join(f"{v:+.3f}" for v in values)


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: measure-turns.py PROGRAM FOLDER [OPTION...]")
    program, folder, options = sys.argv[1], sys.argv[2], sys.argv[3:]
    count, pairs = annotated_fits(program, folder, options)
    good = [pair for pair in pairs if statistics.fmean(distances(*pair)) < 0.08]
    if len(good) < 2:
        sys.exit(f"{folder}: {len(good)} of {count} pictures have fits below .08; two are needed")
    faces = [in_frame(theirs, theirs) for _, theirs in good]
    offsets = [[a - b for a, b in zip(in_frame(*pair), face)] for pair, face in zip(good, faces)]
    usual = [
        complex(statistics.median(o[i].real for o in offsets), statistics.median(o[i].imag for o in offsets))
        for i in range(POINTS)]
    offsets = [[o - u for o, u in zip(each, usual)] for each in offsets]
    print(f"{len(faces)} good fits of {count}")
    print(f"| turn | faces | all | {' | '.join(PARTS)} |\n|{' --- |' * (3 + len(PARTS))}")
    bands = [
        [k for k, face in enumerate(faces) if low <= abs(turn(face)) < high] for low, high in zip(BANDS, BANDS[1:])]
    for band, low in zip(bands, BANDS):
        if not band:
            continue
        means = [statistics.fmean(abs(offsets[k][i]) for k in band for i in part) for part in (range(POINTS), *PARTS.values())]
        print(f"| from {low} | {len(band)} | " + " | ".join(f"{m:.4f}" for m in means) + " |")
    for band, low in zip(bands, BANDS):
        if not band:
            continue
        each = [jaw_offsets(faces[k], offsets[k]) for k in band]
        print(f"jaw, turn from {low}: across", texts(statistics.fmean(e[i][0] for e in each) for i in range(JAW)))
        print(f"jaw, turn from {low}: along ", texts(statistics.fmean(e[i][1] for e in each) for i in range(JAW)))
    print("to the side, with the nose's tip:", texts(slopes([face[TIP].real for face in faces], offsets)))


if __name__ == "__main__":
    main()
