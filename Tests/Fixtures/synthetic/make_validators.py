"""The synthetic validators: warps onto a small face and the three kinds of classifier."""

import math

import numpy as np

from face import flat_shape, render, triangulate
from make_experts import Writer
from oracle_validator import Validator

VALIDATOR_VIEWS = [(0, 0, 0), (0, 28, 0)]
VALIDATOR_SCALE = 0.16


def warp_of(pdm, degrees):
    """The piecewise affine warp onto the turned mean shape at VALIDATOR_SCALE px/mm."""
    shape = np.round(flat_shape(pdm, degrees, VALIDATOR_SCALE), 6)
    x, y = shape.reshape(2, -1)
    triangles = np.array(triangulate(pdm, degrees))
    columns, rows = math.ceil(np.ptp(x)), math.ceil(np.ptp(y))
    owner = np.full((rows, columns), -1)
    alpha, beta = np.zeros((len(triangles), 3)), np.zeros((len(triangles), 3))
    row, column = np.mgrid[:rows, :columns]
    basis = np.stack([np.ones(owner.shape), column + x.min(), row + y.min()])
    for index, (i, j, k) in enumerate(triangles):
        edges = np.array([[x[j] - x[i], x[k] - x[i]], [y[j] - y[i], y[k] - y[i]]])
        inverse = np.linalg.inv(edges)
        for target, line in ((alpha, inverse[0]), (beta, inverse[1])):
            target[index] = [-(line[0] * x[i] + line[1] * y[i]), line[0], line[1]]
        a, b = (np.einsum("k,krc->rc", t[index], basis) for t in (alpha, beta))
        owner[(owner < 0) & (a >= 0) & (b >= 0) & (a + b <= 1)] = index
    return {
        "min_x": x.min(), "min_y": y.min(), "destination": shape[:, None],
        "triangles": triangles, "triangle_of_pixel": owner, "mask": owner >= 0,
        "alpha": np.round(alpha, 12), "beta": np.round(beta, 12),
    }  # fmt: skip


def normalised_look(pdm, warp, degrees):
    """The mean face's vector under a warp: mean 0, deviation 1, column by column."""
    g = np.array([1.0, *np.radians(degrees), 90, 90])
    image = render((180, 180), g, np.zeros(pdm.m))
    validator = Validator.__new__(Validator)
    zero, one = np.zeros(1), np.ones(1)
    validator.views = [dict(warp, mean=zero, deviation=one)]
    return validator.features(0, validator.warp(image, 0, pdm.shape2d(g, np.zeros(pdm.m))))


def classifier(file, kind, template, deviation, random, activation=1, output=0):
    """A classifier of which template correlation is the main part: -1 = the face is there."""
    count = len(template)
    line = template * deviation / count
    if kind == 0:
        file.put("d", 0.45)
        file.matrix(np.round(-1.4 * line, 9)[None, :], 6)
    elif kind == 1:
        hidden = np.zeros((4, 1 + count))
        hidden[:, 0] = [-0.4, 0.1, -0.2, 0.3]
        hidden[:, 1:] = random.standard_normal((4, count)) * 0.02
        hidden[0, 1:] = 2 * line
        last = [[2.0, -5.0, 0.3, -0.4, 0.2], [1.2, -1.4, 0.05, -0.05, 0.03]][output]
        file.put("iii", 2, activation, output)
        file.matrix(np.round(hidden, 9), 5)
        file.matrix(last, 6)
    else:
        convolutional(file, random)


def convolutional(file, random):
    """5 layers on 19 to 20 x 17 px: 1 -> 2 kernels 3 x 3, by 2, 2 -> 3 kernels, by 2, full."""
    file.put("i", 5)
    for inputs, kernels in ((1, 2), (2, 3)):
        file.put("iii", 0, inputs, kernels)
        for _ in range(kernels):
            file.put("f", round(random.uniform(-0.5, 0.5), 6))
        for _ in range(inputs * kernels):
            file.matrix(np.round(random.standard_normal((3, 3)) * 0.7, 6), 5)
        file.put("ii", 1, 2)
    file.put("if", 2, -0.4)


def halved_map_size(size):
    for _ in range(2):
        size = (size - 2) // 2
    return size


def validator_file(pdm, kind, random, **options):
    file = Writer()
    file.put("ii", kind, len(VALIDATOR_VIEWS))
    for degrees in VALIDATOR_VIEWS:
        file.matrix(np.array(degrees, float)[:, None], 6)
    for degrees in VALIDATOR_VIEWS:
        warp = warp_of(pdm, degrees)
        template = normalised_look(pdm, warp, degrees)
        count = len(template)
        mean = np.round(0.1 * random.standard_normal(count), 6)
        deviation = np.round(random.uniform(0.8, 1.2, count), 6)
        file.matrix(mean[None, :], 6)
        file.matrix(deviation[None, :], 6)
        classifier(file, kind, template, deviation, random, **options)
        if kind == 2:
            rows, columns = (halved_map_size(size) for size in warp["mask"].shape)
            file.matrix(np.round(random.standard_normal((1, 3 * rows * columns)), 6), 5)
        file.put("idd", count, warp["min_x"], warp["min_y"])
        kinds = {"destination": 6, "triangles": 4, "triangle_of_pixel": 4, "mask": 0}
        for key in ["destination", "triangles", "triangle_of_pixel", "mask", "alpha", "beta"]:
            file.matrix(warp[key], kinds.get(key, 6))
    return bytes(file.data)
