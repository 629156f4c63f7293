"""The synthetic face: landmarks, point distribution models, views and how it looks."""

import math

import numpy as np
from scipy.spatial import Delaunay

from oracle_responses import area_of_interest
from oracle_shape import PDM, rotation, similarity

SCALINGS = [0.25, 0.35, 0.5]
VIEWS_DEGREES = [(0, 0, 0), (0, -30, 0), (0, 30, 0)]
# At yaw +30 the face's left side in the image (x < 0) turns away from the camera.
HIDDEN = [[], [3, 4, 8], [0, 1, 5]]

# x, y, z in mm (z away from the camera); blob amplitude in grey levels, widths in mm, tilt in rad.
LANDMARKS = [
    (-60, -8, 26, -55, 7, 4.5, 1.4),
    (-47, 36, 14, 50, 5, 8, 0.6),
    (0, 60, 0, -60, 8, 5, 0.0),
    (47, 36, 14, -45, 5, 8, -0.6),
    (60, -8, 26, 55, 7, 4.5, 1.7),
    (-39, -43, 1, -65, 8, 4.5, -0.2),
    (-14, -46, -8, 60, 6.5, 4.5, 0.1),
    (14, -46, -8, -60, 6.5, 4.5, -0.1),
    (39, -43, 1, 65, 8, 4.5, 0.2),
    (-31, -22, 3, 60, 6, 5, 0.0),
    (31, -22, 3, -60, 6, 5, 0.0),
    (0, -20, -13, -45, 4.5, 7, 0.0),
    (0, 11, -26, 80, 6, 6, 0.0),
    (-23, 33, -4, -60, 5.5, 5, 0.3),
    (23, 33, -4, 60, 5.5, 5, -0.3),
    (0, 39, -9, -50, 7, 4.5, 0.0),
]
N = len(LANDMARKS)
VARIANCES = [420.0, 260.0, 140.0, 90.0, 45.0]
PART_VARIANCES = [60.0, 25.0]
# Points of the part (a "mouth" of six): mapped to the face's 13, 14, 15, 2 and two points between.
PART_MAPPING = [(13, 0), (14, 1), (15, 2), (2, 3)]
PART_EXTRA = [(-12, 27, -8, 55, 4, 3.5, 0.2), (12, 27, -8, -55, 4, 3.5, -0.2)]


def mean_shape(rows):
    return np.array(rows, float)[:, :3].T.ravel()


def raw_modes():
    """Movements one would recognise, before they are made orthonormal: 3n x 5."""
    modes = np.zeros((5, 3, N))
    modes[0, 1, [2, 15, 13, 14]] = [1.0, 0.9, 0.35, 0.35]  # jaw opens
    modes[1, 0] = np.array(LANDMARKS)[:, 0] / 40  # face widens
    modes[2, 1, 5:9] = [-0.8, -1, -1, -0.8]  # brows rise
    modes[3, 2, [11, 12]] = [-0.5, -1]  # nose protrudes
    modes[3, 1, 12] = 0.6
    modes[4, 0, [1, 2, 3, 13, 14, 15]] = [0.6, 1, 0.6, 0.4, 0.4, 0.5]  # jaw sideways
    return modes.reshape(5, -1).T


def rigid_directions(mean):
    """Translations, small rotations and scale of the mean, which modes should not repeat."""
    x, y, z = mean.reshape(3, -1)
    one, none = np.ones_like(x), np.zeros_like(x)
    columns = [(one, none, none), (none, one, none), (none, none, one), (none, -z, y)]
    columns += [(z, none, -x), (-y, x, none), (x, y, z)]
    return np.array([np.concatenate(c) for c in columns]).T


def orthonormal(columns, against):
    """Gram-Schmidt of columns, first against the directions given (deterministic signs)."""
    basis = []
    for index, column in enumerate(np.hstack([against, columns]).T):
        for _ in range(2):
            for unit in basis:
                column = column - (column @ unit) * unit
        basis.append(column / np.linalg.norm(column))
    return np.array(basis[against.shape[1] :]).T


def face_pdm():
    mean = mean_shape(LANDMARKS)
    modes = orthonormal(raw_modes(), rigid_directions(mean))
    return PDM(mean, np.round(modes, 12), np.array(VARIANCES))


def part_rows():
    face = [LANDMARKS[i] for i, _ in PART_MAPPING] + PART_EXTRA
    middle = np.mean([row[:3] for row in face], axis=0)
    return [(*np.round(np.array(row[:3]) - middle, 6), *row[3:]) for row in face]


def part_pdm():
    mean = mean_shape(part_rows())
    raw = np.zeros((2, 3, 6))
    raw[0, 1, [2, 3, 4, 5]] = [0.7, 1, -0.4, -0.4]
    raw[1, 0, [0, 1]] = [-1, 1]
    modes = orthonormal(raw.reshape(2, -1).T, rigid_directions(mean))
    return PDM(mean, np.round(modes, 12), np.array(PART_VARIANCES))


def render(size, g, q, with_part=False):
    """The face as floats [row, column]: a soft background and a blob a landmark."""
    height, width = size
    y, x = np.mgrid[:height, :width].astype(float)
    image = 118 + 0.08 * (x - width / 2) - 0.05 * (y - height / 2)
    rows = LANDMARKS + (PART_EXTRA if with_part else [])
    points = face_pdm().shape2d(g, q).reshape(2, N)
    if with_part:
        extra = np.array(PART_EXTRA)[:, :3].T
        turned = g[0] * (rotation(g[1:4]) @ extra)[:2] + np.array(g[4:6])[:, None]
        points = np.hstack([points, turned])
    for (px, py), (_, _, _, amplitude, wide, tall, tilt) in zip(points.T, rows):
        angle = tilt + g[3]
        u = math.cos(angle) * (x - px) + math.sin(angle) * (y - py)
        v = -math.sin(angle) * (x - px) + math.cos(angle) * (y - py)
        image += amplitude * np.exp(-0.5 * ((u / (wide * g[0])) ** 2 + (v / (tall * g[0])) ** 2))
    return image


def look(pdm, scaling, degrees, offset, with_part=False):
    """The 11 x 11 look of each landmark of pdm in the reference frame, at a view's centre."""
    g = np.array([1.0, *np.radians(degrees), 90, 90])
    image = render((180, 180), g, np.zeros(len(VARIANCES)), with_part)
    q = np.zeros(pdm.m)
    g[4:6] += (g[0] * rotation(g[1:4]) @ offset)[:2]
    shape = pdm.shape2d(g, q)
    reference = pdm.shape2d(np.array([scaling, 0, 0, 0, 0, 0]), q)
    to_image = np.linalg.inv(similarity(shape, reference))
    points = shape.reshape(2, pdm.n).T
    return [area_of_interest(image, point, to_image, 1) for point in points]


def flat_shape(pdm, degrees, scale=1.0):
    return pdm.shape2d(np.array([scale, *np.radians(degrees), 0, 0]), np.zeros(pdm.m))


def triangulate(pdm, degrees):
    """Delaunay triangles of the turned mean shape, each from its least index, in order."""
    triangles = Delaunay(flat_shape(pdm, degrees).reshape(2, -1).T).simplices.tolist()
    turned = [t[t.index(min(t)) :] + t[: t.index(min(t))] for t in triangles]
    return sorted(turned)
