"""Cases of whole fits: over scales, from five rotations, of a part; and of the validators."""

import numpy as np

import oracle
from expected_cases import nudged, require, require_fit, validator, vector


VIDEO = {"sigma": 1.5, "reg": 25, "weight": 0, "iterations": 5}
WILD = {"sigma": 1.25, "reg": 35, "weight": 2.5, "iterations": 10}
LONG = {"sigma": 1.5, "reg": 25, "weight": 0, "iterations": 30}
NEAR = (0.03, 0.02, -0.04, 0.05, 2.6, -1.9)
# name: image, start (box or displacement), windows, settings, refine, tabulated
FITS = {
    "first_exact": ("frontal", "box", [11, 9, 7, 5], VIDEO, True, False),
    "first_tabulated": ("frontal", "box", [11, 9, 7, 5], VIDEO, True, True),
    "tracking_exact": ("turned_right", NEAR, [0, 9, 7], VIDEO, True, False),
    "tracking_tabulated": ("turned_left", NEAR, [0, 9, 7], VIDEO, True, True),
    "border_exact": ("border", NEAR, [11, 9, 7], VIDEO, True, False),
    "weighted_exact": ("turned_left", NEAR, [11, 9, 7], WILD, True, False),
    "until_it_stops": ("frontal", NEAR, [11, 9, 7], LONG, True, False),
    "not_refined": ("turned_right", NEAR, [9, 7, 5], WILD, False, False),
    "small_skips_scales": ("small", "box", [11, 9, 7], VIDEO, True, False),
    "too_small_fails": ("tiny", "box", [11, 9, 7], VIDEO, True, False),
    "large_exact": ("large", "box", [11, 9, 7], VIDEO, True, False),
}


def box_of(f, name):
    """A detector-like box of the true landmarks, a little off."""
    x, y = vector(f.truth[name]["landmarks"]).reshape(2, -1)
    factor = np.ptp(x) / 100
    return [
        float(round(v, 3))
        for v in (x.min() + 3 * factor, y.min() - 2 * factor, np.ptp(x) * 1.04, np.ptp(y) * 0.97)
    ]


def fit_case(f, name, k):
    image, start, windows, settings, refine, tabulated = FITS[name]
    settings = dict(settings, tabulated=tabulated)
    entry = {"name": name, "image": f.truth[image]["image"], "windows": windows, "refine": refine}
    entry["settings"] = settings
    if start == "box":
        box = vector(box_of(f, image)) + k * vector([0.013, 0.007, 0, 0])
        q = np.zeros(f.pdm.m)
        g = f.pdm.from_box(box, q, (0, 0, 0))
        entry["box"] = box
    else:
        g, q = f.displaced(image, start, 0.5, k)
    entry.update(params_global_start=g, params_local_start=q)
    entry.update(fit_result(f, image, g, q, windows, settings, refine))
    return entry


def fit_result(f, image, g, q, windows, settings, refine):
    start = f.pdm.shape2d(g, q)
    g, q, report = oracle.fit(f.model, f.images[image], g, q, windows, settings, refine)
    require_fit(report, settings["tabulated"], f.model.scales)
    shape = f.pdm.shape2d(g, q)
    entry = {"params_global": g, "params_local": q, "landmarks": shape}
    entry["succeeded"] = report["succeeded"]
    entry.update(likelihood=report["likelihood"])
    entry["landmark_likelihoods"] = report["landmark_likelihoods"]
    entry["mean_error_to_truth_px_start_end"] = [mean_error(f, image, s) for s in (start, shape)]
    entry["scales"] = [
        {key: value for key, value in scale.items() if key != "traces"}
        for scale in report["scales"]
    ]
    return entry


def mean_error(f, image, shape):
    apart = (shape - vector(f.truth[image]["landmarks"])).reshape(2, -1)
    return float(np.hypot(*apart).mean())


def hypotheses_section(f):
    cases = []
    for image, windows in (("turned_right", [11, 9, 7]), ("turned_left", [9, 0, 0])):
        cases.append(nudged(lambda k: hypotheses_case(f, image, windows, k)))
    return cases


def hypotheses_case(f, image, windows, k):
    settings = dict(VIDEO, tabulated=False)
    box = vector(box_of(f, image)) + k * vector([0.013, 0.007, 0, 0])
    fits, best = oracle.fit_hypotheses(f.model, f.images[image], box, windows, settings)
    scores = sorted(fit[3]["likelihood"] for fit in fits)
    require(scores[-1] - scores[-2], "likelihood")
    case = {"image": f.truth[image]["image"], "box": box, "windows": windows, "refine": True}
    case.update(settings=settings, best=best, fits=[])
    for degrees, (start, g, q, report) in zip(oracle.HYPOTHESES, fits):
        require_fit(report, False, f.model.scales)
        entry = {"rotation_degrees": degrees, "params_global_start": start, "params_global": g}
        entry.update(params_local=q, likelihood=report["likelihood"])
        entry["mean_error_to_truth_px"] = mean_error(f, image, f.pdm.shape2d(g, q))
        case["fits"].append(dict(entry, succeeded=report["succeeded"]))
    return case


def parts_section(f):
    """Section "parts": the mouth fitted from a face's landmarks, and the face made afresh."""
    cases = []
    file, name, pairs = f.model.parts[0]
    part = oracle.Model(file)
    settings = {"sigma": 1.75, "reg": 2.5, "weight": 2.5, "iterations": 5, "tabulated": False}
    for image in ("large", "frontal"):
        g, q = f.true_params(image)
        g = g + vector([0, 0.01, -0.02, 0.01, 1.2, -0.8])
        landmarks = f.pdm.shape2d(g, q)
        handed = np.zeros(2 * part.pdm.n)
        for face_index, part_index in pairs:
            handed[part_index] = landmarks[face_index]
            handed[part.pdm.n + part_index] = landmarks[f.pdm.n + face_index]
        part_g, part_q, steps, ratios = part.pdm.from_landmarks(handed)
        require(np.abs(np.array(ratios) - 0.999).min(), "failure_ratio")
        case = {"name": name, "image": f.truth[image]["image"], "windows": [5]}
        case.update(settings=settings, refine=False, face_params_global=g, face_params_local=q)
        case.update(face_landmarks=landmarks, part_landmarks_in=handed, part_steps=steps)
        case.update(part_params_global_start=part_g, part_params_local_start=part_q)
        case["fitted"] = bool(g[0] > 0.9 * part.scales[0].scaling)
        if case["fitted"]:
            fitted = oracle.fit(part, f.images[image], part_g, part_q, [5], settings, False)
            part_g, part_q, report = fitted
            require_fit(report, False, part.scales)
            shape = part.pdm.shape2d(part_g, part_q)
            for face_index, part_index in pairs:
                landmarks[face_index] = shape[part_index]
                landmarks[f.pdm.n + face_index] = shape[part.pdm.n + part_index]
            case["likelihood"] = report["likelihood"]
            case["face_landmarks_written"] = landmarks.copy()
            g, q, _, ratios = f.pdm.from_landmarks(landmarks)
            require(np.abs(np.array(ratios) - 0.999).min(), "failure_ratio")
            landmarks = f.pdm.shape2d(g, q)
        case.update(part_params_global=part_g, part_params_local=part_q)
        case.update(face_params_global_after=g, face_params_local_after=q)
        cases.append(dict(case, face_landmarks_after=landmarks))
        cases[-1]["face_landmarks"] = f.pdm.shape2d(
            case["face_params_global"], case["face_params_local"]
        )
    return cases


VALIDATORS = ["linear", "net_tanh", "net_logistic", "cnn"]
# name: image, shift of the true landmarks in px
LOOKS = {
    "frontal": ("frontal", (0, 0)),
    "right": ("turned_right", (0, 0)),
    "off": ("frontal", (15, 11)),
    "partly_outside": ("border", (-14, -9)),
    "outside_far_corner": ("turned_right", (38, 31)),
}


def validators_section(f):
    return [nudged(lambda k, n=n: validator_case(f, n, k), 4000) for n in LOOKS]


def validator_case(f, name, k):
    image, shift = LOOKS[name]
    pixels, n = f.images[image], f.pdm.n
    moved = np.repeat(vector(shift), n) + k * np.repeat([0.00371, 0.00253], n)
    landmarks = vector(f.truth[image]["landmarks"]) + moved
    angles = vector(f.truth[image]["params_global"])[1:4]
    first = validator(VALIDATORS[0])
    view = first.view(angles)
    mask = first.views[view]["mask"] != 0
    sources = [axis[mask] for axis in first.source_points(view, landmarks)]
    for axis in sources:
        require(np.abs((32 * axis) % 1 - 0.5).min(), "remap_32nds")
    height, width = pixels.shape
    outside = (sources[0] < 0) | (sources[0] > width - 1)
    outside |= (sources[1] < 0) | (sources[1] > height - 1)
    case = {"name": name, "image": f.truth[image]["image"], "rotation_euler": angles}
    case.update(landmarks=landmarks, view=view, pixels_outside_image=int(outside.sum()))
    case["warped"] = first.warp(pixels, view, landmarks)
    case["classifiers"] = {}
    for kind in VALIDATORS:
        read = validator(kind)
        features = read.features(view, read.warp(pixels, view, landmarks))
        entry = {"certainty": read.certainty(view, features)}
        entry["features"] = features if name == "frontal" or kind == "cnn" else features[:12]
        case["classifiers"][kind] = entry
    return case
