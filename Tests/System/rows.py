"""The CSV files that a stream leaves: whole lines, and their cells by column."""

import pathlib

# Some rows of any model.
_TAIL_BYTES = 64 << 10


class TornFile(AssertionError):
    """A file with a line that is no whole row."""


def read(file: pathlib.Path, live: bool = False) -> list[dict[str, str]]:
    """The rows of a file; raises TornFile for anything that is not whole.

    `live`: the file is being written, or its writer was killed: its last line may lack its end, and
    is left out then.
    """
    text = file.read_bytes()
    if live:
        text = text[: text.rfind(b"\n") + 1]
    if not text:
        if live:
            return []
        raise TornFile(f"{file.name} is empty")
    if b"\0" in text:
        raise TornFile(f"{file.name}: a zero byte at {text.index(0)}")
    if not text.endswith(b"\n"):
        raise TornFile(f"{file.name} ends within a line: {text[-60:]!r}")
    header, *lines = text.decode("ascii").split("\n")[:-1]
    names = header.split(",")
    if names[:3] != ["frame", "face_id", "timestamp"]:
        raise TornFile(f"{file.name} begins with {header[:60]!r}")
    rows = []
    for number, line in enumerate(lines, 2):
        cells = line.split(",")
        if len(cells) != len(names):
            raise TornFile(f"{file.name}:{number}: {len(cells)} cells instead of {len(names)}")
        rows.append(dict(zip(names, cells)))
    return rows


def files(folder: pathlib.Path, stream: str) -> list[pathlib.Path]:
    """A stream's files in the order of their names, which is that of their times."""
    return sorted(folder.glob(f"rows/{stream}-*.csv"), key=_order)


def _order(file: pathlib.Path):
    # A second file of the same second has a counter: NAME-1.csv comes after NAME.csv.
    stem, _, counter = file.stem.partition("Z-")
    return stem.rstrip("Z"), int(counter or 0)


def read_all(folder: pathlib.Path, stream: str, live: bool = False) -> list[dict[str, str]]:
    """The rows of all of a stream's files."""
    return [row for file in files(folder, stream) for row in read(file, live)]


def last(file: pathlib.Path) -> dict[str, str] | None:
    """The last whole row of a file that may be written meanwhile; nothing of it else is checked."""
    with open(file, "rb") as opened:
        names = opened.readline().decode("ascii").rstrip("\n").split(",")
        begin = opened.tell()
        opened.seek(max(begin, file.stat().st_size - _TAIL_BYTES))
        lines = opened.read().split(b"\n")[:-1]
    # Where the tail began within a line, that line's rest is left out.
    cells = lines[-1].decode("ascii").split(",") if lines else []
    return dict(zip(names, cells)) if len(cells) == len(names) else None
