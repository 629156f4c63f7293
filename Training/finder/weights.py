"""The finder's weights file: written, read, run and searched with, as the program does.

Little-endian. "LMFINDER"; u32 version, layers; f32 unit, least, most, threshold; u32 knots; knots
(f32 logit, f32 share); per layer u32 kind, kernel, stride, inputs, outputs, flags; the layers'
floats (version 1) or halves (version 2); the SHA-256 of all before.
"""
import hashlib
import struct
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from torch.nn import functional as F

MAGIC, BORDER, STRIDE, OUTPUTS = b"LMFINDER", 16, 8, 14
FIRST, SEPARABLE, HEAD = 1, 2, 3
FACE_SIDE = 96  # px; of the picture that the landmarks' net sees.
SIDE = 56  # px; of the picture in which the second net sees a proposal, an odd number of cells.
MEAN, SPREAD, LEAST_SPREAD = 128.0, 45.0, 3.0  # Of its grey levels; smaller spreads are not stretched to it.
# How much more often a place of a picture is a face the larger it is: added to the logit for a width
# beyond SMALL of the picture's size.
SIZE_SAY, SMALL = 0.7, 0.1
RATIO = 1.8  # From one level of the search to the next.
OVERLAP = 0.5  # Of the smaller of two boxes: beyond, the lower score goes.


@dataclass
class Layer:
    kind: int
    kernel: int
    stride: int
    inputs: int
    outputs: int
    flags: int
    arrays: list  # In the file's order.

    def shapes(self):
        if self.kind == FIRST:
            return [(self.outputs, 1, self.kernel, self.kernel), (self.outputs,)]
        point = [(self.outputs, self.inputs, 1, 1), (self.outputs,)]
        if self.kind == SEPARABLE:
            return [(self.inputs, 1, self.kernel, self.kernel), (self.inputs,)] + point
        return point


@dataclass
class Finder:
    layers: list
    unit: float
    least: float
    most: float
    threshold: float = 0.5
    knots: list = field(default_factory=list)
    second: "Finder" = None  # What decides; without it the first net's word counts.
    halves: bool = False

    def round(self):
        """Values become what halves can say."""
        self.halves = True
        for layer in self.layers:
            layer.arrays = [np.float32(np.float16(a)) for a in layer.arrays]

    def write(self, path):
        data = MAGIC + struct.pack("<II4fI", 2 if self.halves else 1, len(self.layers), self.unit, self.least, self.most, self.threshold, len(self.knots))
        for knot in self.knots:
            data += struct.pack("<2f", *knot)
        for l in self.layers:
            data += struct.pack("<6I", l.kind, l.kernel, l.stride, l.inputs, l.outputs, l.flags)
        for l in self.layers:
            for array in l.arrays:
                data += np.ascontiguousarray(array, "<f2" if self.halves else "<f4").tobytes()
        with open(path, "wb") as file:
            file.write(data + hashlib.sha256(data).digest())

    @staticmethod
    def read(path):
        with open(path, "rb") as file:
            data = file.read()
        if data[:8] != MAGIC or hashlib.sha256(data[:-32]).digest() != data[-32:]:
            raise ValueError("not a finder's weights, or damaged")
        version, count, unit, least, most, threshold, knots = struct.unpack_from("<II4fI", data, 8)
        at = 36
        finder = Finder([], unit, least, most, threshold, halves=version == 2)
        kind = np.dtype("<f2" if finder.halves else "<f4")
        for _ in range(knots):
            finder.knots.append(struct.unpack_from("<2f", data, at))
            at += 8
        for _ in range(count):
            finder.layers.append(Layer(*struct.unpack_from("<6I", data, at), []))
            at += 24
        for layer in finder.layers:
            for shape in layer.shapes():
                size = int(np.prod(shape))
                layer.arrays.append(np.frombuffer(data, kind, size, at).reshape(shape).astype(np.float32))
                at += kind.itemsize * size
        if version not in (1, 2) or at != len(data) - 32:
            raise ValueError("a file of another length or version")
        return finder

    @property
    def stride(self):
        """px; the side of a cell."""
        return int(np.prod([l.stride for l in self.layers]))

    def run(self, pixels):
        """The 14 x H/8 x W/8 outputs of a level that has its border already (sides multiples of 8);
        of several levels of one size, N x H x W, N of these."""
        several = np.ndim(pixels) == 3
        with torch.no_grad():
            x = torch.from_numpy(np.float32(pixels) / 128 - 1)
            x = x[:, None] if several else x[None, None]
            for l in self.layers:
                a = [torch.from_numpy(v) for v in l.arrays]
                pad = l.kernel // 2
                if l.kind == FIRST:
                    x = F.relu(F.conv2d(x, a[0], a[1], l.stride, pad))
                elif l.kind == SEPARABLE:
                    y = F.conv2d(F.conv2d(x, a[0], a[1], l.stride, pad, groups=l.inputs), a[2], a[3])
                    x = F.relu(y + x if l.flags & 1 else y)
                else:
                    x = F.conv2d(x, a[0][:, :, None, None] if a[0].ndim == 2 else a[0], a[1])
            return x.numpy() if several else x[0].numpy()

    def score(self, logit):
        if not self.knots:
            return 1 / (1 + np.exp(-logit))
        return np.interp(logit, [k[0] for k in self.knots], [k[1] for k in self.knots])

    def candidates(self, out, from_logit, border=BORDER):
        """Peaks of a level's outputs. Rows: logit, centre x y, width, five points x y, in px of the
        level without its border; best first."""
        rows, logit = [], out[0]
        peak = (logit >= cv2.dilate(logit, np.ones((3, 3)), borderType=cv2.BORDER_CONSTANT, borderValue=-1e9)) & (logit >= from_logit)
        for y, x in zip(*np.nonzero(peak)):
            width = self.unit * float(np.exp(np.clip(out[3, y, x], -5, 5)))
            if 0.7 * self.least <= width <= 1.4 * self.most:
                cell = np.array([x, y]) * STRIDE + STRIDE / 2 - 0.5 - border
                at = cell + out[[1, 2, *range(4, 14)], y, x].reshape(6, 2) * width
                rows.append(np.float64([logit[y, x], *at[0], width, *at[1:].ravel()]))
        return sorted(rows, key=lambda row: -row[0])

    def decided(self, level, row):
        """A candidate of a level as the second net sees it; what the two nets say of it is added up."""
        roll = roll_of(row[4:14].reshape(5, 2))
        seen = normalised(cut(level, row[1:3], row[3], self.second.unit, roll))
        out = self.second.run(seen)[:, SIDE // 16, SIDE // 16]
        size = self.second.unit * float(np.exp(np.clip(out[3], -5, 5)))
        step = row[3] / self.second.unit
        turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]]) * step
        at = row[1:3] + out[[1, 2, *range(4, 14)]].reshape(6, 2) * size @ turn.T
        return np.float64([row[0] + out[0], *at[0], size * step, *at[1:].ravel()])

    def find(self, picture, least, from_logit=None):
        """Faces of `least` px and more. Rows: logit, centre x y, width, five points x y; best first.
        From the threshold on, or from a logit on (of the second net, where there is one)."""
        judge = self.second or self
        if from_logit is None:
            lowest = min((l for l in np.arange(-12, 12, 0.01) if judge.score(l) >= judge.threshold), default=np.inf)
        else:
            lowest = from_logit
        first = np.log(self.threshold / (1 - self.threshold)) if self.second else lowest
        rows, z = [], self.least / least
        while min(picture.shape) * z >= 24:
            size = (max(1, round(picture.shape[1] * z)), max(1, round(picture.shape[0] * z)))
            how = cv2.INTER_AREA if z < 1 else cv2.INTER_LINEAR
            # Levels are whole grey levels, as the program's are.
            level = np.round(cv2.resize(np.float32(picture), size, interpolation=how)) if z != 1 else picture
            right, below = -(size[0] + 2 * BORDER) % STRIDE, -(size[1] + 2 * BORDER) % STRIDE
            plain = level
            level = cv2.copyMakeBorder(level, BORDER, BORDER + below, BORDER, BORDER + right, cv2.BORDER_REPLICATE)
            out = self.run(level)
            factor = np.array([size[0] / picture.shape[1], size[1] / picture.shape[0]])
            for row in self.candidates(out, first):
                if self.second:
                    row = self.decided(plain, row)
                if self.second:
                    row[0] += size_say(row[3] / factor[0], picture.shape)
                if row[0] >= lowest:
                    if self.second:  # Seen from where it is, its points are better.
                        row[1:] = self.decided(plain, row)[1:]
                    at = (row[[1, 2, *range(4, 14)]].reshape(6, 2) + 0.5) / factor - 0.5
                    rows.append([row[0], *at[0], row[3] / factor[0], *at[1:].ravel()])
            z /= RATIO
        rows.sort(key=lambda row: -row[0])
        kept = []
        for row in rows:
            if all(overlap(row[1:4], other[1:4]) < OVERLAP for other in kept):
                kept.append(row)
        return np.array(kept, np.float32).reshape(-1, 14)


def size_say(width, shape):
    """What a box's width says by itself, a logit; the picture's size is the root of its area."""
    share = width / np.sqrt(float(shape[0] * shape[1]))
    return SIZE_SAY * float(np.log(np.clip(share / SMALL, 1, 1 / SMALL)))


def roll_of(points):
    """How far the way from the eyes to the mouth is turned from straight down."""
    down = (points[3] + points[4] - points[0] - points[1]) / 2
    return float(np.arctan2(-down[0], down[1]))


def cut(pixels, centre, width, unit, roll):
    """SIDE x SIDE px around a centre, turned upright, in which the width is `unit` px; bilinear, edges
    repeated."""
    pixels = np.float32(pixels)
    u = np.arange(SIDE) - (SIDE - 1) / 2
    a, b = width / unit * np.cos(roll), width / unit * np.sin(roll)
    x = np.clip(centre[0] + a * u[None, :] - b * u[:, None], 0, pixels.shape[1] - 1)
    y = np.clip(centre[1] + b * u[None, :] + a * u[:, None], 0, pixels.shape[0] - 1)
    x0, y0 = np.int32(x), np.int32(y)
    x1, y1 = np.minimum(x0 + 1, pixels.shape[1] - 1), np.minimum(y0 + 1, pixels.shape[0] - 1)
    fx, fy = x - x0, y - y0
    above = pixels[y0, x0] * (1 - fx) + pixels[y0, x1] * fx
    below = pixels[y1, x0] * (1 - fx) + pixels[y1, x1] * fx
    return above * (1 - fy) + below * fy


def normalised(part):
    """Grey levels of MEAN and SPREAD, rounded, 0 ... 255."""
    gain = SPREAD / max(LEAST_SPREAD, float(part.std()))
    return np.uint8(np.clip(np.floor((part - part.mean()) * gain + MEAN + 0.5), 0, 255))


def overlap(a, b):
    """Common area of two square boxes over the smaller one's area."""
    side = [min(a[i] + a[2] / 2, b[i] + b[2] / 2) - max(a[i] - a[2] / 2, b[i] - b[2] / 2) for i in (0, 1)]
    return max(0, side[0]) * max(0, side[1]) / min(a[2], b[2]) ** 2
