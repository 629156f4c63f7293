"""The synthetic patch experts, and the little-endian writer of binary model files."""

import math
import struct

import numpy as np

from model_files import MATRIX_TYPES


def neurons_of(patch, amplitude, scaling, random, silent=False):
    """A template, a blob detector and sometimes a third neuron that is too faint to count."""
    v, u = np.mgrid[:11, :11] - 5.0
    width = 5.5 * scaling + 0.6
    radius = (u**2 + v**2) / (2 * width**2)
    blob = math.copysign(1, amplitude) * (1 - radius) * np.exp(-radius)
    blob = blob + 0.05 * random.standard_normal((11, 11))
    kernels = [(patch - patch.mean()) / np.ptp(patch), blob + 0.02]
    norms, biases = [16 + 4 * random.random(), 7 + 2 * random.random()], [-13.5, -5.0]
    alphas = [6 + 6 * random.random(), 1 + 2 * random.random()]
    if silent:
        alphas = [1e-4, 5e-5]
    elif random.random() < 0.5:
        kernels.append(random.standard_normal((11, 11)) * 0.2)
        norms, biases, alphas = norms + [9.0], biases + [-1.0], alphas + [6e-5]
    return [
        (round(norm, 6), round(bias, 6), round(alpha, 6), np.round(kernel, 6))
        for norm, bias, alpha, kernel in zip(norms, biases, alphas, kernels)
    ]


def components_of(window):
    """Two positive semidefinite w^2 x w^2 matrices, [row-major window x row-major window].

    The first smooths (a graph Laplacian, stronger along rows than along columns, so that the
    order in which a window is flattened shows); the second sharpens (signless Laplacian, which
    makes some of Sigma negative, so that the minimum has to be subtracted).
    """
    count = window * window
    smooth, sharpen = np.zeros((count, count)), np.zeros((count, count))
    for row in range(window):
        for column in range(window):
            here = row * window + column
            for dr, dc, weight in ((0, 1, 1.0), (1, 0, 0.25)):
                if row + dr < window and column + dc < window:
                    there = here + dr * window + dc
                    smooth[[here, there], [here, there]] += weight
                    smooth[here, there] -= weight
                    smooth[there, here] -= weight
            if row + 2 < window:
                there = here + 2 * window
                sharpen[[here, there], [here, there]] += 1
                sharpen[here, there] += 1
                sharpen[there, here] += 1
    return [smooth, sharpen]


class Writer:
    def __init__(self):
        self.data = bytearray()

    def put(self, code, *values):
        self.data += struct.pack("<" + code, *values)

    def matrix(self, values, kind):
        little = np.dtype(MATRIX_TYPES[kind]).newbyteorder("<")
        values = np.atleast_2d(values).astype(little)
        self.put("iii", *values.shape, kind)
        self.data += values.tobytes()


def patches_file(pdm, looks, amplitudes, scaling, views, hidden, windows, silent, random):
    """windows: [(size, has components)]; silent: (view, landmark) pairs without a live neuron."""
    file = Writer()
    file.put("di", scaling, len(views))
    for degrees in views:
        file.matrix(np.array(degrees, float)[:, None], 6)
    for landmarks in hidden:
        visible = np.ones(pdm.n)
        visible[landmarks] = 0
        file.matrix(visible[:, None], 4)
    file.put("i", len(windows))
    for size, has in windows:
        components = components_of(size) if has else []
        file.put("ii", size, len(components))
        for component in components:
            file.matrix(component, 5)
    betas = 2 if windows[0][1] else 0
    for view, landmarks in enumerate(hidden):
        for i in range(pdm.n):
            if i in landmarks:
                file.put("iiiii", 5, 11, 11, 0, 0)
                continue
            quiet = (view, i) in silent
            neurons = neurons_of(looks[view][i], amplitudes[i], scaling, random, quiet)
            file.put("iiii", 5, 11, 11, len(neurons))
            for norm, bias, alpha, kernel in neurons:
                file.put("iiddd", 2, 0, norm, bias, alpha)
                file.matrix(kernel, 5)
            for low, high in [(0.5, 2.0), (0.4, 1.2)][:betas]:
                file.put("d", round(random.uniform(low, high), 6))
            file.put("d", round(random.uniform(0.2, 0.7), 6))
    return bytes(file.data)
