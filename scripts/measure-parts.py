#!/usr/bin/env python3
"""Measures a program's fits on annotated pictures by part of the face, as they are and free of definition.

    scripts/measure-parts.py PROGRAM FOLDER [OPTION...]

FOLDER holds NAME.jpg or NAME.png beside NAME.pts. PROGRAM fits every picture (`landmarkd fit`, with the
OPTIONs); of several fits the one nearest to the annotation counts. Distances are over the outer eye
corners'. Free of definition: each landmark's mean offset in the face's own frame is learned on every
second picture and taken off the others, both ways.
"""

import statistics
import sys

from measured import INNER, PARTS, POINTS, annotated_fits, distances, free


def line(name, each):
    """One row of the table: of distances by face and landmark."""
    def of(indices):
        return [statistics.fmean(face[i] for i in indices) for face in each]

    whole, inner = of(range(POINTS)), of(INNER)
    shares = " | ".join(f"{100 * sum(e < limit for e in whole) / len(whole):.1f}" for limit in (0.08, 0.1))
    parts = " | ".join(f"{statistics.median(of(part)):.4f}" for part in PARTS.values())
    return f"| {name} | {statistics.median(whole):.4f} | {statistics.fmean(whole):.4f} | {shares} | {statistics.median(inner):.4f} | {statistics.fmean(inner):.4f} | {parts} |"


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: measure-parts.py PROGRAM FOLDER [OPTION...]")
    program, folder, options = sys.argv[1], sys.argv[2], sys.argv[3:]
    count, pairs = annotated_fits(program, folder, options)
    print(f"{len(pairs)} of {count} found")
    names = " | ".join(PARTS)
    print(f"| | median | mean | < .08 | < .10 | 49 points, median | mean | {names} |\n|{' --- |' * 12}")
    print(line("as it is", [distances(*pair) for pair in pairs]))
    print(line("free of definition", free(pairs)))


if __name__ == "__main__":
    main()
