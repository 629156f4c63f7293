#!/usr/bin/env python3
"""Checks that what the documentation and the sources point at is there.

    scripts/check-links.py

Looked at are the files that git knows or would add: relative links and pictures of Markdown files, with
their anchors, and every `docs/...` path that any text file mentions. `docs/decisions/0011` stands for the
decision of that number. Says FILE:LINE and what is missing; exit status 1 if anything is.
"""

import pathlib
import re
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent

_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^()\s>]+)>?(?:\s+\"[^\"]*\")?\)")
# A path of this repository: not a part of another path, but for GitHub's addresses of it.
_MENTION = re.compile(r"(?:(?<![\w/.\-])|(?<=/blob/main/))docs/[\w./*\-]*[\w*]")
_DECISION = re.compile(r"docs/decisions/\d{4}")
_CODE = re.compile(r"`[^`]*`")


def files() -> list[str]:
    out = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True).stdout
    return sorted(name for name in out.decode().split("\0") if name and (ROOT / name).is_file())


def text(name: str) -> str | None:
    """The file's text; nothing of files that are no text."""
    data = (ROOT / name).read_bytes()
    if b"\0" in data[:4096]:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def prose(lines: list[str]) -> list[str]:
    """The lines of a Markdown file without its code; those of blocks are empty, so that numbers stay."""
    result, fenced, after_blank = [], False, True
    for line in lines:
        if line.startswith("```"):
            fenced = not fenced
            result.append("")
        elif fenced or (after_blank and line.startswith("    ")):
            result.append("")
            continue
        else:
            result.append(_CODE.sub("", line))
        after_blank = not line.strip()
    return result


def anchors(name: str) -> set[str]:
    """The anchors of a Markdown file's headings, as GitHub makes them."""
    found: dict[str, int] = {}
    result = set()
    lines = (text(name) or "").split("\n")
    fenced = False
    for line in lines:
        if line.startswith("```"):
            fenced = not fenced
        match = None if fenced else re.match(r"#{1,6} +(.*?) *#*$", line)
        if not match:
            continue
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match[1]).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        count = found.get(slug, 0)
        found[slug] = count + 1
        result.add(f"{slug}-{count}" if count else slug)
    return result


def is_mentioned(path: str, names: set[str]) -> bool:
    if (ROOT / path).exists() or ("*" in path and any(ROOT.glob(path))):
        return True
    match = _DECISION.fullmatch(path)
    return bool(match) and any(name.startswith(match[0] + "-") for name in names)


def problems() -> list[str]:
    names = files()
    known = set(names)
    result = []
    for name in names:
        content = text(name)
        if content is None:
            continue
        lines = content.split("\n")
        for number, line in enumerate(lines, 1):
            for path in _MENTION.findall(line):
                if not is_mentioned(path, known):
                    result.append(f"{name}:{number}: there is no {path}")
        if not name.endswith(".md"):
            continue
        # A link may begin on one line and end on the next.
        page = "\n".join(prose(lines))
        for match in _LINK.finditer(page):
            target = match[1]
            if re.match(r"[a-z][a-z0-9+.\-]*:", target):
                continue
            number = page.count("\n", 0, match.start(1)) + 1
            path, _, anchor = target.partition("#")
            place = (ROOT / name).parent / urllib.parse.unquote(path) if path else ROOT / name
            if not place.exists():
                result.append(f"{name}:{number}: the link leads nowhere: {target}")
            elif anchor and place.suffix == ".md":
                if anchor not in anchors(str(place.resolve().relative_to(ROOT))):
                    result.append(f"{name}:{number}: no heading has the anchor of {target}")
    return result


def main() -> int:
    found = problems()
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
