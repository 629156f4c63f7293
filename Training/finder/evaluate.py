"""Measures a weights file on made-up pictures of people and scenes kept out of training, sets its
threshold and calibration, and measures it on FairFace.

    python evaluate.py --weights W --second V --material HELD [--calibrate] [--sheet DIR] [--drawn-boxes DRAWN-HELD/boxes.csv]
    python evaluate.py --weights W --second V --fairface FOLDER      (to measure with only)
"""
import argparse
import csv
import os
from collections import defaultdict

import cv2
import numpy as np

from compose import Composer, mark
from material import REAL, Material
from weights import Finder, overlap

SIZES = [12, 16, 20, 24, 32, 48, 64, 96, 130, 200]
WIDTH, HEIGHT = 320, 240
LEAST = 20  # px; the search for all but the two smallest sizes, which are searched for enlarged.
# Scenes and pages kept out; the same with half of them textures, clutter and negatives; parts of
# faces and heads without one besides.
FACELESS = ["scenes, letters", "textures, clutter", "parts of heads"]
LOWEST = -4.0  # Logit from which on boxes are kept, to draw curves.


def hits(found, record):
    """The rows of `found` that are on this face."""
    far = np.hypot(found[:, 1] - record[0], found[:, 2] - record[1])
    ratio = found[:, 3] / record[2]
    return np.flatnonzero((far < 0.4 * record[2]) & (ratio > 0.6) & (ratio < 1.67))


def compose_set(material, seed, pictures, faceless):
    """Pictures of faces by size, then pictures without any. Seeded."""
    composer = Composer(material, [seed, 77])
    items = []
    for size in SIZES:
        for _ in range(pictures):
            count = 1 if size > 60 or composer.chance(0.6) else 2
            pixels, records = composer.picture(
                WIDTH, HEIGHT, [size * composer.uniform(0.92, 1.08)] * count, edge_share=0.1)
            items.append((size, pixels, records, composer.told))
    for _ in range(pictures * 2):  # Faces that fill the picture.
        pixels, records = composer.picture(
            224, 224, [composer.uniform(110, 190)], portrait=True, edge_share=0, cover_share=0.1)
        items.append(("close", pixels, records, composer.told))
    composer.infra_red_alone = True
    for _ in range(pictures * 2):
        pixels, records = composer.picture(WIDTH, HEIGHT, [composer.log_uniform(20, 130)], edge_share=0.1)
        items.append(("infra-red", pixels, records, composer.told))
    composer.infra_red_alone = False
    for kind in FACELESS:
        composer.scenery_alone = kind == FACELESS[0]
        for _ in range(faceless if kind == FACELESS[0] else faceless // 3):
            pixels, _ = composer.picture(WIDTH, HEIGHT, [], extras=float(kind == FACELESS[2]))
            items.append((kind, pixels, [], []))
    return items


def search(finder, items):
    for size, pixels, records, told in items:
        least = 10 if size in SIZES and size < LEAST else LEAST
        yield size, pixels, records, told, finder.find(pixels, least, LOWEST)


def measure(finder, items):
    """Faces (size, best logit, points' error, what is told), false boxes' logits by kind, and pairs
    (logit, width at the picture, right or not) of all boxes."""
    faces, false, pairs, pictures = [], defaultdict(list), [], defaultdict(int)
    wrong = []
    for size, pixels, records, told, found in search(finder, items):
        right = np.zeros(len(found), bool)
        for record, about in zip(records, told):
            on = hits(found, record)
            right[on] = True
            if record[13] < 0.5:
                continue
            best = on[np.argmax(found[on, 0])] if len(on) else None
            error = np.nan
            if best is not None:
                points = np.hypot(*(found[best, 4:].reshape(5, 2) - record[3:13].reshape(5, 2)).T)
                error = points.mean() / record[2]
            logit = found[best, 0] if best is not None else -np.inf
            width = found[best, 3] / record[2] if best is not None else np.nan
            faces.append((size, logit, error, width, about, pixels, record))
        # A box on a face that does not count is neither right nor wrong.
        doubtful = np.array([any(overlap(row[1:4], r[:3]) > 0.5 for r in records if r[13] < 0.5) for row in found], bool)
        group = "with faces" if records else size
        pictures[group] += 1
        for row, good, doubt in zip(found, right, doubtful):
            if good or not doubt:
                pairs.append((row[0], row[3], float(good)))
            if not good and not doubt:
                false[group].append(row[0])
                wrong.append((row[0], pixels, row))
    return faces, false, pictures, pairs, wrong


def isotonic(values, weights):
    """Pool adjacent violators: the nearest rising sequence."""
    blocks = []
    for value, weight in zip(values, weights):
        blocks.append([value, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            v, w, n = blocks.pop()
            u, x, m = blocks.pop()
            blocks.append([(v * w + u * x) / (w + x), w + x, n + m])
    return np.concatenate([[v] * n for v, _, n in blocks])


def calibrate(finder, pairs, false_scene, scenes, most):
    """Knots (logit, share of right boxes), and the threshold at which `most` false boxes a picture
    without a face are left."""
    pairs = sorted(pairs)
    logits, right = np.array([p[0] for p in pairs]), np.array([p[2] for p in pairs])
    share, centre, count = [], [], []
    for low in np.arange(-3, 8, 0.5):  # The first and last bins are open.
        inside = (logits >= low) if low == 7.5 else (logits < low + 0.5) & ((logits >= low) | (low == -3))
        if inside.sum() >= 5:
            share.append((right[inside].sum() + 0.2) / (inside.sum() + 0.4))
            centre.append(logits[inside].mean())
            count.append(inside.sum())
    # A little rise everywhere keeps the order of logits in the scores.
    level = isotonic(share, count) + np.arange(len(share)) * 1e-4
    knots = list(zip(map(float, centre), map(float, np.clip(level, 0, 1))))
    finder.knots = knots
    allowed = int(most * scenes)
    highest = sorted(false_scene, reverse=True)
    at = highest[allowed] + 1e-3 if len(highest) > allowed else LOWEST
    finder.threshold = float(np.clip(finder.score(at), 0.02, 0.98))
    print("knots", " ".join(f"{a:.2f}:{b:.3f}" for a, b in knots))
    print(f"threshold {finder.threshold:.3f} (logit {at:.2f})")
    return at


def share(values):
    return f"{np.mean(values):.3f}" if len(values) else "  -  "


def plain(face):
    """Whole, uncovered, roughly upright, not dark, not turned far."""
    about = face[4]
    return (
        about["covered"] == 0 and about["seen"] > 0.95 and abs(np.degrees(about["roll"])) < 30
        and face[5].mean() >= 25 and abs(about["yaw"]) < 60)


def tables(finder, faces, false, pictures):
    logit_at = min((l for l in np.arange(LOWEST, 12, 0.01) if finder.score(l) >= finder.threshold), default=np.inf)
    cuts = [logit_at - 2, logit_at - 1, logit_at, logit_at + 1, logit_at + 2]
    print(f"threshold {finder.threshold:.3f} is logit {logit_at:.2f}; columns: that logit " + ", ".join(f"{c - logit_at:+.0f}" for c in cuts))
    print("| faces, px | n | found | | | | | points' error, median | plain, n | found |")
    for size in SIZES:
        of = [f for f in faces if f[0] == size]
        simple = [f[1] >= logit_at for f in of if plain(f)]
        error = [f[2] for f in of if f[1] >= logit_at]
        print(f"| {size} | {len(of)} | " + " | ".join(share([f[1] >= c for f in of]) for c in cuts) + f" | {np.median(error):.3f} | {len(simple)} | {share(simple)} |")
    print("| pictures | n | false boxes a picture | | | | |")
    for group in (*FACELESS, "with faces"):
        print(f"| {group} | {pictures[group]} | " + " | ".join(f"{sum(v >= c for v in false[group]) / max(1, pictures[group]):.3f}" for c in cuts) + " |")
    of = [f for f in faces if f[0] == "close"]
    print(f"close-ups, 110 to 190 px of 224, n {len(of)}: found {share([f[1] >= logit_at for f in of])}, "
          f"plain and real {share([f[1] >= logit_at for f in of if plain(f) and f[4]['real']])}")
    lit = [f for f in faces if f[0] == "infra-red"]
    print(f"in infra-red light, 20 to 130 px, n {len(lit)}: found {share([f[1] >= logit_at for f in lit])}, "
          f"whole, uncovered, rolled and turned little {share([f[1] >= logit_at for f in lit if plain(f)])}")
    usual = [f for f in faces if f[0] not in ("close", "infra-red") and f[0] >= 20]
    groups = {
        "real": lambda f: f[4]["real"], "drawn": lambda f: not f[4]["real"],
        "covered by a quarter to two thirds": lambda f: f[4]["covered"] > 0.25,
        "cut off, 48 to 85 % seen": lambda f: f[4]["seen"] < 0.85,
        "rolled by 30 to 62": lambda f: abs(np.degrees(f[4]["roll"])) > 30,
        "dark, mean below 25": lambda f: f[5].mean() < 25,
        "plain": plain,
        "plain, real": lambda f: plain(f) and f[4]["real"],
    }
    for low, high in [(0, 30), (30, 60), (60, 80), (80, 96)]:
        groups[f"drawn, yaw {low} to {high}"] = (
            lambda f, low=low, high=high: not f[4]["real"] and low <= abs(f[4]["yaw"]) < high)
    print("| faces from 20 px | n | found | points' error, median |")
    for name, test in groups.items():
        of = [f for f in usual if test(f)]
        error = [f[2] for f in of if f[1] >= logit_at]
        print(f"| {name} | {len(of)} | {share([f[1] >= logit_at for f in of])} | {np.median(error) if error else np.nan:.3f} |")
    widths = np.array([f[3] for f in usual if f[1] >= logit_at])
    print(f"width found / true: median {np.median(widths):.3f}, deviation {np.std(widths):.3f}")


def curves(path, judge, faces, false, pictures):
    """Draws the share of faces found against false boxes a picture without a face, by size."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    values = sorted(false[FACELESS[0]], reverse=True)
    rates = np.geomspace(0.003, 1, 60)
    cuts = [values[min(len(values) - 1, int(rate * pictures[FACELESS[0]]))] for rate in rates]
    figure, axes = pyplot.subplots(figsize=(7, 4.6))
    groups = [("12 and 16 px, enlarged", (12, 16)), ("20 and 24 px", (20, 24)), ("32 px", (32,)), ("48 and 64 px", (48, 64)),
              ("96 to 200 px", (96, 130, 200)), ("infra-red", ("infra-red",)), ("close-ups", ("close",))]
    for name, sizes in groups:
        of = [f[1] for f in faces if f[0] in sizes]
        axes.plot(rates, [np.mean([value > cut for value in of]) for cut in cuts], label=name)
    axes.axvline(0.05, color="0.7", linewidth=1)
    axes.set(xscale="log", xlabel="false boxes a picture without a face", ylabel="faces found", ylim=(0, 1.02))
    axes.legend(loc="lower right", fontsize=8)
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=90, bbox_inches="tight")


def sheet(path, tiles, columns=6):
    if not tiles:
        return
    tiles = [tile for tile in tiles if tile.shape == tiles[0].shape][: columns * 5]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    cv2.imwrite(path, np.vstack(rows))


def around(pixels, record, zoom=1):
    """The picture with a box drawn."""
    return mark(pixels, [np.float32(record)], zoom)


def fairface(finder, folder, least):
    with open(os.path.join(folder, "faces.csv")) as file:
        rows = list(csv.DictReader(file))
    groups, false, own = defaultdict(list), 0, []
    for row in rows:
        picture = cv2.imread(os.path.join(folder, row["image"]), cv2.IMREAD_GRAYSCALE)
        found = finder.find(picture, least)
        middle = (np.array(picture.shape[::-1]) - 1) / 2
        inside = (np.abs(found[:, 1:3] - middle).max(1) < found[:, 3] / 2) & (found[:, 3] > 30)
        false += int((~inside).sum())
        hit = bool(inside.any())
        for key in ("all", "age " + row["age"], row["origin"], row["gender"]):
            groups[key].append(hit)
        if hit and row.get("x_0"):
            best = found[np.argmax(inside)]
            mesh = np.array([[float(row[f"{c}_{i}"]) for c in "xy"] for i in range(68)])
            five = np.stack([mesh[36:42].mean(0), mesh[42:48].mean(0), mesh[30], mesh[48], mesh[54]])
            error = np.hypot(*(best[4:].reshape(5, 2) - five).T).mean()
            own.append(error / np.hypot(*(mesh[45] - mesh[36])))
    print("| group | n | found |")
    for key in sorted(groups):
        print(f"| {key} | {len(groups[key])} | {np.mean(groups[key]):.3f} |")
    print(f"boxes that are not on the middle: {false / len(rows):.3f} a picture; points' error over the outer eye corners', median {np.median(own):.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", required=True)
    parser.add_argument("--second", help="the second net's weights; without it the first decides")
    parser.add_argument("--material")
    parser.add_argument("--drawn-boxes", help="boxes.csv of the drawn faces: their yaw")
    parser.add_argument("--pictures", type=int, default=40, help="for every size")
    parser.add_argument("--faceless", type=int, default=600)
    parser.add_argument("--calibrate", action="store_true", help="set threshold and knots (on other pictures), and write the file")
    parser.add_argument("--most-false", type=float, default=0.035, help="false boxes a picture without a face that the threshold allows")
    parser.add_argument("--sheet", help="folder for pictures of what was missed and what was wrong")
    parser.add_argument("--curves", help="a picture of faces found against false boxes")
    parser.add_argument("--fairface")
    parser.add_argument("--least", type=float, default=40, help="least face searched for on FairFace, px")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    finder = Finder.read(options.weights)
    finder.second = Finder.read(options.second) if options.second else None
    judge = finder.second or finder
    if options.material:
        material = Material(options.material)
        if options.calibrate:
            items = compose_set(material, options.seed + 1000, options.pictures, options.faceless * 2)
            _, false, pictures, pairs, _ = measure(finder, items)
            calibrate(judge, pairs, false[FACELESS[0]], pictures[FACELESS[0]], options.most_false)
            judge.write(options.second or options.weights)
            by = defaultdict(list)
            for logit, width, right in pairs:
                by[(float(np.floor(logit)), "to 32 px" if width < 32 else "32 to 80" if width < 80 else "above 80")].append(right)
            for key in sorted(by):
                print(f"logit {key[0]:+.0f}, boxes {key[1]}: {len(by[key])}, right {np.mean(by[key]):.2f}")
        yaws = {}
        if options.drawn_boxes:
            with open(options.drawn_boxes) as file:
                yaws = {row["image"]: float(row["yaw"]) for row in csv.DictReader(file)}
        items = compose_set(material, options.seed, options.pictures, options.faceless)
        for item in items:
            for about in item[3]:
                about["real"] = bool(material.kinds[about["index"]] == REAL)
                about["yaw"] = yaws.get(str(material.names[about["index"]]), 0.0)
        faces, false, pictures, _, wrong = measure(finder, items)
        tables(judge, faces, false, pictures)
        if options.curves:
            curves(options.curves, judge, faces, false, pictures)
        if options.sheet:
            os.makedirs(options.sheet, exist_ok=True)
            missed = sorted((f for f in faces if f[0] in SIZES[2:] and judge.score(f[1]) < judge.threshold), key=lambda f: f[1])
            random = np.random.default_rng(1)
            random.shuffle(missed)
            sheet(os.path.join(options.sheet, "missed.png"), [around(f[5], f[6]) for f in missed])
            good = [f for f in faces if judge.score(f[1]) >= judge.threshold]
            random.shuffle(good)
            sheet(os.path.join(options.sheet, "found.png"), [around(f[5], f[6]) for f in good])
            wrong.sort(key=lambda w: -w[0])
            sheet(os.path.join(options.sheet, "wrong.png"), [around(w[1], [*w[2][1:], 0]) for w in wrong])
    if options.fairface:
        fairface(finder, options.fairface, options.least)


if __name__ == "__main__":
    main()
