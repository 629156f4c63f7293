#!/usr/bin/env python3
"""Prints CHANGELOG.md as Debian's changelogs are written.

    scripts/packages/make-changelog.py CHANGELOG.md "NAME <ADDRESS>"

A section of the day of its release has that day; one that is not released, SOURCE_DATE_EPOCH's.
"""

import datetime
import os
import pathlib
import re
import sys
import textwrap

_SECTION = re.compile(r"^## ([0-9.]+), (.+)$", re.M)


def _date(said: str) -> str:
    if said == "not released":
        when = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.UTC)
    else:
        when = datetime.datetime.fromisoformat(said).replace(tzinfo=datetime.UTC)
    return when.strftime("%a, %d %b %Y %H:%M:%S +0000")


def _entry(text: str) -> str:
    # One line: an entry may be broken anywhere, and a path in it must not be.
    return textwrap.fill(
        " ".join(text.split()), width=78, initial_indent="  * ", subsequent_indent="    ",
        break_long_words=False, break_on_hyphens=False)


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 64
    parts = _SECTION.split(pathlib.Path(sys.argv[1]).read_text())[1:]
    for version, said, text in zip(parts[::3], parts[1::3], parts[2::3]):
        entries = re.split(r"^- ", text.strip(), flags=re.M)[1:]
        print(f"landmarkd ({version}) bookworm; urgency=medium\n")
        print("\n".join(map(_entry, entries)))
        print(f"\n -- {sys.argv[2]}  {_date(said)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
