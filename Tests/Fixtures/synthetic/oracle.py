"""Independent numpy statement of a constrained local neural field (CLNF) face fitter.

Everything is computed in float64 in the plainest way; speed is no concern. It is the second
opinion that the Swift code is tested against, so it shares nothing with it.

Sources: Saragih, Lucey, Cohn, "Deformable Model Fitting by Regularized Landmark Mean-Shift",
IJCV 2011; Baltrusaitis, Robinson, Morency, "Constrained Local Neural Fields for robust facial
landmark detection in the wild", ICCVW 2013.

Conventions: image x right, y down, (0, 0) the centre of the top left pixel. Points are stacked
[x0.., y0..(, z0..)]. Global parameters are (s, rx, ry, rz, tx, ty): px/mm, radians, px.
Images and windows are indexed [row, column].
"""

import math
import os

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from model_files import directives
from oracle_responses import PatchScale, Responses
from oracle_shape import PDM
from oracle_validator import Validator

INVISIBLE_LIKELIHOOD = -1e8


class Model:
    def __init__(self, main_path):
        self.parts, self.validator, detector = [], None, None
        folder = os.path.dirname(main_path)
        for key, values in directives(main_path):
            if key == "LandmarkDetector":
                detector = os.path.join(folder, values[0])
            elif key == "LandmarkDetector_part":
                pairs = np.array(values[2:], int).reshape(-1, 2)
                self.parts.append((os.path.join(folder, values[0]), values[1], pairs))
            elif key == "DetectionValidator":
                self.validator = Validator(os.path.join(folder, values[0]))
        folder, self.scales = os.path.dirname(detector), []
        for key, values in directives(detector):
            path = os.path.join(folder, values[0])
            if key == "PDM":
                self.pdm = PDM.read(path)
            elif key == "PatchesCCNF":
                self.scales.append(PatchScale(path))


def clamp_offset(offset, window):
    return min(max(offset, 0.0), window - 0.1)


def kde_weights(response, dx, dy, sigma):
    row, column = np.mgrid[: len(response), : len(response)]
    return response * np.exp(-((dx - column) ** 2 + (dy - row) ** 2) / (2 * sigma**2))


def mean_shift(response, dx, dy, sigma, tabulated):
    """(x, y) in reference px; 0 where the response is 0 everywhere."""
    window = len(response)
    dx, dy = clamp_offset(dx, window), clamp_offset(dy, window)
    at_x, at_y = dx, dy
    if tabulated:
        at_x, at_y = math.floor(10 * dx + 0.5) / 10, math.floor(10 * dy + 0.5) / 10
    weights = kde_weights(response, at_x, at_y, sigma)
    if weights.sum() == 0:
        return 0.0, 0.0
    row, column = np.mgrid[:window, :window]
    total = weights.sum()
    return (weights * column).sum() / total - dx, (weights * row).sum() / total - dy


def fit_pass(pdm, maps, g, q, settings, rigid):
    """One NU-RLMS pass from (g, q). settings: sigma, reg, weight, iterations, tabulated.

    Returns g, q and a trace: its iterations, the landmarks' likelihoods and the model's.
    """
    n, sigma = pdm.n, settings["sigma"]
    both = np.concatenate([maps.visible, maps.visible])
    weight = np.ones(2 * n)
    if settings["weight"] > 0:
        weight = settings["weight"] * np.concatenate([maps.confidences()] * 2)
    prior = np.zeros(6 if rigid else 6 + pdm.m)
    if not rigid:
        prior[6:] = settings["reg"] / pdm.variances
    trace, previous, offsets = {"iterations": [], "steps": [], "stopped": False}, None, None
    for _ in range(settings["iterations"]):
        shape = pdm.shape2d(g, q)
        if previous is not None:
            trace["steps"].append(float(np.linalg.norm(shape - previous)))
            if trace["steps"][-1] < 0.01:
                trace["stopped"] = True
                break
        previous = shape
        moved = (shape - maps.base).reshape(2, n)
        offsets = maps.to_reference @ moved + (maps.window - 1) / 2
        shift = np.zeros((2, n))
        for i in np.flatnonzero(maps.visible):
            shift[:, i] = mean_shift(
                maps.maps[i], offsets[0, i], offsets[1, i], sigma, settings["tabulated"]
            )
        shift_image = (maps.to_image @ shift).ravel()
        jacobian = pdm.jacobian(g, q, rigid) * both[:, None]
        weighted = jacobian.T * weight
        pull = np.zeros(6) if rigid else np.concatenate([np.zeros(6), q])
        right = weighted @ shift_image - prior * pull
        hessian = weighted @ jacobian + np.diag(prior)
        delta = cho_solve(cho_factor(hessian), right)
        record = {"params_global": g, "params_local": q, "offsets": offsets.ravel()}
        record.update(mean_shift=shift.ravel(), mean_shift_image=shift_image, rhs=right)
        record.update(hessian=hessian, update=delta)
        g, q = pdm.clamp(*pdm.update(g, q, delta))
        record.update(params_global_after=g, params_local_after=q)
        trace["iterations"].append(record)
    likelihoods = np.full(n, INVISIBLE_LIKELIHOOD)
    for i in np.flatnonzero(maps.visible):
        likelihoods[i] = kde_weights(maps.maps[i], *offsets[:, i], sigma).sum()
    trace["landmark_likelihoods"] = likelihoods
    trace["likelihood"] = float(np.log(likelihoods[maps.visible] + 1e-8).mean())
    return g, q, trace


def settings_at(scaling, start, refine):
    """The settings of a scale; start: sigma, reg, weight, iterations, tabulated."""
    if not refine:
        return dict(start)
    octaves = math.log2(scaling / 0.25)
    return dict(
        start,
        reg=max(start["reg"] - 15 * octaves, 0.001),
        sigma=start["sigma"] + 0.25 * octaves,
        weight=start["weight"] * (1 + 2 * octaves),
    )


def fit(model, image, g, q, windows, start, refine=True):
    """A whole fit over the model's scales. Returns g, q and a report.

    Windows answer to scales position by position (missing = 0, further ones unused).
    """
    scales, report = [], {"succeeded": True, "likelihood": None, "landmark_likelihoods": None}
    for index, scale in enumerate(model.scales):
        window = windows[index] if index < len(windows) else 0
        entry = {"scale_index": index, "window": window, "skipped": None}
        scales.append(entry)
        if window == 0 or 0.9 * scale.scaling > g[0]:
            entry["skipped"] = "window" if window == 0 else "scale"
            continue
        settings = settings_at(scale.scaling, start, refine)
        maps = Responses(model, index, image, g, q, window)
        entry.update(view=maps.view, sigma=settings["sigma"], reg=settings["reg"])
        entry.update(weight=settings["weight"], params_global_before=g, params_local_before=q)
        g, q, rigid = fit_pass(model.pdm, maps, g, q, settings, True)
        entry.update(params_global_after_rigid=g)
        g, q, full = fit_pass(model.pdm, maps, g, q, settings, False)
        entry.update(params_global_after=g, params_local_after=q)
        entry.update(likelihood=full["likelihood"])
        entry.update(rigid_iterations=len(rigid["iterations"]), rigid_stopped=rigid["stopped"])
        entry.update(full_iterations=len(full["iterations"]), full_stopped=full["stopped"])
        entry["traces"] = (maps, rigid, full)
        report["likelihood"] = full["likelihood"]
        report["landmark_likelihoods"] = full["landmark_likelihoods"]
        if g[0] < 0.25:
            report["succeeded"] = False
            break
    report["scales"] = scales
    return g, q, report


HYPOTHESES = [(0, 0, 0), (0, -30, 0), (0, 30, 0), (-30, 0, 0), (30, 0, 0)]


def fit_hypotheses(model, image, box, windows, start, refine=True):
    """A fit from the box with each of five rotations (degrees); the best likelihood wins."""
    fits = []
    for degrees in HYPOTHESES:
        q = np.zeros(model.pdm.m)
        g = model.pdm.from_box(box, q, np.radians(degrees))
        fits.append((g, *fit(model, image, g, q, windows, start, refine)))
    scores = [-math.inf if f[3]["likelihood"] is None else f[3]["likelihood"] for f in fits]
    return fits, int(np.argmax(scores))
