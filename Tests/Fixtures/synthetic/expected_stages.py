"""Cases of the single stages: shape model, views, Sigma, responses, passes."""

import numpy as np

import oracle
from expected_cases import (
    DEGREE,
    SEED,
    flat_patches,
    nudged,
    require,
    require_maps,
    require_pass,
    require_view,
    vector,
)
from oracle_responses import Responses
from oracle_shape import rotation


def pdm_section(f):
    sets = []
    starts = [
        ((1.2, 0.1, -0.2, 0.05, 64, 60), (0, 0, 0, 0, 0), (0.05, 0.04, -0.03, 0.02, 1.5, -2), 5),
        ((0.7, -0.3, 0.5, 0.2, 40, 52), (20, -15, 10, -8, 6), (-0.1, 0.3, 0.2, -0.25, 3, 4), 40),
        ((2.5, 1.45, -0.3, -0.6, 90, 20), (-40, 30, 9, 20, -15), (0.2, 0.3, 0.05, 0.1, 0, 1), 60),
        ((0.31, -0.7, -1.1, 1.2, 20, 31), (50, 40, -30, 25, -19), (0, -0.2, -0.1, 0.4, -1, 0), 30),
    ]
    for g, q, delta, spread in starts:
        g, q = vector(g), vector(q)
        delta = np.concatenate([delta, spread * f.random.uniform(-1, 1, f.pdm.m)])
        entry = {"params_global": g, "params_local": q, "shape3d": f.pdm.shape3d(q)}
        entry.update(shape2d=f.pdm.shape2d(g, q), rotation=rotation(g[1:4]))
        entry.update(jacobian=f.pdm.jacobian(g, q), rigid_jacobian=f.pdm.jacobian(g, q, True))
        updated = f.pdm.update(g, q, delta)
        clamped = f.pdm.clamp(*updated)
        entry.update(delta=delta, updated_global=updated[0], updated_local=updated[1])
        entry.update(clamped_global=clamped[0], clamped_local=clamped[1])
        rigid, _ = f.pdm.update(g, q, delta[:6])
        sets.append(dict(entry, rigid_updated_global=rigid))
    boxes = []
    for box, angles, q in [
        ((20, 15, 90, 95), (0, 0, 0), (0, 0, 0, 0, 0)),
        ((-5.5, 30, 70, 66), (0, 30 * DEGREE, 0), (0, 0, 0, 0, 0)),
        ((40, 10, 110, 140), (-30 * DEGREE, 0.1, -0.2), (15, -20, 10, 5, -3)),
    ]:
        boxes.append({"box": box, "rotation_euler": angles, "params_local": q})
        boxes[-1]["params_global"] = f.pdm.from_box(box, vector(q), angles)
    fits = nudged(lambda k: landmark_fits(f, k))
    return {"sets": sets, "from_box": boxes, "from_landmarks": fits}


def landmark_fits(f, k):
    random = np.random.Generator(np.random.PCG64([SEED, 1, k]))
    n, fits = f.pdm.n, []
    g, q = vector((1.1, 0.12, -0.3, 0.15, 70, 61)), vector((15, -12, 9, 6, -5))
    exact = f.pdm.shape2d(g, q)
    noisy = exact + random.uniform(-1.5, 1.5, 2 * n)
    first, scattered = noisy.copy(), exact.copy()
    first[[0, 1, 2, n, n + 1, n + 2]] = 0
    scattered[[3, 7, 12, n + 3, n + 7, n + 12]] = 0
    cases = [("exact", exact), ("noise", noisy), ("first_missing", first)]
    cases.append(("scattered_missing", scattered))
    for name, landmarks in cases:
        for reference_box in (False, True) if "missing" in name else (False,):
            g, q, steps, ratios = f.pdm.from_landmarks(landmarks, reference_box)
            require(np.abs(np.array(ratios) - 0.999).min(), "failure_ratio")
            entry = {"name": name, "reference_box": reference_box, "landmarks": landmarks}
            entry.update(params_global=g, params_local=q, steps=steps)
            fits.append(dict(entry, shape2d=f.pdm.shape2d(g, q)))
    return fits


AREA_LANDMARKS = [0, 4, 12]
NONE = (0, 0, 0, 0, 0, 0)
NEAR = (0.03, 0.02, -0.04, 0.05, 2.6, -1.9)
FAR = (-0.04, -0.05, 0.06, -0.08, 4.4, 3.7)
AWAY = (0.02, 0.03, -0.02, 0.04, 5.4, -4.7)
# name: image, scale, window, displacement, factor of the true q (or its signs, when it starts
# close to the clamp's limits, which its full pass then reaches), then the passes' settings
# (sigma, reg, weight, iterations, tabulated) or None. The passes start from the maps' parameters,
# but for the cases in STARTS_AWAY, whose first offsets so lie outside the window.
CASES = {
    "frontal_w11_no_edges": ("frontal", 0, 11, FAR, 0.3, (1.5, 25, 0, 5, False)),
    "frontal_w7_edges": ("frontal", 2, 7, NEAR, 0.6, (1.75, 10, 0, 5, True)),
    "right_w9_listed_empty": ("turned_right", 1, 9, NEAR, 0.2, (1.37, 27.7, 4.9, 5, False)),
    "left_w5_edges": ("turned_left", 0, 5, NEAR, 0.5, (1.5, 25, 2.5, 3, True)),
    "left_w5_clamped": ("turned_left", 0, 5, NEAR, (-1, 1, 1, 1, -1), (1.5, 0.001, 2.5, 3, True)),
    "border_w5_edges": ("border", 2, 5, FAR, 0.0, (1.75, 10, 0, 3, False)),
    "border_w5_tabulated": ("border", 2, 5, FAR, 0.0, (1.75, 10, 0, 3, True)),
    "border_w9_no_edges": ("border", 0, 9, NEAR, 0.4, None),
    "right_w7_edges": ("turned_right", 0, 7, NEAR, 0.4, None),
    "silent_expert_w7_edges": ("frontal", 1, 7, NONE, 1.0, (1.62, 17.7, 0, 2, False)),
}
STARTS_AWAY = ["border_w5_edges", "border_w5_tabulated"]


def responses_section(f):
    built = [nudged(lambda k, n=name: response_case(f, n, k)) for name in CASES]
    return [case for case, _ in built], [p for _, p in built if p is not None]


def response_case(f, name, k):
    image, scale_index, window, shift, factor, settings = CASES[name]
    near_limits = isinstance(factor, tuple)
    g, q = f.displaced(image, shift, 1.0 if near_limits else factor, k)
    if near_limits:
        q = 0.97 * 3 * np.sqrt(f.pdm.variances) * vector(factor)
    maps = Responses(f.model, scale_index, f.images[image], g, q, window)
    require_maps(maps, g[1:4])
    case = {"name": name, "image": f.truth[image]["image"], "scale_index": scale_index}
    case.update(window=window, params_global=g, params_local=q, view=maps.view, base=maps.base)
    case.update(to_reference=maps.to_reference, to_image=maps.to_image)
    case.update(component_count=len(maps.components), visible=maps.visible.astype(int))
    chosen = [i for i in AREA_LANDMARKS if maps.visible[i]]
    case["areas"] = [
        {"landmark": i, "area": maps.areas[i], "neuron_sum": maps.sums[i]} for i in chosen
    ]
    case["responses"] = [[] if response is None else response for response in maps.maps]
    case["flat_patches"] = flat_patches(maps)
    if settings is None:
        return case, None
    if name in STARTS_AWAY:
        g = g + vector(AWAY)
    keys = ["sigma", "reg", "weight", "iterations", "tabulated"]
    return case, pass_case(f, name, maps, g, q, dict(zip(keys, settings)))


def pass_case(f, name, maps, g, q, settings):
    result = {"name": name, **settings, "params_global_start": g, "params_local_start": q}
    result["passes"] = []
    for rigid in (True, False):
        g, q, trace = oracle.fit_pass(f.pdm, maps, g, q, settings, rigid)
        require_pass(trace, maps, settings["tabulated"])
        entry = {"rigid": rigid, "stopped": trace["stopped"], "likelihood": trace["likelihood"]}
        entry["landmark_likelihoods"] = trace["landmark_likelihoods"]
        result["passes"].append(dict(entry, iterations=trace["iterations"]))
    result["offsets_outside_window"] = sum(
        int(((record["offsets"] < 0) | (record["offsets"] > maps.window - 0.1)).sum())
        for entry in result["passes"]
        for record in entry["iterations"]
    )
    return result


def sigma_section(f):
    entries = []
    for scale_index, view, landmark, window in [
        (0, 0, 12, 5), (2, 1, 2, 5), (0, 2, 6, 7), (1, 0, 3, 7), (1, 0, 11, 7),
        (1, 0, 3, 9), (0, 0, 12, 11),
    ]:  # fmt: skip
        scale = f.model.scales[scale_index]
        expert = scale.experts[view][landmark]
        components = scale.components.get(window, [])
        sigma = expert.sigma(window, components)
        rows = list(range(len(sigma))) if window == 5 else [0, window + 1, len(sigma) // 2]
        entry = {"scale_index": scale_index, "view": view, "landmark": landmark}
        entry.update(window=window, component_count=len(components), alphas=expert.alphas)
        entry.update(betas=expert.betas, rows=rows)
        entries.append(dict(entry, values=sigma[rows] if components else [], diagonal=sigma[0, 0]))
    return entries


def view_section(f):
    entries = []
    for degrees in [
        (0, 0, 0), (3, 14.5, -20), (3, 15.5, -20), (-12, -16, 5), (40, -14, 0), (0, 80, 0),
        (25, -60, 30),
    ]:  # fmt: skip
        angles = np.radians(degrees)
        for scale in f.model.scales:
            require_view(scale, angles)
        entry = {"rotation_euler": angles, "view": f.model.scales[0].view(angles)}
        entries.append(dict(entry, validator_view=f.model.validator.view(angles)))
    return entries
