#!/usr/bin/env python3
"""Writes a face finder's net with random weights and cases of it, for the tests of its inference.

    Training/finder/random_cases.py Tests/Fixtures/finder-random

docs/reference/finder-format.md has both formats. The net is computed here as that page says it, by
numpy in double precision, in no way that the program computes it.
"""

import hashlib
import pathlib
import struct
import sys

import numpy as np

CELL = 8
BORDER = 16
OUTPUTS = 14
# Outputs, kernel, stride, whether the input is added; the head follows.
LAYERS = [(12, 5, 2, 0), (20, 3, 2, 0), (20, 3, 1, 1), (27, 3, 2, 0), (27, 5, 1, 1)]
# Width and height of pictures; the last ones are smaller than a kernel sees.
PICTURES = [(61, 45), (40, 72), (24, 24), (5, 1)]


def random_net(generator):
    layers, inputs = [], 1
    for index, (outputs, kernel, stride, adds) in enumerate(LAYERS + [(OUTPUTS, 1, 1, 0)]):
        kind = 1 if index == 0 else 3 if index == len(LAYERS) else 2
        columns = kernel * kernel if kind == 1 else inputs
        layer = {"kind": kind, "kernel": kernel, "stride": stride, "inputs": inputs, "adds": adds}
        if kind == 2:
            layer["depthwise"] = generator.normal(0, 1 / kernel, (inputs, kernel, kernel))
            layer["depthwise bias"] = generator.normal(0, 0.3, inputs)
        layer["weights"] = generator.normal(0, columns**-0.5, (outputs, columns))
        layer["bias"] = generator.normal(0, 0.3, outputs)
        for name, value in layer.items():
            if isinstance(value, np.ndarray):
                layer[name] = value.astype("<f4")
        layers.append(layer)
        inputs = outputs
    return layers


def file_of(layers):
    data = b"LMFINDER" + struct.pack("<IIffffI", 1, len(layers), 36, 24, 60, 0.5, 0)
    for layer in layers:
        outputs = len(layer["bias"])
        shape = [layer[key] for key in ("kind", "kernel", "stride", "inputs")]
        data += struct.pack("<6I", *shape, outputs, layer["adds"])
    for layer in layers:
        for name in ("depthwise", "depthwise bias", "weights", "bias"):
            if name in layer:
                data += layer[name].tobytes()
    return data + hashlib.sha256(data).digest()


def windows(planes, kernel, stride):
    """Of channels x rows x columns, each place's kernel: channels x rows x columns x kernel x kernel."""
    half = kernel // 2
    padded = np.pad(planes, ((0, 0), (half, half), (half, half)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), axis=(1, 2))
    return seen[:, ::stride, ::stride]


def cells_of(layers, picture):
    """What the net says of a picture with its border: rows x columns x OUTPUTS."""
    height, width = picture.shape
    right, below = (-(size + 2 * BORDER) % CELL + BORDER for size in (width, height))
    level = np.pad(picture, ((BORDER, below), (BORDER, right)), mode="edge")
    planes = (level.astype(float) / 128 - 1)[None]
    for layer in layers:
        bias = layer["bias"].astype(float)[:, None, None]
        weights = layer["weights"].astype(float)
        if layer["kind"] == 1:
            kernels = weights.reshape(-1, layer["kernel"], layer["kernel"])
            seen = windows(planes, layer["kernel"], layer["stride"])[0]
            planes = np.maximum(0, np.einsum("yxvu,ovu->oyx", seen, kernels) + bias)
            continue
        before = planes
        if layer["kind"] == 2:
            seen = windows(planes, layer["kernel"], layer["stride"])
            planes = np.einsum("cyxvu,cvu->cyx", seen, layer["depthwise"].astype(float))
            planes = planes + layer["depthwise bias"].astype(float)[:, None, None]
        planes = np.einsum("cyx,oc->oyx", planes, weights) + bias
        if layer["adds"]:
            planes = planes + before
        if layer["kind"] == 2:
            planes = np.maximum(0, planes)
    return planes.transpose(1, 2, 0)


def case_of(picture, cells):
    height, width = picture.shape
    rows, columns, _ = cells.shape
    data = struct.pack("<II", width, height) + picture.tobytes()
    return data + struct.pack("<II", columns, rows) + cells.astype("<f4").tobytes()


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: random_cases.py FOLDER")
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(1)
    layers = random_net(generator)
    (folder / "finder.weights").write_bytes(file_of(layers))
    for width, height in PICTURES:
        picture = generator.integers(0, 256, (height, width), dtype=np.uint8)
        case = case_of(picture, cells_of(layers, picture))
        (folder / f"{width}x{height}.case").write_bytes(case)


if __name__ == "__main__":
    main()
