"""Writes a checkpoint's averaged net as a weights file, and cases for the inference's tests.

    python export.py --checkpoint FIRST/checkpoint.pt --from-logit -2.5 --output finder.weights
    python export.py --checkpoint SECOND/checkpoint.pt --second --say 0.5 --output refiner.weights
    python export.py --checkpoint LANDMARKS/checkpoint.pt --landmarks --output landmarks.weights
    python export.py --checkpoint CLOSE/checkpoint.pt --close-landmarks --output close-landmarks.weights
    python export.py --checkpoint IDENTITY/checkpoint.pt --identity --output identity.weights
    python export.py --weights finder.weights --cases FOLDER
    python export.py --weights landmarks.weights --halves --output landmarks.weights
    python export.py --weights finder.weights --refiner refiner.weights --found PICTURE.pgm FOLDER

Nets that see whole faces are written in halves. --found searches a picture with both nets, from 20 px on, and writes PICTURE.found: a line a face, score,
centre x y, width, five points x y. --like takes threshold and calibration over. docs/reference/finder-format.md has both formats.
"""
import argparse
import os
import struct

import cv2
import numpy as np

from weights import FACE_SIDE, FIRST, HEAD, SEPARABLE, Finder, Layer

LEAST, MOST = 20.0, 40.0


def from_checkpoint(path, kind=None):
    """`kind`: None for the finder's first net, "second", "landmarks", "close_landmarks" or "identity"."""
    import torch

    import net as nets
    from refine import SHAPE
    from train import finder_state

    makers = {"landmarks": nets.LandmarkNet, "close_landmarks": nets.CloseLandmarkNet, "identity": nets.IdentityNet, "second": lambda: nets.Finder(**SHAPE), None: nets.Finder}
    net, state = makers[kind](), finder_state(path)
    if kind == "identity":  # Without the people's own directions.
        state = {k.removeprefix("net."): v for k, v in state.items() if k.startswith("net.")}
    net.load_state_dict(state)
    net.eval()
    layers = []
    for block in net.blocks:
        if block.kind == FIRST:
            arrays = list(nets.folded(block.conv, block.norm))
        else:
            arrays = [*nets.folded(block.depth, block.norm1), *nets.folded(block.point, block.norm2)]
        flags = 1 if block.kind == SEPARABLE and block.residual else 0
        layers.append(Layer(block.kind, block.kernel, block.stride, block.inputs, block.outputs, flags, arrays))
    layers.append(Layer(HEAD, 1, 1, net.head.in_channels, net.head.out_channels, 0, [net.head.weight, net.head.bias]))
    for layer in layers:
        layer.arrays = [a.detach().numpy().reshape(s) for a, s in zip(layer.arrays, layer.shapes())]
    seen = FACE_SIDE
    sees_whole = kind in ("landmarks", "close_landmarks", "identity")
    if sees_whole:  # One size of faces.
        finder = Finder(layers, net.face_width, net.face_width, net.face_width)
    else:
        finder = Finder(layers, nets.UNIT, LEAST, MOST)
    pixels = np.random.default_rng(1).integers(0, 256, (seen, seen)).astype(np.float32)
    with torch.no_grad():
        wanted = net(torch.from_numpy(pixels)[None, None])[0].numpy()
    said = finder.run(pixels)
    if sees_whole:
        said = said[:, said.shape[1] // 2, said.shape[2] // 2]
    print("folding changes outputs by at most %.1e" % np.abs(said - wanted).max())
    if sees_whole:
        finder.round()
    return finder


def write_cases(finder, folder):
    """Noise, a drawing and smooth noise, at sizes that need different borders; for nets that see a whole face
    of the one size that they see."""
    os.makedirs(folder, exist_ok=True)
    random = np.random.default_rng(7)
    noise = random.integers(0, 256, (47, 61))
    smooth = cv2.GaussianBlur(random.integers(0, 256, (96, 128)).astype(np.float32), (0, 0), 3)
    smooth = (smooth - smooth.min()) / np.ptp(smooth) * 255
    drawing = np.full((64, 80), 90, np.uint8)
    cv2.ellipse(drawing, (36, 30), (15, 19), 0, 0, 360, 180, -1, cv2.LINE_AA)
    for x in (30, 42):
        cv2.circle(drawing, (x, 25), 2, 50, -1, cv2.LINE_AA)
    cv2.ellipse(drawing, (36, 39), (6, 2), 0, 0, 360, 70, -1, cv2.LINE_AA)
    for name, picture in [("noise-61x47", noise), ("smooth-128x96", smooth), ("drawing-80x64", drawing)]:
        if finder.stride == 16:
            picture = cv2.resize(np.uint8(picture), (FACE_SIDE, FACE_SIDE), interpolation=cv2.INTER_LINEAR)
        height, width = picture.shape
        level = np.uint8(picture) if finder.stride == 16 else cv2.copyMakeBorder(np.uint8(picture), 16, 16 + -height % 8, 16, 16 + -width % 8, cv2.BORDER_REPLICATE)
        output = finder.run(level)
        with open(os.path.join(folder, name + ".case"), "wb") as file:
            file.write(struct.pack("<2I", level.shape[1], level.shape[0]) + level.tobytes())
            file.write(struct.pack("<2I", output.shape[2], output.shape[1]))
            file.write(output.transpose(1, 2, 0).astype("<f4").tobytes())


def write_found(finder, picture, folder):
    """What both nets find in a picture, for tests of a whole search."""
    rows = finder.find(cv2.imread(picture, cv2.IMREAD_GRAYSCALE), finder.least)
    name = os.path.splitext(os.path.basename(picture))[0]
    with open(os.path.join(folder, name + ".found"), "w") as file:
        for row in rows:
            numbers = [finder.second.score(row[0]), *row[1:]]
            file.write(" ".join(f"{n:.4f}" for n in numbers) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint")
    parser.add_argument("--weights", help="a file that is there, for --cases")
    parser.add_argument("--second", action="store_true", help="the checkpoint is refine.py's")
    parser.add_argument("--landmarks", action="store_true", help="the checkpoint is landmarks.py's")
    parser.add_argument("--close-landmarks", action="store_true", help="the same, with --close")
    parser.add_argument("--halves", action="store_true", help="round the values of a file that is there")
    parser.add_argument("--identity", action="store_true", help="the checkpoint is identity.py's")
    parser.add_argument("--say", type=float, default=1, help="what the net's logits are multiplied by: how much it has to say beside the first")
    parser.add_argument("--from-logit", type=float, help="the threshold: of the first net, from where places are proposed")
    parser.add_argument("--output")
    parser.add_argument("--like")
    parser.add_argument("--cases")
    parser.add_argument("--refiner", help="the second net's file, for --found")
    parser.add_argument("--found", nargs=2, metavar=("PICTURE", "FOLDER"))
    options = parser.parse_args()
    if options.checkpoint:
        kinds = [k for k in ("landmarks", "close_landmarks", "identity", "second") if getattr(options, k)]
        finder = from_checkpoint(options.checkpoint, kinds[0] if kinds else None)
        if options.second:
            for array in finder.layers[-1].arrays:
                array[0] *= options.say
        if options.from_logit is not None:
            finder.threshold = float(1 / (1 + np.exp(-options.from_logit)))
        if options.like:
            other = Finder.read(options.like)
            finder.threshold, finder.knots = other.threshold, other.knots
    else:
        finder = Finder.read(options.weights)
        if options.halves:
            finder.round()
    if options.output:
        finder.write(options.output)
        print(f"{options.output}: {os.path.getsize(options.output)} bytes")
    if options.cases:
        write_cases(finder, options.cases)
    if options.found:
        finder.second = Finder.read(options.refiner)
        write_found(finder, *options.found)
