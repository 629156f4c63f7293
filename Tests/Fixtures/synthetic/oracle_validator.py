"""The oracle's landmark validator: piecewise affine warp, normalisation, classifiers."""

import numpy as np

from model_files import Reader
from oracle_shape import nearest_view


def logistic(x):
    return 1 / (1 + np.exp(-x))


ACTIVATIONS = {0: logistic, 1: lambda x: 1.7159 * np.tanh(2 * x / 3)}


class Validator:
    def __init__(self, path):
        file = Reader(path)
        self.kind = file.take("i")
        views = file.take("i")
        self.centres = np.radians([file.matrix().ravel() for _ in range(views)])
        self.views = [self.read_view(file) for _ in range(views)]
        assert file.at == len(file.data), path

    def read_view(self, file):
        view = {"mean": file.matrix().ravel().astype(float)}
        view["deviation"] = file.matrix().ravel().astype(float)
        if self.kind == 0:
            view["bias"], view["weights"] = file.take("d"), file.matrix().astype(float)
        elif self.kind == 1:
            layers = file.take("i")
            view["activation"], view["output"] = file.take("i"), file.take("i")
            view["layers"] = [file.matrix().astype(float) for _ in range(layers)]
        else:
            view["layers"] = [self.read_layer(file) for _ in range(file.take("i"))]
        view["pixels"], view["min_x"] = file.take("i"), file.take("d")
        view["min_y"] = file.take("d")
        for key in ["destination", "triangles", "triangle_of_pixel", "mask", "alpha", "beta"]:
            view[key] = file.matrix()
        return view

    @staticmethod
    def read_layer(file):
        kind = file.take("i")
        if kind == 0:
            inputs, kernels = file.take("i"), file.take("i")
            biases = [file.take("f") for _ in range(kernels)]
            read = [[file.matrix().astype(float) for _ in range(kernels)] for _ in range(inputs)]
            return kind, biases, read
        if kind == 1:
            return kind, file.take("i")
        return kind, file.take("f"), file.matrix().astype(float)

    def view(self, angles):
        return nearest_view(self.centres, angles)

    def source_points(self, view, landmarks):
        """Unrounded source x, y of every destination pixel; NaN where there is no triangle."""
        v = self.views[view]
        owner, n = v["triangle_of_pixel"], len(landmarks) // 2
        row, column = np.mgrid[: owner.shape[0], : owner.shape[1]]
        basis = np.stack([np.ones(owner.shape), column + v["min_x"], row + v["min_y"]])
        inside = owner >= 0
        triangle = np.where(inside, owner, 0)
        corners = v["triangles"].astype(int)[triangle]
        a = np.einsum("rck,krc->rc", v["alpha"][triangle], basis)
        b = np.einsum("rck,krc->rc", v["beta"][triangle], basis)
        result = []
        for axis in range(2):
            p = landmarks[axis * n + corners]
            value = p[..., 0] + a * (p[..., 1] - p[..., 0]) + b * (p[..., 2] - p[..., 0])
            result.append(np.where(inside, value, np.nan))
        return result

    def warp(self, image, view, landmarks):
        """The warped face [row, column], 0 outside the mask; the image is 0 beyond its edges."""
        mask = self.views[view]["mask"] != 0
        x, y = self.source_points(view, landmarks)
        # OpenCV's remap holds coordinates as float32 first; the cases are kept clear of its ties.
        x, y = (np.where(mask, np.round(32 * c) / 32, 0) for c in (x, y))
        x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
        fx, fy = x - x0, y - y0
        result = np.zeros(mask.shape)
        rows, columns = image.shape
        for dy, wy in ((0, 1 - fy), (1, fy)):
            for dx, wx in ((0, 1 - fx), (1, fx)):
                r, c = y0 + dy, x0 + dx
                known = (r >= 0) & (r < rows) & (c >= 0) & (c < columns)
                value = image[np.clip(r, 0, rows - 1), np.clip(c, 0, columns - 1)]
                result += np.where(known, value, 0) * wx * wy
        return np.where(mask, result, 0)

    def features(self, view, warped):
        v = self.views[view]
        vector = warped.T[v["mask"].T != 0]
        vector = vector - vector.mean()
        vector = vector / np.sqrt((vector**2).mean())
        return (vector - v["mean"]) / v["deviation"]

    def certainty(self, view, features):
        v = self.views[view]
        if self.kind == 0:
            return float(v["weights"].ravel() @ features + v["bias"])
        if self.kind == 1:
            value = features
            for index, weights in enumerate(v["layers"]):
                last = index == len(v["layers"]) - 1
                apply = ACTIVATIONS[v["output"] if last else v["activation"]]
                value = apply(weights @ np.concatenate([[1], value]))
            return float(2 * (value[0] - 0.5))
        image = np.zeros(v["mask"].T.shape)
        image[v["mask"].T != 0] = features
        return self.network(v["layers"], [image.T])

    @staticmethod
    def network(layers, maps):
        for layer in layers:
            if layer[0] == 0:
                maps = [
                    logistic(sum(convolve(m, k[j]) for m, k in zip(maps, layer[2])) + bias)
                    for j, bias in enumerate(layer[1])
                ]
            elif layer[0] == 1:
                step = layer[1]
                box = np.full((step, step), 1 / step**2)
                maps = [convolve(m, box)[::step, ::step] for m in maps]
            else:
                vector = np.concatenate([m.T.ravel() for m in maps])
                maps = [logistic(layer[2] @ vector + layer[1]).reshape(-1, 1)]
        return float(2 * (maps[0].ravel()[0] - 0.5))

    def check(self, image, angles, landmarks):
        view = self.view(angles)
        return self.certainty(view, self.features(view, self.warp(image, view, landmarks)))


def convolve(image, kernel):
    """Valid convolution: the kernel is flipped and correlated."""
    views = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("rcij,ij->rc", views, kernel[::-1, ::-1])
