"""The oracle's patch experts: areas of interest, neurons, Sigma and response maps."""

import numpy as np

from model_files import Reader
from oracle_shape import nearest_view, similarity

KERNEL = 11
MIN_ALPHA = 1e-4
# A patch whose squared deviations from its mean sum to this or less correlates with nothing.
FLAT_PATCH = 1e-6 * KERNEL * KERNEL


class Expert:
    def __init__(self, neurons, betas, confidence):
        self.neurons, self.betas, self.confidence = neurons, betas, confidence

    @property
    def alphas(self):
        return np.array([neuron["alpha"] for neuron in self.neurons])

    def neuron_sum(self, area):
        """y of a (w + 10)^2 area, before Sigma: w x w, [row, column]."""
        patches = np.lib.stride_tricks.sliding_window_view(area, (KERNEL, KERNEL))
        centred = patches - patches.mean((2, 3), keepdims=True)
        energy = (centred**2).sum((2, 3))
        total = np.zeros(energy.shape)
        for neuron in self.neurons:
            if neuron["alpha"] <= MIN_ALPHA:
                continue
            kernel = neuron["weights"].astype(np.float64)
            kernel = kernel - kernel.mean()
            norm = np.sqrt(energy * (kernel**2).sum())
            dot = np.einsum("rcij,ij->rc", centred, kernel)
            flat = energy <= FLAT_PATCH
            rho = np.where(flat, 0, np.clip(dot / np.where(flat, 1, norm), -1, 1))
            total += 2 * neuron["alpha"] / (1 + np.exp(-(neuron["norm"] * rho + neuron["bias"])))
        return total

    def sigma(self, window, components):
        inverse = self.alphas.sum() * np.eye(window * window)
        for beta, component in zip(self.betas, components):
            inverse = inverse + beta * component.astype(np.float64)
        return np.linalg.inv(2 * inverse)

    def response(self, area, components):
        total = self.neuron_sum(area)
        response = (self.sigma(len(total), components) @ total.ravel()).reshape(total.shape)
        return response - min(response.min(), 0)


class PatchScale:
    """The patch experts of one scale: views, visibility, sigma components, experts."""

    def __init__(self, path):
        file = Reader(path)
        self.scaling = file.take("d")
        views = file.take("i")
        self.centres = np.radians([file.matrix().ravel() for _ in range(views)])
        self.visible = np.array([file.matrix().ravel() for _ in range(views)]).astype(bool)
        self.components = {}
        first = 0
        for index in range(file.take("i")):
            window, count = file.take("i"), file.take("i")
            first = count if index == 0 else first
            self.components[window] = [file.matrix() for _ in range(count)]
        n = self.visible.shape[1]
        self.experts = [[self.read_expert(file, first) for _ in range(n)] for _ in range(views)]
        assert file.at == len(file.data), path

    @staticmethod
    def read_expert(file, betas):
        kind, width, height, neurons = (file.take("i") for _ in range(4))
        assert kind == 5
        if neurons == 0:
            file.take("i")
            return None
        assert (width, height) == (KERNEL, KERNEL)
        read = []
        for _ in range(neurons):
            assert (file.take("i"), file.take("i")) == (2, 0)
            norm, bias, alpha = (file.take("d") for _ in range(3))
            read.append({"norm": norm, "bias": bias, "alpha": alpha, "weights": file.matrix()})
        return Expert(read, [file.take("d") for _ in range(betas)], file.take("d"))

    def view(self, angles):
        return nearest_view(self.centres, angles)


def bilinear_replicated(image, x, y):
    """Bilinear samples; outside the image its edge pixels are repeated."""
    rows, columns = image.shape
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = x - x0, y - y0

    def at(row, column):
        return image[np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)]

    top = at(y0, x0) * (1 - fx) + at(y0, x0 + 1) * fx
    bottom = at(y0 + 1, x0) * (1 - fx) + at(y0 + 1, x0 + 1) * fx
    return top * (1 - fy) + bottom * fy


def area_of_interest(image, point, to_image, window):
    size = window + KERNEL - 1
    v, u = np.mgrid[:size, :size] - (size - 1) / 2
    x = to_image[0, 0] * u + to_image[0, 1] * v + point[0]
    y = to_image[1, 0] * u + to_image[1, 1] * v + point[1]
    return bilinear_replicated(image, x, y)


class Responses:
    """The response maps of an image at one scale, with the frame they were taken in."""

    def __init__(self, model, scale_index, image, g, q, window):
        self.scale, self.window = model.scales[scale_index], window
        self.view = self.scale.view(g[1:4])
        self.base = model.pdm.shape2d(g, q)
        reference = model.pdm.shape2d(np.array([self.scale.scaling, 0, 0, 0, 0, 0]), q)
        self.to_reference = similarity(self.base, reference)
        self.to_image = np.linalg.inv(self.to_reference)
        self.visible = self.scale.visible[self.view]
        self.components = self.scale.components.get(window, [])
        n = model.pdm.n
        self.areas, self.maps, self.sums = [None] * n, [None] * n, [None] * n
        for i in np.flatnonzero(self.visible):
            expert = self.scale.experts[self.view][i]
            point = (self.base[i], self.base[n + i])
            self.areas[i] = area_of_interest(image, point, self.to_image, window)
            self.sums[i] = expert.neuron_sum(self.areas[i])
            self.maps[i] = expert.response(self.areas[i], self.components)

    def confidences(self):
        experts = self.scale.experts[self.view]
        return np.array([0.0 if expert is None else expert.confidence for expert in experts])
