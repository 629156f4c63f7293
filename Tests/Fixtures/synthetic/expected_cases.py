"""What the cases share: the model and images, and the margins that keep decisions certain."""

import json
import math
import os

import numpy as np

import make_model
import oracle
from model_files import read_pgm
from oracle_responses import FLAT_PATCH

SEED = 20172
FOLDER = make_model.FOLDER
DEGREE = math.pi / 180
# Every decision of a case is at least this far from turning out otherwise.
MARGINS = {
    "view_radians": 1e-3,  # nearest view against the second nearest
    "patch_energy": 0.5,  # a patch is flat exactly, or its squared deviations sum to more
    "table_tenths": 5e-5,  # ten times an offset against the edge between two table nodes
    "step_px": 2e-5,  # a step against the 0.01 px at which a pass stops
    "scale": 1e-3,  # s against 0.9 p and against 0.25
    "remap_32nds": 2.5e-4,  # a warp's source coordinate x 32 against a rounding tie
    "failure_ratio": 1e-7,  # an error ratio against 0.999
    "likelihood": 1e-4,  # the best hypothesis against the second best
}


class TooClose(Exception):
    """A decision of a case lies within its margin."""


def require(distance, margin):
    if distance < MARGINS[margin]:
        raise TooClose(f"{margin}: {distance}")


def path(name):
    return os.path.join(FOLDER, name)


def validator(name):
    return oracle.Validator(path(f"model/validation/validator_{name}.txt"))


def vector(values):
    return np.array(values, float)


def nudged(build, attempts=60):
    """build(k) of the least k that keeps every margin."""
    for k in range(attempts):
        try:
            return build(k)
        except TooClose as reason:
            last = reason
    raise last


class Fixture:
    def __init__(self):
        self.model = oracle.Model(path("model/main_synthetic.txt"))
        self.pdm = self.model.pdm
        with open(path("truth.json")) as file:
            self.truth = {
                t["image"][len("image_") : -len(".pgm")]: t for t in json.load(file)["images"]
            }
        self.images = {name: read_pgm(path(t["image"])) for name, t in self.truth.items()}
        self.random = np.random.Generator(np.random.PCG64(SEED))

    def true_params(self, name):
        return vector(self.truth[name]["params_global"]), vector(self.truth[name]["params_local"])

    def displaced(self, name, shift, q_factor, k):
        """The truth moved by shift (s, rx, ry, rz, tx, ty) and k small nudges, q scaled."""
        g, q = self.true_params(name)
        return g + vector(shift) + k * vector([0, 0, 0, 0, 0.0137, 0.0071]), q * q_factor


def require_view(scale, angles):
    distances = np.sort(np.linalg.norm(scale.centres - angles, axis=1))
    if len(distances) > 1:
        require(distances[1] - distances[0], "view_radians")


def patch_energies(maps):
    """Sums of squared deviations of the patches of every visible landmark."""
    for area in (area for area in maps.areas if area is not None):
        patches = np.lib.stride_tricks.sliding_window_view(area, (11, 11))
        yield ((patches - patches.mean((2, 3), keepdims=True)) ** 2).sum((2, 3))


def flat_patches(maps):
    return int(sum((energy <= FLAT_PATCH).sum() for energy in patch_energies(maps)))


def require_maps(maps, angles):
    require_view(maps.scale, angles)
    for energy in patch_energies(maps):
        if (energy > 1e-9).any():
            require(energy[energy > 1e-9].min(), "patch_energy")


def require_pass(trace, maps, tabulated):
    for step in trace["steps"]:
        require(abs(step - 0.01), "step_px")
    both = np.concatenate([maps.visible, maps.visible])
    for record in trace["iterations"] if tabulated else []:
        offsets = np.clip(record["offsets"][both], 0, maps.window - 0.1)
        tenths = 10 * offsets + 0.5
        require(np.abs(tenths - np.round(tenths)).min(), "table_tenths")


def require_fit(report, tabulated, scales):
    for entry in report["scales"]:
        if entry["skipped"] == "window":
            continue
        before = entry["params_global_before"] if entry["skipped"] is None else None
        if before is not None:
            require(abs(before[0] - 0.9 * scales[entry["scale_index"]].scaling), "scale")
            require(abs(entry["params_global_after"][0] - 0.25), "scale")
            maps, rigid, full = entry["traces"]
            require_maps(maps, before[1:4])
            require_pass(rigid, maps, tabulated)
            require_pass(full, maps, tabulated)
