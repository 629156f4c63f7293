"""The oracle's geometry: rotations, similarities, and the point distribution model."""

import math

import numpy as np

from model_files import text_tokens


class PDM:
    """Point distribution model: mean (3n), modes V (3n x m), variances (m)."""

    def __init__(self, mean, modes, variances):
        self.mean, self.modes, self.variances = mean, modes, variances
        self.n, self.m = len(mean) // 3, len(variances)

    @staticmethod
    def read(path):
        tokens = iter(text_tokens(path))
        matrices = []
        for _ in range(3):
            rows, columns, _ = int(next(tokens)), int(next(tokens)), int(next(tokens))
            values = [float(next(tokens)) for _ in range(rows * columns)]
            matrices.append(np.array(values).reshape(rows, columns))
        return PDM(matrices[0].ravel(), matrices[1], matrices[2].ravel())

    def shape3d(self, q):
        return self.mean + self.modes @ q

    def shape2d(self, g, q):
        return self.project(g, self.shape3d(q))

    def project(self, g, shape):
        turned = rotation(g[1:4]) @ shape.reshape(3, self.n)
        return np.concatenate([g[0] * turned[0] + g[4], g[0] * turned[1] + g[5]])

    def jacobian(self, g, q, rigid=False):
        """2n x (6 + m), or 2n x 6; rotations are small angles about the current rotation."""
        n, s, turn = self.n, g[0], rotation(g[1:4])
        x, y, z = self.shape3d(q).reshape(3, n)
        modes = self.modes.reshape(3, n, self.m)
        jacobian = np.zeros((2 * n, 6 + self.m))
        for axis in range(2):
            r, rows = turn[axis], slice(axis * n, (axis + 1) * n)
            jacobian[rows, 0] = r[0] * x + r[1] * y + r[2] * z
            jacobian[rows, 1] = s * (y * r[2] - z * r[1])
            jacobian[rows, 2] = -s * (x * r[2] - z * r[0])
            jacobian[rows, 3] = s * (x * r[1] - y * r[0])
            jacobian[rows, 4 + axis] = 1
            jacobian[rows, 6:] = s * np.einsum("c,cnm->nm", r, modes)
        return jacobian[:, :6] if rigid else jacobian

    def update(self, g, q, delta):
        """Adds delta (6, or 6 + m) to the parameters; rotations are composed."""
        g, q = g.copy(), q.copy()
        g[0] += delta[0]
        g[4:6] += delta[4:6]
        wx, wy, wz = delta[1:4]
        small = np.array([[1, -wz, wy], [wz, 1, -wx], [-wy, wx, 1]])
        u, _, vt = np.linalg.svd(small)
        nearest = u @ np.diag([1, 1, np.linalg.det(u @ vt)]) @ vt
        g[1:4] = euler(rotation(g[1:4]) @ nearest)
        if len(delta) > 6:
            q = q + delta[6:]
        return g, q

    def clamp(self, g, q):
        limit = 3 * np.sqrt(self.variances)
        g = g.copy()
        g[1:4] = np.clip(g[1:4], -math.pi / 2, math.pi / 2)
        return g, np.clip(q, -limit, limit)

    def from_box(self, box, q, angles):
        """Parameters whose 2D extents fit box (x, y, w, h) at the given q and Euler angles."""
        x, y, width, height = box
        flat = self.shape2d(np.array([1, *angles, 0, 0], float), q).reshape(2, self.n)
        low, high = flat.min(1), flat.max(1)
        s = (width / (high[0] - low[0]) + height / (high[1] - low[1])) / 2
        middle = s * (low + high) / 2
        return np.array([s, *angles, x + width / 2 - middle[0], y + height / 2 - middle[1]])

    def from_landmarks(self, landmarks, reference_box=False):
        """Parameters from 2D landmarks; a point whose x is exactly 0 is missing.

        reference_box copies a defect of the toolkit: with nv visible points, the start's box is
        taken over entries 0 ..< nv (x) and nv ..< 2 nv (y) of the 2n vector.
        Returns g, q, the number of steps and the error ratios (for the margins of a test).
        """
        n = self.n
        visible = landmarks[:n] != 0
        both, count = np.concatenate([visible, visible]), int(visible.sum())
        if reference_box:
            xs, ys = landmarks[:count], landmarks[count : 2 * count]
        else:
            xs, ys = landmarks[:n][visible], landmarks[n:][visible]
        mean = self.mean.reshape(3, n)[:, visible]
        width, height = np.ptp(xs), np.ptp(ys)
        s = (width / np.ptp(mean[0]) + height / np.ptp(mean[1])) / 2
        g = np.array([s, 0, 0, 0, (xs.min() + xs.max()) / 2, (ys.min() + ys.max()) / 2])
        q = np.zeros(self.m)
        prior = np.concatenate([np.zeros(6), 1 / self.variances])
        error = np.linalg.norm((landmarks - self.shape2d(g, q))[both])
        failures, steps, ratios = 0, 0, []
        while steps < 1000 and failures < 5:
            shape = self.shape3d(q)
            residual = (landmarks - self.project(g, shape)) * both
            jacobian = self.jacobian(g, q) * both[:, None]
            right = jacobian.T @ residual - prior * np.concatenate([np.zeros(6), q])
            delta = np.linalg.solve(jacobian.T @ jacobian + np.diag(prior), right)
            g, q = self.update(g, q, 0.5 * delta)
            steps += 1
            next_error = np.linalg.norm((landmarks - self.project(g, shape))[both])
            ratios.append(next_error / error)
            failures += next_error > 0.999 * error
            error = next_error
        return g, q, steps, ratios


def rotation(angles):
    """R = Rx Ry Rz."""
    (s1, s2, s3), (c1, c2, c3) = np.sin(angles), np.cos(angles)
    x = np.array([[1, 0, 0], [0, c1, -s1], [0, s1, c1]])
    y = np.array([[c2, 0, s2], [0, 1, 0], [-s2, 0, c2]])
    z = np.array([[c3, -s3, 0], [s3, c3, 0], [0, 0, 1]])
    return x @ y @ z


def euler(r):
    """Euler angles of R = Rx Ry Rz, through a unit quaternion (rotations below 180 degrees)."""
    w = math.sqrt(max(1 + np.trace(r), 0)) / 2
    v = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]]) / (4 * w)
    w, x, y, z = np.array([w, *v]) / math.sqrt(w * w + v @ v)
    return np.array(
        [
            math.atan2(2 * (w * x - y * z), w * w - x * x - y * y + z * z),
            math.asin(min(max(2 * (x * z + w * y), -1), 1)),
            math.atan2(2 * (w * z - x * y), w * w + x * x - y * y - z * z),
        ]
    )


def nearest_view(centres, angles):
    return int(np.argmin(np.linalg.norm(centres - np.asarray(angles), axis=1)))


def similarity(source, target):
    """A (2 x 2, scale times rotation): least-squares from source to target, means removed."""
    a = source.reshape(2, -1).T
    b = target.reshape(2, -1).T
    a, b = a - a.mean(0), b - b.mean(0)
    size_a, size_b = np.sqrt((a**2).mean(0).sum()), np.sqrt((b**2).mean(0).sum())
    u, _, vt = np.linalg.svd((a / size_a).T @ (b / size_b))
    fix = np.diag([1, np.linalg.det(vt.T @ u.T)])
    return size_b / size_a * (vt.T @ fix @ u.T)
