#!/usr/bin/env python3
"""Writes the manual's pages from the program's own help: landmarkd.1, and one a subcommand.

    scripts/packages/make-man-pages.py PROGRAM FOLDER

PROGRAM says its commands and options by `--experimental-dump-help` (swift-argument-parser). The
date of the pages is SOURCE_DATE_EPOCH's, or today's.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

_MANUAL = "https://github.com/landmarkd/landmarkd/tree/main/docs"
_STATUS = re.compile(r"\n*Exit status: (.*?)\n?(?:\n\n|$)", re.S)
_EXAMPLE = re.compile(r"^Examples?: *", re.M)


def _escaped(text: str) -> str:
    """Text as roff has it: hyphens that can be copied, no line that is taken for a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\`")
    return re.sub(r"^\.", r"\\&.", text, flags=re.M)


def _paragraphs(text: str) -> list[str]:
    lines = []
    for paragraph in re.split(r"\n\n+", text.strip()):
        lines += [".PP", _escaped(paragraph.strip())]
    return lines


def _name(name: dict) -> str:
    return ("-" if name["kind"] == "short" else "--") + name["name"]


class Page:
    """A command and its page."""

    def __init__(self, command: dict, version: str, date: str):
        self.command = command
        self.words = [*command.get("superCommands", []), command["commandName"]]
        self.name = "-".join(self.words)
        self._head = f'.TH "{self.name.upper()}" 1 "{date}" "landmarkd {version}" "User Commands"'
        self._children = [
            child for child in command.get("subcommands", [])
            if child["shouldDisplay"] and child["commandName"] != "help"
        ]
        self._arguments = [a for a in command.get("arguments", []) if a["shouldDisplay"]]

    def text(self, names: list[str]) -> str:
        """The page; `names` are the pages that there are."""
        abstract = self.command["abstract"].rstrip(".")
        brief = abstract.split(": ")[0]
        lines = [self._head, ".SH NAME", f"{_escaped(self.name)} \\- {_escaped(_uncapitalised(brief))}"]
        lines += [".SH SYNOPSIS", *self._synopsis(), ".SH DESCRIPTION", _escaped(abstract + ".")]
        discussion = self.command.get("discussion", "")
        status = _STATUS.search(discussion)
        if status:
            discussion = discussion.replace(status[0], "\n\n")
        about, *examples = _EXAMPLE.split(discussion)
        lines += _paragraphs(about) if about.strip() else []
        lines += self._commands() + self._options()
        for example in examples:
            lines += [".SH EXAMPLES", ".nf", _escaped(example.strip()), ".fi"]
        if status:
            lines += [".SH EXIT STATUS"]
            for part in re.sub(r"\s+", " ", status[1]).rstrip(".").split("; "):
                number, meaning = part.split(" ", 1)
                lines += [".TP", f".B {number}", _escaped(meaning)]
        others = [name for name in names if name != self.name]
        also = ", ".join(f"\\fB{_escaped(name)}\\fR(1)" for name in others)
        lines += [".SH SEE ALSO", also, ".PP", "Manual: " + _escaped(_MANUAL)]
        return "\n".join(lines) + "\n"

    def pages(self, version: str, date: str) -> list["Page"]:
        """This page and those of its subcommands."""
        return [self] + [
            page for child in self._children for page in Page(child, version, date).pages(version, date)
        ]

    def _synopsis(self) -> list[str]:
        words = " ".join(self.words)
        if self._children:
            return [f"\\fB{words}\\fR \\fIsubcommand\\fR [\\fIoptions\\fR]"]
        inputs = " ".join(
            f"\\fI{_escaped(a['valueName'])}\\fR" + (" ..." if a["isRepeating"] else "")
            for a in self._arguments if a["kind"] == "positional")
        needed = " ".join(
            f"\\fB{_escaped(_name(a['preferredName']))}\\fR \\fI{_escaped(a['valueName'])}\\fR"
            for a in self._arguments if a["kind"] == "option" and not a["isOptional"])
        return [" ".join(filter(None, [f"\\fB{words}\\fR [\\fIoptions\\fR]", needed, inputs]))]

    def _commands(self) -> list[str]:
        lines = [".SH COMMANDS"] if self._children else []
        for child in self._children:
            page = "-".join([*self.words, child["commandName"]])
            lines += [".TP", f"\\fB{_escaped(page)}\\fR(1)", _escaped(child["abstract"])]
        return lines

    def _options(self) -> list[str]:
        sections: dict[str, list[str]] = {}
        for argument in self._arguments:
            if argument["kind"] == "positional":
                title, head = "Arguments", f"\\fI{_escaped(argument['valueName'])}\\fR"
            else:
                title = argument.get("sectionTitle") or "Options"
                head = ", ".join(f"\\fB{_escaped(_name(name))}\\fR" for name in argument["names"])
                if argument["kind"] == "option":
                    head += f" \\fI{_escaped(argument['valueName'])}\\fR"
            about = _escaped(argument.get("abstract", ""))
            sections.setdefault(title, []).extend([".TP", head, about])
        lines = []
        for title, items in sections.items():
            lines += [f".SH {title.upper()}", *items]
        return lines


def _uncapitalised(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 64
    program, folder = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
    run = lambda *arguments: subprocess.run(
        [program, *arguments], check=True, capture_output=True, text=True).stdout
    described = json.loads(run("--experimental-dump-help"))
    if described["serializationVersion"] != 0:
        print(f"{program} describes its help in another form than 0", file=sys.stderr)
        return 1
    version = run("--version").split()[0]
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    date = time.strftime("%Y-%m-%d", time.gmtime(seconds))
    pages = Page(described["command"], version, date).pages(version, date)
    names = [page.name for page in pages]
    folder.mkdir(parents=True, exist_ok=True)
    for page in pages:
        (folder / f"{page.name}.1").write_text(page.text(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
