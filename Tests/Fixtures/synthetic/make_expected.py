"""Writes expected.json: what the oracle computes from the tracked model and images.

usage: python3 make_expected.py            writes expected.json
       python3 make_expected.py --check    recomputes everything and compares it with the tracked
                                           files: model and images to the byte, figures to 1e-9
Cases are kept away from every point where float noise could change a decision (see MARGINS).
"""

import json
import sys

import numpy as np

import make_model
from expected_cases import MARGINS, SEED, Fixture, nudged, path
from expected_fits import FITS, fit_case, hypotheses_section, parts_section, validators_section
from expected_stages import pdm_section, responses_section, sigma_section, view_section

def plain(value):
    """Numpy to lists; an array keeps its shape, a matrix is a list of rows."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return int(value) if float(value).is_integer() else float(value)
    return value


def expected():
    f = Fixture()
    pdm = pdm_section(f)
    responses, passes = responses_section(f)
    return plain({
        "seeds": {"model": make_model.SEED, "expected": SEED},
        "margins": MARGINS,
        "pdm": pdm,
        "views": view_section(f),
        "sigmas": sigma_section(f),
        "responses": responses,
        "passes": passes,
        "fits": [nudged(lambda k, n=n: fit_case(f, n, k)) for n in FITS],
        "hypotheses": hypotheses_section(f),
        "parts": parts_section(f),
        "validators": validators_section(f),
    })  # fmt: skip


def compact(data):
    """One line a case, so that a change shows where it is."""

    def line(value):
        return json.dumps(value, separators=(",", ":"))

    def block(value):
        if isinstance(value, list):
            return "[\n" + ",\n".join(line(item) for item in value) + "\n]"
        return line(value)

    sections = []
    for key, value in data.items():
        if key == "pdm":
            inner = ",\n".join(f'"{name}":{block(item)}' for name, item in value.items())
            sections.append(f'"pdm":{{\n{inner}\n}}')
        else:
            sections.append(f'"{key}":{block(value)}')
    return "{\n" + ",\n".join(sections) + "\n}\n"


def differences(new, old, where="expected"):
    """Places where two JSON values differ by more than 1e-9 (relative above 1)."""
    if isinstance(new, dict) and isinstance(old, dict):
        if new.keys() != old.keys():
            return [f"{where}: keys {sorted(new.keys() ^ old.keys())}"]
        return [d for key in new for d in differences(new[key], old[key], f"{where}.{key}")]
    if isinstance(new, list) and isinstance(old, list):
        if len(new) != len(old):
            return [f"{where}: {len(new)} against {len(old)} elements"]
        pairs = enumerate(zip(new, old))
        return [d for i, (a, b) in pairs for d in differences(a, b, f"{where}[{i}]")]
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (new, old))
    if numbers:
        same = abs(new - old) <= 1e-9 * max(1, abs(old))
    else:
        same = new == old
    return [] if same else [f"{where}: {new} against {old}"]


def check():
    found = []
    for name, data in make_model.make().items():
        with open(path(name), "rb") as file:
            if file.read() != data:
                found.append(f"{name}: other bytes")
    with open(path("expected.json")) as file:
        found += differences(expected(), json.load(file))
    for text in found[:40]:
        print(text)
    print(f"{len(found)} differences")
    return 1 if found else 0


def main():
    if sys.argv[1:] == ["--check"]:
        sys.exit(check())
    if sys.argv[1:]:
        sys.exit(__doc__)
    text = compact(expected())
    with open(path("expected.json"), "w") as file:
        file.write(text)


if __name__ == "__main__":
    main()
