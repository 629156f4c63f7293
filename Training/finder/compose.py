"""Makes up pictures with and without faces: what the finder is trained and measured on.

    python compose.py --material TRAIN --sheet sheet.png    draws some, with their faces marked
"""
import argparse

import cv2
import numpy as np

from material import REAL, Material
from spoil import Spoiler

# A face's record: centre x y, width, five points x y, state (1 a face, 0 neither).
RECORD = 14
MOST_FACES = 6


def five_points(points):
    """Right eye, left eye, nose tip, right and left mouth corner of 68 points."""
    return np.stack([points[36:42].mean(0), points[42:48].mean(0), points[30], points[48], points[54]])


class Composer(Spoiler):
    def __init__(self, material, seed):
        self.material = material
        self.random = np.random.default_rng(seed)
        self.told = []
        self.infra_red_alone = False
        self.scenery_alone = False
        # How much of what makes faces hard is drawn: 0 nothing, 1 all of it.
        self.hardness = 1.0

    # -- chance

    def chance(self, share):
        return self.random.random() < share

    def uniform(self, low, high):
        return self.random.uniform(low, high)

    def log_uniform(self, low, high):
        return float(np.exp(self.random.uniform(np.log(low), np.log(high))))

    def one_of(self, values):
        return values[self.random.integers(len(values))]

    # -- places without a face

    def scene(self, width, height):
        """A picture without a face: a scene, a texture or drawn clutter."""
        if self.scenery_alone:
            return self.scenery(width, height)
        kind = self.random.random()
        if kind < 0.68:
            image = self.scenery(width, height)
        elif kind < 0.84:
            image = self.texture(width, height)
        else:
            image = self.scenery(width, height) if self.chance(0.5) else self.texture(width, height)
            self.clutter(image)
        if len(self.material.objects) and self.chance(0.25):
            for _ in range(self.random.integers(1, 6)):
                self.thing(image)
        if self.chance(0.2):
            image = 255 - image
        return image

    def thing(self, canvas):
        """An animal, a fruit, a tool, a hand: no face of a person."""
        height, width = canvas.shape
        index = self.one_of(self.material.objects)
        grey, opacity = self.material.image(index), self.material.image(index + 1)
        scale = self.log_uniform(14, 200) / max(grey.shape)
        turn = cv2.getRotationMatrix2D((grey.shape[1] / 2, grey.shape[0] / 2), self.random.normal(0, 25), scale)
        turn[:, 2] += [self.uniform(0, width) - grey.shape[1] / 2, self.uniform(0, height) - grey.shape[0] / 2]
        if scale < 0.6:
            z = scale * 1.3
            size = (max(1, round(grey.shape[1] * z)), max(1, round(grey.shape[0] * z)))
            step = np.array([grey.shape[1] / size[0], grey.shape[0] / size[1]])
            grey, opacity = (cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in (grey, opacity))
            turn[:, :2] = turn[:, :2] @ np.diag(step)
        alpha = cv2.warpAffine(opacity, turn, (width, height), flags=cv2.INTER_LINEAR).astype(np.float32) / 255
        tone = cv2.warpAffine(grey, turn, (width, height), flags=cv2.INTER_LINEAR).astype(np.float32)
        if self.chance(0.3):
            tone = tone * self.uniform(0.4, 1.3) + self.uniform(-20, 20)
        canvas += alpha * (np.clip(tone, 0, 255) - canvas)

    def scenery(self, width, height):
        scene = self.material.image(self.one_of(self.material.scenes))
        if self.chance(0.25):
            scene = np.rot90(scene)
        factor = self.log_uniform(0.2, 2.5)
        w, h = min(scene.shape[1], max(8, int(width / factor))), min(scene.shape[0], max(8, int(height / factor)))
        x, y = self.random.integers(0, scene.shape[1] - w + 1), self.random.integers(0, scene.shape[0] - h + 1)
        part = np.ascontiguousarray(scene[y : y + h, x : x + w])
        how = cv2.INTER_AREA if w > width else cv2.INTER_LINEAR
        part = cv2.resize(part, (width, height), interpolation=how)
        if self.chance(0.5):
            part = part[:, ::-1]
        return np.float32(part)

    def texture(self, width, height):
        """Noise of several sizes, stripes, checks, dots, rings, slopes."""
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        angle, period = self.uniform(0, np.pi), self.log_uniform(4, 60)
        u = (x * np.cos(angle) + y * np.sin(angle)) / period
        v = (-x * np.sin(angle) + y * np.cos(angle)) / (period * self.log_uniform(0.5, 2))
        kind = self.random.integers(7)
        if kind == 0:
            value = np.sin(u * 6.283)
        elif kind == 1:
            value = np.sin(u * 6.283) * np.sin(v * 6.283)
        elif kind == 2:
            value = np.sign(np.sin(u * 6.283)) * np.sign(np.sin(v * 6.283))
        elif kind == 3:  # Dots, also in pairs.
            fu, fv = u - np.floor(u) - 0.5, v - np.floor(v) - 0.5
            value = np.tanh((self.uniform(0.1, 0.4) - np.hypot(fu, fv)) * self.uniform(5, 30))
        elif kind == 4:
            value = np.sin(np.hypot(x - self.uniform(0, width), y - self.uniform(0, height)) / period * 6.283)
        elif kind == 5:
            value = u - u.mean()
        else:
            value = np.zeros_like(x)
        for size in (2, 5, 12, 30):
            if self.chance(0.45):
                small = self.random.normal(0, 1, (height // size + 2, width // size + 2)).astype(np.float32)
                value = value + self.uniform(0, 1.2) * cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        return np.clip(self.uniform(40, 210) + self.uniform(5, 90) * value, 0, 255).astype(np.float32)

    def clutter(self, image):
        """Shapes that are no face, some of them as a face's are arranged."""
        height, width = image.shape
        for _ in range(self.random.integers(2, 14)):
            x, y, r = self.uniform(0, width), self.uniform(0, height), self.log_uniform(2, 40)
            tone, kind = float(self.uniform(0, 255)), self.random.integers(6)
            at, line = (int(x), int(y)), int(self.random.integers(1, 5))
            if kind == 0:
                axes = (int(r) + 1, int(r * self.uniform(0.4, 1.6)) + 1)
                cv2.ellipse(image, at, axes, self.uniform(0, 180), 0, 360, tone, self.one_of([-1, -1, line]), cv2.LINE_AA)
            elif kind == 1:
                box = cv2.boxPoints(((x, y), (r * 2, r * self.log_uniform(0.4, 3)), self.uniform(-90, 90)))
                cv2.fillConvexPoly(image, np.int32(box), tone, cv2.LINE_AA)
            elif kind == 2:
                to = (int(x + self.uniform(-80, 80)), int(y + self.uniform(-80, 80)))
                cv2.line(image, at, to, tone, line, cv2.LINE_AA)
            elif kind == 3:  # Two round things side by side, a bar below: sockets, lamps, buttons.
                for side in (-1, 1):
                    cv2.circle(image, (int(x + side * r * 0.5), int(y)), int(r * 0.16) + 1, tone, -1, cv2.LINE_AA)
                if self.chance(0.5):
                    cv2.line(image, (int(x - r * 0.3), int(y + r * 0.7)), (int(x + r * 0.3), int(y + r * 0.7)), tone, line)
            elif kind == 4:  # A lens, a wheel, a clock.
                for part in (1, 0.75, 0.5, 0.2):
                    cv2.circle(image, at, int(r * part) + 1, float(self.uniform(0, 255)), -1, cv2.LINE_AA)
            else:
                size = self.log_uniform(0.3, 2.5)
                letters = "".join(self.one_of("abcdeghkmnopqrsuxzABDEGHKOQRS0358&%@:;") for _ in range(self.random.integers(1, 9)))
                cv2.putText(image, letters, at, int(self.random.integers(0, 8)), size, tone, max(1, int(size * 2)), cv2.LINE_AA)

    # -- faces

    def paste(self, canvas, index, width, centre, roll, erase=False, whole=False):
        """Puts a face of about `width` px on the canvas. Returns the 68 points there, or None."""
        image, points = self.material.image(index), self.material.points[index]
        low, high = points.min(0), points.max(0)
        scale = width / (high - low).max()
        turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        linear = turn * scale @ np.diag([self.uniform(0.92, 1.08), self.uniform(0.95, 1.05)])
        mirrored = self.chance(0.5)
        if mirrored:
            linear = linear @ np.diag([-1, 1])
        shift = np.asarray(centre) - linear @ ((low + high) / 2)
        shape = canvas.shape[::-1]
        source, z = image, 1.0
        if scale < 0.6:
            z = scale * 1.3
            source = cv2.resize(image, None, fx=z, fy=z, interpolation=cv2.INTER_AREA)
        affine = np.c_[linear / z, shift + linear @ (np.array([0.5, 0.5]) / z - 0.5)]
        face = cv2.warpAffine(source, affine, shape, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        solid = cv2.warpAffine(np.ones(source.shape, np.float32), affine, shape, flags=cv2.INTER_LINEAR)
        alpha = np.where(solid > 0.98, 1.0, 0.0).astype(np.float32)
        at = points @ linear.T + shift
        if mirrored:
            at = at[MIRROR]
        real = self.material.kinds[index] == REAL
        how = self.random.random()
        if whole:
            pass
        elif real and how < 0.5:
            matte = self.material.mattes[index]
            step = np.array([image.shape[1], image.shape[0]]) / 128
            part = np.c_[linear @ np.diag(step), shift + linear @ (step / 2 - 0.5)]
            alpha = alpha * cv2.warpAffine(matte, part, shape, flags=cv2.INTER_LINEAR).astype(np.float32) / 255
        elif how < 0.75:
            y, x = np.mgrid[0 : shape[1], 0 : shape[0]].astype(np.float32)
            radius, edge = width * self.uniform(0.62, 1.4), max(1.0, width * self.uniform(0.02, 0.2))
            far = np.hypot((x - centre[0]) * self.uniform(0.95, 1.3), y - centre[1])
            alpha = alpha * np.clip((radius - far) / edge, 0, 1)
        if erase:
            self.erase(face, at, width)
        elif self.chance(0.4):  # The face's own light and tone.
            face = face * self.uniform(0.5, 1.4) + self.uniform(-20, 20)
        if self.chance(0.15 * self.hardness):
            self.side_light(face, at.mean(0), width)
        canvas += alpha * (np.clip(face, 0, 255) - canvas)
        return at

    def erase(self, face, at, width):
        """A head without its face: smooth skin, or something else."""
        hull = cv2.convexHull(np.float32(at.mean(0) + (at - at.mean(0)) * 1.2))
        mask = np.zeros(face.shape, np.float32)
        cv2.fillConvexPoly(mask, np.int32(hull), 1.0)
        mask = cv2.GaussianBlur(mask, (0, 0), max(0.5, width * 0.04))
        other = cv2.GaussianBlur(face, (0, 0), max(1.0, width * 0.3))
        if self.chance(0.4):
            other = other * 0.4 + self.scene(face.shape[1], face.shape[0]) * 0.6
        face += mask * (other - face)

    def side_light(self, image, centre, width):
        height, columns = image.shape
        y, x = np.mgrid[0:height, 0:columns].astype(np.float32)
        angle = self.uniform(0, 2 * np.pi)
        across = ((x - centre[0]) * np.cos(angle) + (y - centre[1]) * np.sin(angle)) / width
        steep = (across + self.uniform(-0.2, 0.2)) * self.log_uniform(2, 25)
        gain = 1 / (1 + np.exp(-np.clip(steep, -30, 30)))
        dark = self.uniform(0.1, 0.7)
        image *= dark + (1 - dark) * gain

    def part(self, canvas):
        """An ear, an eye, a mouth, a neck or hair alone: no face."""
        index = self.one_of(self.material.real)
        image, points = self.material.image(index), self.material.points[index]
        low, high = points.min(0), points.max(0)
        size = (high - low).max()
        kind = self.random.integers(6)
        centre = [
            points[0], points[16], points[36:42].mean(0), points[48:60].mean(0),
            points[8] + [0, size * self.uniform(0.3, 0.8)], points[27] - [0, size * self.uniform(0.55, 0.9)],
        ][kind]
        radius = size * self.uniform(0.12, [0.3, 0.3, 0.22, 0.26, 0.5, 0.4][kind])
        x, y, r = int(centre[0]), int(centre[1]), int(radius)
        x0, y0 = max(0, x - r), max(0, y - r)
        piece = image[y0 : y + r, x0 : x + r]
        if min(piece.shape) < 6:
            return
        side = int(self.log_uniform(10, 90))
        piece = cv2.resize(piece, (side, side), interpolation=cv2.INTER_AREA if side < r * 2 else cv2.INTER_LINEAR)
        piece = np.rot90(piece, self.random.integers(4))
        gy, gx = np.mgrid[0:side, 0:side] / (side - 1) * 2 - 1
        alpha = np.clip((1 - np.hypot(gx, gy)) * self.uniform(2, 12), 0, 1)
        height, width = canvas.shape
        left, top = self.random.integers(-side // 2, width - side // 2), self.random.integers(-side // 2, height - side // 2)
        a, b, c, d = max(0, left), max(0, top), min(width, left + side), min(height, top + side)
        if c > a and d > b:
            window = canvas[b:d, a:c]
            cut = (slice(b - top, d - top), slice(a - left, c - left))
            window += alpha[cut] * (piece[cut] - window)

    # -- what lies before faces

    def is_seen(self, clean, at, noise):
        """Whether eyes, nose and mouth stand out: of the exposure's ends and of the noise."""
        low = np.int32(np.clip(at[17:].min(0), 0, None))
        high = np.int32(np.clip(at[17:].max(0), 0, None)) + 1
        box = clean[low[1] : high[1], low[0] : high[0]]
        return box.size > 0 and box.std() > 4.5 + 0.8 * noise

    # -- whole pictures

    def roll(self):
        if not self.chance(0.3 * self.hardness):
            return np.radians(self.random.normal(0, 15))
        return np.radians(self.uniform(-62, 62))

    def face_index(self, real_share=0.5):
        material = self.material
        if len(material.drawn) == 0 or self.chance(real_share):
            return self.one_of(material.real)
        return self.one_of(material.drawn)

    def picture(self, width, height, sizes, inner=None, cover_share=0.25, portrait=False, extras=0.0, edge_share=0.3, fine=False):
        """A picture with faces of about the sizes given (px). `inner` (left, top, right, bottom): what
        is replicated outwards, as the search does at a picture's border. Returns pixels and records;
        `told` says more of each record."""
        canvas = np.ascontiguousarray(self.scene(width, height))
        left, top, right, bottom = inner or (0, 0, width, height)
        placed, records, self.told = [], [], []
        if self.chance(extras):
            for _ in range(self.random.integers(1, 4)):
                if self.chance(0.85):
                    self.part(canvas)
                else:
                    at = (self.uniform(left, right), self.uniform(top, bottom))
                    self.paste(canvas, self.face_index(0.8), self.log_uniform(14, 120), at, self.roll(), erase=True)
        for size in sorted(sizes, reverse=True):
            for _ in range(6):
                if self.chance(edge_share):
                    x, y = self.uniform(left, right), self.uniform(top, bottom)
                else:
                    pad_x, pad_y = min(size * 0.55, (right - left) / 2), min(size * 0.55, (bottom - top) / 2)
                    x, y = self.uniform(left + pad_x, right - pad_x), self.uniform(top + pad_y, bottom - pad_y)
                if all(np.hypot(x - a, y - b) > 0.62 * (size + s) + 3 for a, b, s, *_ in placed):
                    break
            else:
                continue
            roll, index = self.roll(), self.face_index()
            at = self.paste(canvas, index, size, (x, y), roll, whole=portrait)
            covered = self.cover(canvas, at, size, roll) if self.chance(cover_share * self.hardness) else 0.0
            placed.append((x, y, size, at, covered, index, roll))
        if self.chance(0.12 * self.hardness):
            self.side_light(canvas, (width / 2 + self.uniform(-40, 40), height / 2), max(width, height))
        camera = self.camera if self.chance(self.hardness) else self.good_camera
        pixels, seen_at_all = camera(canvas, [(p[3], p[2]) for p in placed], fine)
        if inner:
            pixels = cv2.copyMakeBorder(pixels[top:bottom, left:right], top, height - bottom, left, width - right, cv2.BORDER_REPLICATE)
        for number, (_, _, size, at, covered, index, _) in enumerate(placed):
            low, high = at.min(0), at.max(0)
            seen = np.clip(np.minimum(high, [right, bottom]) - np.maximum(low, [left, top]), 0, None).prod() / (high - low).prod()
            # Pasted later, over it?
            hidden = any(np.hypot(*(q[3].mean(0) - at.mean(0))) < 0.62 * (q[2] + size) and q[2] < size for q in placed[number + 1 :])
            state = 1.0 if seen > 0.48 and covered < 0.66 and seen * (1 - covered) > 0.4 and not hidden and seen_at_all[number] else 0.0
            if seen > 0.02:
                self.told.append({"index": int(index), "covered": covered, "seen": float(seen), "roll": float(placed[number][6])})
                records.append(np.float32([*((low + high) / 2), (high - low).max(), *five_points(at).ravel(), state]))
        return pixels, records[:MOST_FACES]

    def window(self, side=128):
        """A training picture of side x side px."""
        inner = None
        if self.chance(0.4):
            edges = np.array([16, 16, 16, 16]) + [0, 0, *self.random.integers(0, 8, 2)]
            edges = edges * (self.random.random(4) < 0.4)
            inner = (int(edges[0]), int(edges[1]), int(side - edges[2]), int(side - edges[3]))
        kind, fine = self.random.random(), self.chance(0.5)
        if kind < 0.60:
            count = 1 if self.chance(0.6) else self.random.integers(2, 5)
            sizes = [self.log_uniform(14, 54) for _ in range(count)]
            return self.picture(side, side, sizes, inner, extras=0.15, fine=fine)
        if kind < 0.76:  # A large face, perhaps a small one besides.
            sizes = [self.log_uniform(52, 250)] + ([self.log_uniform(15, 50)] if self.chance(0.3) else [])
            return self.picture(side, side, sizes, inner, edge_share=0.7, portrait=self.chance(0.5), fine=fine)
        if kind < 0.82:  # A portrait as it is.
            return self.picture(side, side, [self.log_uniform(14, 200)], inner, portrait=True, edge_share=0.5, fine=fine)
        return self.picture(side, side, [], inner, extras=0.5, fine=fine)


    def close_up(self, side):
        """A level of side x side px whose picture is hardly larger than the face: borders on all sides."""
        right, bottom = (int(side - 16 - self.random.integers(0, 8)) for _ in range(2))
        size = float(np.clip((min(right, bottom) - 16) * self.uniform(0.45, 1.15), 15, 44))
        return self.picture(side, side, [size] if self.chance(0.85) else [], (16, 16, right, bottom),
                            portrait=self.chance(0.7), edge_share=0.15, fine=self.chance(0.8))


MIRROR = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1),
     45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55,
     64, 63, 62, 61, 60, 67, 66, 65])


def pad_records(records):
    """Records in an array of MOST_FACES rows; those left over have width 0."""
    table = np.zeros((MOST_FACES, RECORD), np.float32)
    if records:
        table[: len(records)] = records
    return table


def mark(pixels, records, zoom=2):
    """The picture in colour with its records drawn."""
    shown = cv2.cvtColor(cv2.resize(pixels, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_NEAREST), cv2.COLOR_GRAY2BGR)
    for record in records:
        x, y, w = (record[:3] + [0.5, 0.5, 0]) * zoom
        colour = (80, 220, 80) if record[13] else (0, 160, 255)
        cv2.rectangle(shown, (int(x - w / 2), int(y - w / 2)), (int(x + w / 2), int(y + w / 2)), colour, 1)
        for px, py in (record[3:13].reshape(5, 2) + 0.5) * zoom:
            cv2.circle(shown, (int(px), int(py)), 1, (60, 60, 255), -1)
    return shown


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--material", required=True)
    parser.add_argument("--sheet", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=6)
    parser.add_argument("--columns", type=int, default=8)
    options = parser.parse_args()
    composer = Composer(Material(options.material), options.seed)
    rows = [np.hstack([mark(*composer.window()) for _ in range(options.columns)]) for _ in range(options.rows)]
    cv2.imwrite(options.sheet, np.vstack(rows))
