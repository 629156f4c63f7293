"""Draws a photo with its 68 landmarks and their numbers.

    python draw.py PHOTO NAME.pts PICTURE.png [--box LEFT TOP RIGHT BOTTOM] [--enlarge 1]
"""
import argparse
import os

import matplotlib
from PIL import Image, ImageDraw, ImageFont

LINES = [range(0, 17), range(17, 22), range(22, 27), range(27, 31), range(31, 36), [*range(36, 42), 36],
         [*range(42, 48), 42], [*range(48, 60), 48], range(60, 65), range(64, 68)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo")
    parser.add_argument("points")
    parser.add_argument("picture")
    parser.add_argument("--box", nargs=4, type=float, help="px of the photo; the whole face without it")
    parser.add_argument("--enlarge", type=float, default=1)
    options = parser.parse_args()
    with open(options.points) as file:
        rows = file.read().split("{")[1].split("}")[0].strip().splitlines()
    points = [tuple(float(value) - 1 for value in row.split()) for row in rows]
    xs, ys = zip(*points)
    left, top, right, bottom = options.box or (min(xs) - 70, min(ys) - 70, max(xs) + 70, max(ys) + 70)
    size = (round((right - left) * options.enlarge), round((bottom - top) * options.enlarge))
    picture = Image.open(options.photo).convert("L").resize(size, Image.BICUBIC, (left, top, right, bottom)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(os.path.join(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf"), 13)
    places = [((x + 0.5 - left) * options.enlarge - 0.5, (y + 0.5 - top) * options.enlarge - 0.5) for x, y in points]
    for line in LINES:
        draw.line([places[i] for i in line], (110, 190, 235), 1)
    middle = (sum(x for x, _ in places) / 68, sum(y for _, y in places) / 68)
    shown = {}
    for i, (x, y) in enumerate(places):
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), (255, 225, 40), (0, 0, 0))
        partner = next((j for j in shown if abs(places[j][0] - x) + abs(places[j][1] - y) < 4), i)
        shown.setdefault(partner, []).append(str(i))
    for i, names in shown.items():
        x, y = places[i]
        below = i in range(5, 12) or i in range(55, 60) or i in (40, 41, 46, 47, *range(31, 36))
        side = 0 if below or i in (*range(17, 27), *range(37, 39), *range(43, 45), *range(49, 54), *range(60, 68)) else (1 if x > middle[0] or i in range(27, 31) else -1)
        anchor = {0: "mt" if below else "mb", 1: "lm", -1: "rm"}[side]
        at = (x + 7 * side, y + (0 if side else 7 if below else -6))
        draw.text(at, ", ".join(names), (255, 255, 255), font, anchor, stroke_width=2, stroke_fill=(0, 0, 0))
    picture.save(options.picture)


if __name__ == "__main__":
    main()
