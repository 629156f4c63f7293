#!/usr/bin/env python3
"""Collects the libraries that a program needs, and checks that a folder has all of them.

    scripts/packages/libraries.py collect PROGRAM LIB LICENCES FOLDER...
    scripts/packages/libraries.py check PROGRAM LIB

`collect` copies what PROGRAM needs, directly and through others, into LIB; FOLDERs are looked into
first, then the system's. What every system with glibc has is left out. LICENCES gets packages.txt,
with the Debian package and version of each library, and a folder a package with its copyright file.

`check` ends with status 1 if anything that PROGRAM or a library of LIB needs is neither in LIB nor
of glibc, if the loader takes one from elsewhere, or if a newer glibc than 2.36 is asked for.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

_SYSTEM = (pathlib.Path("/usr/lib/x86_64-linux-gnu"), pathlib.Path("/lib/x86_64-linux-gnu"))
# glibc's own, which belong to the system's loader.
_GLIBC = {
    "ld-linux-x86-64.so.2", "libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1",
    "libresolv.so.2", "libutil.so.1", "libanl.so.1", "linux-vdso.so.1",
}
_GLIBC_AT_MOST = (2, 36)
_COMMON = pathlib.Path("/usr/share/common-licenses")


def _said(*command: object, environment: dict | None = None) -> str:
    return subprocess.run(
        list(map(str, command)), check=True, capture_output=True, text=True, env=environment).stdout


def needed(file: pathlib.Path) -> list[str]:
    """What the file asks the loader for, without glibc's."""
    names = re.findall(r"\(NEEDED\).*\[(.+)\]", _said("readelf", "-d", file))
    return [name for name in names if name not in _GLIBC]


def _found(name: str, folders: list[pathlib.Path]) -> pathlib.Path:
    for folder in [*folders, *_SYSTEM]:
        if (folder / name).exists():
            return folder / name
    sys.exit(f"{name} is in none of {', '.join(map(str, [*folders, *_SYSTEM]))}")


def _owner(file: pathlib.Path) -> str:
    """The Debian package of a system's file, whichever of /lib and /usr/lib it was packed under."""
    real = file.resolve()
    for path in (real, pathlib.Path(str(real).removeprefix("/usr"))):
        run = subprocess.run(["dpkg-query", "-S", str(path)], capture_output=True, text=True)
        if run.returncode == 0:
            return run.stdout.split(": ")[0].split(",")[0]
    sys.exit(f"{file} belongs to no package: its licence is not known")


def collect(program: pathlib.Path, lib: pathlib.Path, licences: pathlib.Path, folders: list[pathlib.Path]):
    lib.mkdir(parents=True, exist_ok=True)
    licences.mkdir(parents=True, exist_ok=True)
    packages: dict[str, list[str]] = {}
    waiting = needed(program)
    while waiting:
        name = waiting.pop()
        if (lib / name).exists():
            continue
        source = _found(name, folders)
        # Under the name that is asked for: no links.
        shutil.copyfile(source.resolve(), lib / name)
        (lib / name).chmod(0o644)
        _said("strip", "--strip-unneeded", lib / name)
        _said("patchelf", "--set-rpath", "$ORIGIN", lib / name)
        waiting += needed(lib / name)
        if source.parent != folders[0]:
            packages.setdefault(_owner(source), []).append(name)
    lines = ["package\tversion\tsource\tsource version\tfiles"]
    texts = []
    for package, names in sorted(packages.items()):
        form = "${Package}\t${Version}\t${source:Package}\t${source:Version}"
        lines.append(_said("dpkg-query", "-W", "-f", form, package) + "\t" + " ".join(sorted(names)))
        plain = package.split(":")[0]
        copyright_file = pathlib.Path("/usr/share/doc", plain, "copyright")
        (licences / plain).mkdir()
        shutil.copyfile(copyright_file, licences / plain / "copyright")
        texts.append(copyright_file.read_text(errors="replace"))
    (licences / "packages.txt").write_text("\n".join(lines) + "\n")
    texts += [path.read_text(errors="replace") for path in licences.glob("*/copyright")]
    (licences / "common-licenses").mkdir()
    for licence in sorted(_COMMON.iterdir()):
        if any(re.search(rf"{_COMMON}/{re.escape(licence.name)}(?![\w-])", text) for text in texts):
            shutil.copyfile(licence.resolve(), licences / "common-licenses" / licence.name)


def check(program: pathlib.Path, lib: pathlib.Path) -> list[str]:
    """What is wrong."""
    problems = []
    wanted = set()
    for file in [program, *sorted(lib.iterdir())]:
        for name in needed(file):
            wanted.add(name)
            if not (lib / name).exists():
                problems.append(f"{file}: needs {name}, which is not in {lib}")
        for version in re.findall(r"Name: GLIBC_([\d.]+)", _said("readelf", "-V", file)):
            if tuple(map(int, version.split("."))) > _GLIBC_AT_MOST:
                problems.append(f"{file}: needs glibc {version}")
    problems += [
        f"{file}: nothing needs it" for file in sorted(lib.iterdir()) if file.name not in wanted]
    # What the loader itself says, with no path but the files' own.
    clean = {key: value for key, value in os.environ.items() if not key.startswith("LD_")}
    for line in _said("/lib64/ld-linux-x86-64.so.2", "--list", program, environment=clean).splitlines():
        name, _, place = line.strip().partition(" => ")
        name = pathlib.Path(name.split(" ")[0]).name
        path = pathlib.Path(place.split(" (")[0])
        if name not in _GLIBC and path.resolve().parent != lib.resolve():
            problems.append(f"{name} comes from {place}")
    return sorted(set(problems))


def main() -> int:
    paths = list(map(pathlib.Path, sys.argv[2:]))
    match sys.argv[1:2], len(paths):
        case ["collect"], count if count >= 4:
            collect(*paths[:3], paths[3:])
            return 0
        case ["check"], 2:
            problems = check(*paths)
            print("".join(problem + "\n" for problem in problems), end="", file=sys.stderr)
            return 1 if problems else 0
    print(__doc__, file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main())
