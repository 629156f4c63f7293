#!/usr/bin/env python3
"""Measures whether a program knows which of its first fits are right, on annotated pictures.

    scripts/measure-belief.py PROGRAM FOLDER [OPTION...]

FOLDER holds NAME.jpg or NAME.png beside NAME.pts. PROGRAM fits every picture (`landmarkd fit`, with the
OPTIONs); of several fits the one nearest to the annotation counts. A fit is right where its mean error is
below a tenth of 0.6 of the larger side of the annotation's box, which is about the outer eye corners'
distance of a head seen from the front; it is believed from a confidence of 0.5 on. The area under the curve
is the share of pairs of a right and a wrong fit in which the right one has the higher confidence.
"""

import os
import statistics
import sys

from measured import annotation, fits

RIGHT = 0.1
CORNERS = 0.6


def error(points, truth):
    xs, ys = [p.real for p in truth], [p.imag for p in truth]
    unit = CORNERS * max(max(xs) - min(xs), max(ys) - min(ys))
    return statistics.fmean(abs(p - q) for p, q in zip(points, truth)) / unit


def share(values):
    return f"{statistics.fmean(values):.3f} ({sum(values)} of {len(values)})" if values else "none"


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: measure-belief.py PROGRAM FOLDER [OPTION...]")
    program, folder, options = sys.argv[1], sys.argv[2], sys.argv[3:]
    names = sorted(n for n in os.listdir(folder) if n.endswith((".jpg", ".png")))
    found = fits(program, [os.path.join(folder, name) for name in names], options)
    right, wrong = [], []
    for name in names:
        truth = annotation(os.path.join(folder, os.path.splitext(name)[0] + ".pts"))
        best = min(((error(f[1], truth), f[0]) for f in found[name]), default=None)
        if best is not None:
            (right if best[0] < RIGHT else wrong).append(best[1])
    pairs = [(a > b) + 0.5 * (a == b) for a in right for b in wrong]
    print(f"fitted {len(right) + len(wrong)} of {len(names)}; right", share([True] * len(right) + [False] * len(wrong)))
    print("right ones believed", share([c >= 0.5 for c in right]) + "; wrong ones believed", share([c >= 0.5 for c in wrong]))
    if pairs:
        print(f"area under the curve {statistics.fmean(pairs):.4f}")


if __name__ == "__main__":
    main()
