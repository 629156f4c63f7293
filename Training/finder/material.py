"""Gathers what training draws from in one folder of plain arrays, grey and reduced.

    python material.py --photos MATERIAL --labels ../photos/points.csv --mattes mattes.npz \
        --drawn DRAWN [DRAWN ...] --scenes SCENES/train --objects SCENES/train-objects --output TRAIN
    python material.py --held ... --drawn DRAWN-HELD --scenes SCENES/held --objects SCENES/held-objects --output HELD

Faces are reduced to 150 px width (real) or 110 px (drawn), scenes to 1000 px, things to 300 px (a
picture and its opacity, one after the other). pixels.u8 holds all
pictures one after the other; table.npz says where each begins, its shape, points and matte.
"""
import argparse
import csv
import glob
import os

import cv2
import numpy as np

from split import held_photos, person_of

REAL, DRAWN, SCENE, OBJECT, OPACITY = 0, 1, 2, 3, 4


def read_pts(path):
    with open(path) as file:
        rows = [line.split() for line in file]
    return np.array([r for r in rows if len(r) == 2 and not r[0].endswith(":")], np.float32) - 1


def read_labels(path):
    """The points (68 x 2) of each photo, by its name (Training/photos/label.py)."""
    with open(path, newline="") as file:
        rows = list(csv.reader(file))[1:]
    return {row[0]: np.array(row[1:], np.float32).reshape(2, 68).T for row in rows}


def read_fitted(folder, names):
    """The points of the photos that are fitted (train fit-portraits --images): in the landmarks' own
    definition. `names`: FOLDER/NAME.jpg of all photos."""
    paths = {name: os.path.join(folder, os.path.splitext(name)[0].replace("/", "-") + ".pts") for name in names}
    return {name: read_pts(path) for name, path in paths.items() if os.path.exists(path)}


def read_skins(folder):
    """Whose skin each drawn head has: the photo's name by the picture's."""
    with open(os.path.join(folder, "boxes.csv"), newline="") as file:
        return {row["image"]: row.get("person") or "" for row in csv.DictReader(file)}


def reduced(image, points, width):
    """The picture with the face at most `width` px wide."""
    scale = width / (points.max(0) - points.min(0)).max()
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        points = (points + 0.5) * scale - 0.5
    return image, points


def younger(image, points, matte, generator):
    """A grown-up's face with a child's proportions: large eyes, a short lower face, full cheeks, smooth."""
    size = (points.max(0) - points.min(0)).max()
    turn = np.arctan2(*(points[42:48].mean(0) - points[36:42].mean(0))[::-1])
    down = np.array([-np.sin(turn), np.cos(turn)])
    eyes = (points[36:42].mean(0), points[42:48].mean(0))
    grow, shorter, wider = generator.uniform(0.25, 0.6), generator.uniform(0.1, 0.3), generator.uniform(0.02, 0.15)
    middle, reach = (eyes[0] + eyes[1]) / 2, np.linalg.norm(eyes[1] - eyes[0]) * 0.38
    chin = (points[8] - middle) @ down

    def source(at):
        """Where in the photo the pixel of the new picture comes from."""
        move = np.zeros_like(at)
        for eye in eyes:
            offset = at - eye
            move -= grow * offset * np.exp(-(offset**2).sum(-1, keepdims=True) / (2 * reach**2))
        below = ((at - middle) @ down)[..., None]
        # Below the eyes the face is compressed; what lies below the chin follows.
        move += down * np.clip(below, 0, chin * (1 - shorter)) * shorter / (1 - shorter)
        across = at - middle - below * down
        move -= across * wider * np.exp(-(((below - 0.45 * chin) / (0.5 * chin)) ** 2)) * np.exp(-(across**2).sum(-1, keepdims=True) / (2 * (0.7 * size) ** 2))
        return at + move

    y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float64)
    grid = source(np.stack([x, y], -1)).astype(np.float32)
    picture = cv2.remap(image, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    smooth = cv2.bilateralFilter(picture, 5, 25, 2.5)
    step = np.array([image.shape[1], image.shape[0]]) / 128
    y, x = np.mgrid[0:128, 0:128].astype(np.float64)
    where = ((source((np.stack([x, y], -1) + 0.5) * step - 0.5) + 0.5) / step - 0.5).astype(np.float32)
    moved = points.astype(np.float64).copy()
    for _ in range(20):
        moved -= source(moved) - points
    return smooth, moved.astype(np.float32), cv2.remap(matte, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def text_page(generator, fonts):
    """A page of letters: words, columns, forms."""
    from PIL import Image, ImageDraw, ImageFont

    light, dark = generator.uniform(150, 255), generator.uniform(0, 110)
    if generator.random() < 0.3:
        light, dark = dark, light
    page = Image.new("L", (700, 500), int(light))
    draw = ImageDraw.Draw(page)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;()%&@8O0oQ"
    x = 0
    while x < 700:
        column, y = int(generator.uniform(100, 700)), 4
        while y < 500:
            size = int(generator.choice([10, 12, 14, 16, 20, 28, 40, 64, 110], p=[.15, .15, .15, .15, .12, .1, .08, .06, .04]))
            font = ImageFont.truetype(str(generator.choice(fonts)), size)
            for _ in range(int(generator.integers(1, 7))):
                text = ""
                while len(text) * size * 0.55 < column * generator.uniform(0.4, 1):
                    text += "".join(generator.choice(list(letters), int(generator.integers(1, 10)))) + " "
                draw.text((x, y), text, int(dark), font)
                y += int(size * 1.25)
            y += int(size * generator.uniform(0.2, 1))
        draw.rectangle((x + column - 8, 0, x + column, 500), int(light))
        x += column
    return np.array(page)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", required=True)
    parser.add_argument("--labels", required=True)
    parser.add_argument("--mattes", required=True)
    parser.add_argument("--fitted", help="folder of NAME.pts (train fit-portraits --images), instead of the mesh's points")
    parser.add_argument("--drawn", nargs="*", default=[], help="folders of landmarkd-train render")
    parser.add_argument("--scenes", required=True)
    parser.add_argument("--objects", help="folder of pictures of single things, with transparency")
    parser.add_argument("--held", action="store_true", help="the people kept out, instead of the others")
    parser.add_argument("--young", type=float, default=0.4, help="share of the photos also taken with a child's proportions")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    os.makedirs(options.output, exist_ok=True)
    kinds, shapes, starts, points, mattes, names, persons = [], [], [], [], [], [], []
    position = 0
    with open(os.path.join(options.output, "pixels.u8"), "wb") as pixels:

        def add(kind, image, at, matte, name, person=""):
            nonlocal position
            kinds.append(kind)
            shapes.append(image.shape)
            starts.append(position)
            points.append(at)
            mattes.append(matte)
            names.append(name)
            persons.append(person)
            pixels.write(np.ascontiguousarray(image).tobytes())
            position += image.size

        generator = np.random.default_rng(options.seed + options.held)
        nothing, whole = np.zeros((68, 2), np.float32), np.full((128, 128), 255, np.uint8)
        labels, masks = read_labels(options.labels), np.load(options.mattes)
        held = held_photos(labels)
        if options.fitted:
            labels = read_fitted(options.fitted, labels)
        for name, matte in zip(masks["names"], masks["mattes"]):
            at = labels.get(str(name))
            if at is not None and (name in held) == options.held:
                image = cv2.imread(os.path.join(options.photos, str(name)), cv2.IMREAD_GRAYSCALE)
                image, at = reduced(image, at, 150)
                add(REAL, image, at, matte, str(name), person_of(str(name)))
                if generator.random() < options.young:
                    add(REAL, *younger(image, at, matte, generator), str(name) + " young")
        for folder in options.drawn:
            skins = read_skins(folder)
            for path in sorted(glob.glob(os.path.join(folder, "*.png"))):
                image = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
                name = os.path.basename(path)
                add(DRAWN, *reduced(image, read_pts(path[:-4] + ".pts"), 110), whole, name, person_of(skins.get(name, "")))
        for path in sorted(glob.glob(os.path.join(options.scenes, "*"))):
            image = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
            if image is None:
                continue
            scale = min(1, 1000 / max(image.shape))
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            add(SCENE, image, nothing, whole, os.path.basename(path))
        for path in sorted(glob.glob(os.path.join(options.objects, "*"))) if options.objects else []:
            image = cv2.imread(path, cv2.IMREAD_UNCHANGED)
            if image is None or image.ndim != 3 or image.shape[2] != 4 or image.dtype != np.uint8:
                continue
            scale = min(1, 300 / max(image.shape))
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            grey = cv2.cvtColor(image[:, :, :3], cv2.COLOR_BGR2GRAY)
            add(OBJECT, grey, nothing, whole, os.path.basename(path))
            add(OPACITY, image[:, :, 3], nothing, whole, os.path.basename(path))
        import matplotlib

        fonts = sorted(glob.glob(os.path.join(matplotlib.get_data_path(), "fonts/ttf/*.ttf")))
        fonts = [f for f in fonts if "Display" not in f]
        for index in range(6 if options.held else 24):
            add(SCENE, text_page(generator, fonts), nothing, whole, f"text {index}")
    np.savez(
        os.path.join(options.output, "table.npz"), kinds=np.array(kinds), shapes=np.array(shapes),
        starts=np.array(starts), points=np.array(points, np.float32), mattes=np.array(mattes), names=np.array(names), persons=np.array(persons))
    print(f"{kinds.count(REAL)} real faces, {kinds.count(DRAWN)} drawn, {kinds.count(SCENE)} scenes, {kinds.count(OBJECT)} things, {position >> 20} MB")


class Material:
    """Reads what main() wrote; pixels stay in the file's cache, shared by all processes."""

    def __init__(self, folder):
        with np.load(os.path.join(folder, "table.npz")) as table:
            self.kinds, self.shapes, self.starts = table["kinds"], table["shapes"], table["starts"]
            self.points, self.mattes, self.names = table["points"], table["mattes"], table["names"]
            self.persons = table["persons"] if "persons" in table else np.full(len(self.names), "")
        self.pixels = np.memmap(os.path.join(folder, "pixels.u8"), np.uint8, "r")
        self.real = np.flatnonzero(self.kinds == REAL)
        self.drawn = np.flatnonzero(self.kinds == DRAWN)
        self.scenes = np.flatnonzero(self.kinds == SCENE)
        self.objects = np.flatnonzero(self.kinds == OBJECT)

    def image(self, index):
        height, width = self.shapes[index]
        start = self.starts[index]
        return np.asarray(self.pixels[start : start + height * width]).reshape(height, width)


if __name__ == "__main__":
    main()
