"""The finder's weights file: written, read, run and searched with, as the program does.

Little-endian. "LMFINDER"; u32 version 1, layers; f32 unit, least, most, threshold; u32 knots; knots
(f32 logit, f32 share); per layer u32 kind, kernel, stride, inputs, outputs, flags; the layers'
floats; the SHA-256 of all before.
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
        area = self.kernel**2
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

    def write(self, path):
        data = MAGIC + struct.pack("<II4fI", 1, len(self.layers), self.unit, self.least, self.most, self.threshold, len(self.knots))
        for knot in self.knots:
            data += struct.pack("<2f", *knot)
        for l in self.layers:
            data += struct.pack("<6I", l.kind, l.kernel, l.stride, l.inputs, l.outputs, l.flags)
        for l in self.layers:
            for array in l.arrays:
                data += np.ascontiguousarray(array, "<f4").tobytes()
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
        finder = Finder([], unit, least, most, threshold)
        for _ in range(knots):
            finder.knots.append(struct.unpack_from("<2f", data, at))
            at += 8
        for _ in range(count):
            finder.layers.append(Layer(*struct.unpack_from("<6I", data, at), []))
            at += 24
        for layer in finder.layers:
            for shape in layer.shapes():
                size = int(np.prod(shape))
                layer.arrays.append(np.frombuffer(data, "<f4", size, at).reshape(shape).copy())
                at += 4 * size
        if version != 1 or at != len(data) - 32:
            raise ValueError("a file of another length or version")
        return finder

    def run(self, pixels):
        """The 14 x H/8 x W/8 outputs of a level that has its border already (sides multiples of 8)."""
        with torch.no_grad():
            x = torch.from_numpy(np.float32(pixels) / 128 - 1)[None, None]
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
            return x[0].numpy()

    def score(self, logit):
        if not self.knots:
            return 1 / (1 + np.exp(-logit))
        return np.interp(logit, [k[0] for k in self.knots], [k[1] for k in self.knots])

    def find(self, picture, least, from_logit=None):
        """Faces of `least` px and more. Rows: logit, centre x y, width, five points x y; best first.
        From the threshold on, or from a logit on."""
        rows, z = [], self.least / least
        while min(picture.shape) * z >= 24:
            size = (max(1, round(picture.shape[1] * z)), max(1, round(picture.shape[0] * z)))
            how = cv2.INTER_AREA if z < 1 else cv2.INTER_LINEAR
            level = cv2.resize(np.float32(picture), size, interpolation=how) if z != 1 else picture
            right, below = -(size[0] + 2 * BORDER) % STRIDE, -(size[1] + 2 * BORDER) % STRIDE
            level = cv2.copyMakeBorder(level, BORDER, BORDER + below, BORDER, BORDER + right, cv2.BORDER_REPLICATE)
            out = self.run(level)
            logit = out[0]
            peak = logit >= cv2.dilate(logit, np.ones((3, 3)), borderType=cv2.BORDER_CONSTANT, borderValue=-1e9)
            peak &= logit >= from_logit if from_logit is not None else self.score(logit) >= self.threshold
            for y, x in zip(*np.nonzero(peak)):
                width = self.unit * float(np.exp(np.clip(out[3, y, x], -5, 5)))
                if not 0.7 * self.least <= width <= 1.4 * self.most:
                    continue
                cell = np.array([x, y]) * STRIDE + STRIDE / 2 - 0.5 - BORDER
                at = cell + out[[1, 2, *range(4, 14)], y, x].reshape(6, 2) * width
                factor = np.array([size[0] / picture.shape[1], size[1] / picture.shape[0]])
                at = (at + 0.5) / factor - 0.5
                rows.append([logit[y, x], *at[0], width / factor[0], *at[1:].ravel()])
            z /= RATIO
        rows.sort(key=lambda row: -row[0])
        kept = []
        for row in rows:
            if all(overlap(row[1:4], other[1:4]) < OVERLAP for other in kept):
                kept.append(row)
        return np.array(kept, np.float32).reshape(-1, 14)


def overlap(a, b):
    """Common area of two square boxes over the smaller one's area."""
    side = [min(a[i] + a[2] / 2, b[i] + b[2] / 2) - max(a[i] - a[2] / 2, b[i] - b[2] / 2) for i in (0, 1)]
    return max(0, side[0]) * max(0, side[1]) / min(a[2], b[2]) ** 2
