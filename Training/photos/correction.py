"""How well another markup's points are moved to ours: errors of photos left out, by how strongly offsets are held.

    python correction.py

Of the photos whose points were placed by hand (Training/landmarks, and held-out below it), every tenth is left
out in turn; the others tell how the teacher's points (points.csv) are moved, as `PointCorrection` does in
`landmarkd-dev train`: a mean offset, and a linear function of the teacher's points, held to 0 by a ridge.
Distances in per cent of the outer eye corners'.
"""
import csv
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
PLACED = os.path.join(HERE, "..", "landmarks")
PARTS = {"jaw": range(17), "brows": range(17, 27), "nose": range(27, 36), "eyes": range(36, 48), "mouth": range(48, 68)}
MIRROR = [
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]


def placed(path):
    with open(path) as file:
        rows = [line.split() for line in file.read().split("{")[1].split("}")[0].strip().splitlines()]
    return np.array([[float(x) - 1, float(y) - 1] for x, y in rows])


def pairs():
    """(set, the teacher's points, ours) of each photo."""
    with open(os.path.join(HERE, "points.csv")) as file:
        teacher = {row["photo"]: np.array([[float(row[f"{axis}_{i}"]) for axis in "xy"] for i in range(68)]) for row in csv.DictReader(file)}
    for folder, sets in ((PLACED, ["london"]), (os.path.join(PLACED, "held-out"), ["london-smiling", "congress"])):
        for name in sorted(os.listdir(folder)):
            for which in sets:
                photo = f"{which}/{name[:-4]}.jpg"
                if name.endswith(".pts") and photo in teacher:
                    yield which, teacher[photo], placed(os.path.join(folder, name))


def laid_on(points, other):
    """The similarity that takes points nearest to others."""
    a, b = (p[:, 0] + 1j * p[:, 1] for p in (points - points.mean(0), other - other.mean(0)))
    turn = (a.conj() @ b) / (a.conj() @ a).real

    def apply(p):
        z = ((p - points.mean(0)) @ [1, 1j]) * turn
        return np.stack([z.real, z.imag], -1)
    return apply


def mirrored(faces):
    return faces[:, MIRROR] * [-1, 1]


def errors(theirs, ours, ridge, folds=10):
    """Distances by photo and landmark, each photo left out of what moves it; ridge None: the mean alone."""
    result, fold = np.zeros(ours.shape[:2]), np.arange(len(theirs)) % folds
    for out in range(folds):
        known, left = theirs[fold != out], theirs[fold == out]
        faces = np.concatenate([known, mirrored(known)])
        offsets = ours[fold != out] - known
        offsets = np.concatenate([offsets, mirrored(offsets)])
        mean, usual = faces.mean(0), offsets.mean(0)
        said = usual
        if ridge is not None:
            x, y = ((f - mean).reshape(len(f), -1) for f in (faces, left))
            unit = np.mean((x * x).sum(1))
            shares = np.linalg.solve(x @ x.T / unit + ridge * np.eye(len(x)), (offsets - usual).reshape(len(x), -1))
            said = usual + (y @ x.T / unit @ shares).reshape(-1, 68, 2)
        result[fold == out] = np.linalg.norm(left + said - ours[fold == out], axis=-1)
    return 100 * result / np.linalg.norm(ours[:, 36] - ours[:, 45], axis=-1)[:, None]


def main():
    sets, theirs, ours = zip(*pairs())
    template = np.mean([(p - p.mean(0)) / p.std() for p in theirs], 0)
    ways = [laid_on(points, template) for points in theirs]
    theirs, ours = (np.array([way(p) for way, p in zip(ways, points)]) for points in (theirs, ours))
    groups = sorted(set(sets))
    print(f"| ridge | all | {' | '.join(PARTS)} | {' | '.join(groups)} |\n|{' --- |' * (2 + len(PARTS) + len(groups))}")
    for ridge in (None, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.6, 3.2):
        far = errors(theirs, ours, ridge)
        figures = [far.mean(), *(far[:, list(part)].mean() for part in PARTS.values()), *(far[np.array(sets) == g].mean() for g in groups)]
        print(f"| {'mean alone' if ridge is None else ridge} | " + " | ".join(f"{f:.2f}" for f in figures) + " |")


if __name__ == "__main__":
    main()
