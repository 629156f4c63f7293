"""Writes the synthetic model folder, the images and the ground truth beside this file.

Everything is drawn from SEED, so that a second run writes the same bytes. The "face" is a set of
Gaussian blobs, one a landmark; an expert's first kernel is the blob's own look in its view, so
that a fit from a displaced start really finds the landmarks.

usage: python3 make_model.py
"""

import json
import os

import numpy as np
from scipy.ndimage import gaussian_filter

from face import (
    HIDDEN,
    LANDMARKS,
    PART_EXTRA,
    PART_MAPPING,
    SCALINGS,
    VIEWS_DEGREES,
    face_pdm,
    look,
    part_pdm,
    render,
    triangulate,
)
from make_experts import patches_file
from make_validators import validator_file

SEED = 20171
FOLDER = os.path.dirname(os.path.abspath(__file__))


def text_matrix(values, kind=6):
    values = np.atleast_2d(values)
    rows = [" ".join(repr(float(v)) for v in row) for row in values]
    return "\n".join([str(values.shape[0]), str(values.shape[1]), str(kind), *rows])


def pdm_file(pdm):
    parts = ["# The mean values of the components (in mm)", text_matrix(pdm.mean[:, None])]
    parts += ["# The principal components (one a column)", text_matrix(pdm.modes)]
    parts += ["# The variances of the components", text_matrix(pdm.variances[None, :])]
    return ("\n".join(parts) + "\n").encode()


def triangulations_file(pdm):
    lines = ["# Number of triangulations", str(len(VIEWS_DEGREES))]
    for index, degrees in enumerate(VIEWS_DEGREES):
        triangles = triangulate(pdm, degrees)
        lines += [f"# Triangulation {index + 1}", "# triangulation", str(len(triangles)), "3", "4"]
        lines += [" ".join(map(str, row)) + " " for row in triangles]
    return ("\n".join(lines) + "\n").encode()


# name: height, width, global parameters, local parameters, extra (see image_of)
IMAGES = {
    "frontal": (128, 136, (0.82, 0.06, -0.05, 0.04, 67.3, 63.8), (12, -9, 8, -5, 3), {}),
    "turned_right": (120, 128, (0.85, -0.05, 0.47, -0.06, 60.4, 58.7), (-9, 6, 5, 4, -2), {}),
    "turned_left": (120, 120, (0.80, 0.08, -0.42, 0.1, 57.2, 60.1), (6, 9, -7, 3, 4), {}),
    "border": (100, 112, (0.84, 0.03, 0.07, -0.08, 47.5, 46.0), (5, -6, 4, 2, 1), {"flat": True}),
    "small": (64, 64, (0.29, 0.04, 0.03, 0.03, 31.6, 32.4), (4, 3, -3, 2, 1), {}),
    "tiny": (64, 64, (0.236, 0.02, -0.03, 0.02, 32.2, 31.1), (0, 0, 0, 0, 0), {}),
    "large": (160, 160, (1.15, 0.03, 0.04, -0.03, 80.6, 79.2), (9, 4, -6, 3, 2), {"part": True}),
}


def image_of(name, random):
    height, width, g, q, extra = IMAGES[name]
    image = render((height, width), np.array(g), np.array(q, float), "part" in extra)
    image += 6 * gaussian_filter(random.standard_normal((height, width)), 3) / 0.094
    image += random.integers(-2, 3, (height, width))
    if "flat" in extra:
        # One grey over the right edge: patches of no variance, exactly.
        image[14:90, 80:] = 90
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def pgm(image):
    return f"P5\n{image.shape[1]} {image.shape[0]}\n255\n".encode() + image.tobytes()


def make():
    """Every file, path relative to this folder: bytes."""
    random = np.random.Generator(np.random.PCG64(SEED))
    pdm, part = face_pdm(), part_pdm()
    files = {}
    files["model/main_synthetic.txt"] = MAIN.encode()
    files["model/clnf_synthetic.txt"] = CLNF.encode()
    files["model/part/main_part.txt"] = b"# The part's own\nLandmarkDetector clnf_part.txt\n"
    files["model/part/clnf_part.txt"] = (
        b"PDM pdms/pdm_part.txt\nPatchesCCNF patch_experts/experts_1.00_part.txt\n"
    )
    files["model/pdms/pdm_synthetic.txt"] = pdm_file(pdm)
    files["model/tris_synthetic.txt"] = triangulations_file(pdm)
    files["model/part/pdms/pdm_part.txt"] = pdm_file(part)
    amplitudes = [row[3] for row in LANDMARKS]
    windows = {
        0.25: [(5, True), (7, True)],
        0.35: [(7, True), (9, False)],
        0.5: [(7, True), (5, True)],
    }
    for scaling in SCALINGS:
        looks = [look(pdm, scaling, degrees, np.zeros(3)) for degrees in VIEWS_DEGREES]
        silent = [(0, 11), (2, 14)] if scaling == 0.35 else []
        files[f"model/patch_experts/experts_{scaling}_synthetic.txt"] = patches_file(
            pdm, looks, amplitudes, scaling, VIEWS_DEGREES, HIDDEN, windows[scaling], silent, random
        )
    mouth = np.array([LANDMARKS[i] for i, _ in PART_MAPPING] + PART_EXTRA)
    looks = [look(part, 1.0, (0, 0, 0), mouth[:, :3].mean(0), True)]
    files["model/part/patch_experts/experts_1.00_part.txt"] = patches_file(
        part, looks, mouth[:, 3], 1.0, [(0, 0, 0)], [[]], [(3, False), (5, False)], [], random
    )
    nets = {"tanh": (1, 0), "logistic": (0, 1)}
    files["model/validation/validator_linear.txt"] = validator_file(pdm, 0, random)
    for name, (activation, output) in nets.items():
        files[f"model/validation/validator_net_{name}.txt"] = validator_file(
            pdm, 1, random, activation=activation, output=output
        )
    files["model/validation/validator_cnn.txt"] = validator_file(pdm, 2, random)
    truth = []
    for name, (_, _, g, q, _) in IMAGES.items():
        files[f"image_{name}.pgm"] = pgm(image_of(name, random))
        shape = pdm.shape2d(np.array(g), np.array(q, float))
        truth.append({"image": f"image_{name}.pgm", "params_global": g, "params_local": q})
        truth[-1]["landmarks"] = [float(v) for v in shape]
    files["truth.json"] = (json.dumps({"seed": SEED, "images": truth}, indent=1) + "\n").encode()
    return files


MAIN = """\
# A synthetic face of 16 landmarks
LandmarkDetector clnf_synthetic.txt
# part file, name, then pairs: landmark of the face, landmark of the part
LandmarkDetector_part part/main_part.txt mouth 13 0 14 1 15 2 2 3
FaceDetConversion unknown_lines_are_ignored.txt
DetectionValidator validation/validator_net_tanh.txt
"""
CLNF = """\
PDM pdms/pdm_synthetic.txt
Triangulations tris_synthetic.txt
# one file a scale, in order
PatchesCCNF patch_experts/experts_0.25_synthetic.txt
PatchesCCNF patch_experts/experts_0.35_synthetic.txt
PatchesCCNF patch_experts/experts_0.5_synthetic.txt
"""


def main():
    for path, data in make().items():
        target = os.path.join(FOLDER, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data)
        print(f"{len(data):8d} {path}")


if __name__ == "__main__":
    main()
