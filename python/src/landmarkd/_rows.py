"""Rows of the command `landmarkd track`."""

from __future__ import annotations

import csv
import io
import os
import warnings
from typing import TYPE_CHECKING, Any, Dict, Iterator, Sequence, Union

from ._program import Error, Incomplete, Run

if TYPE_CHECKING:
    import pandas

#: A file, a folder or a pattern of images, a camera, or an address.
Source = Union[str, "os.PathLike[str]"]
#: What an option may be: True for one without a value, a sequence for one of several with commas.
Option = Union[None, bool, str, int, float, "os.PathLike[str]", Sequence[Union[str, int, float]]]
#: A row by its columns; None where a cell is empty.
Row = Dict[str, Union[None, str, int, float]]

_TEXTS = {"source", "image", "state", "time_utc"}
_WHOLE = {"frame", "face_id", "success", "iterations", "pts"}
# Where rows go and how many inputs there are is decided here.
_TAKEN = {
    "output", "o", "out_dir", "overlay_dir", "quiet", "q", "help", "h", "version", "jobs", "list",
    "base", "skip_done", "shard", "retries", "summary",
}


def track(path: Source, **options: Option) -> "pandas.DataFrame":
    """The table of a recorded video or of images: a row a frame and face.

    Options are those of `landmarkd track`, with `_` for `-`: `faces=2` is `--faces 2`,
    `smooth=True` is `--smooth`, `columns=["pose", "landmarks"]` is `--columns pose,landmarks`. None
    and False leave an option out. A live source needs `duration`.

    Numbers are as in the command's CSV, to the last digit; empty cells are NaN.

    Raises `Error` if the command fails, ImportError without pandas, TypeError for an option that has
    no meaning here. Warns of `Incomplete` if the input ended early.
    """
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            "landmarkd.track gives a pandas DataFrame, and there is no pandas: "
            "pip install pandas, or use landmarkd.stream"
        ) from error
    arguments = _arguments(path, options)
    run = Run(arguments)
    try:
        text = run.output.read()
        _check(run, options)
        types: dict[Any, Any] = {column: "str" for column in _TEXTS}
        # The nearest number to each cell, which is what pandas reads by itself from 3.0 on.
        old = int(pandas.__version__.split(".")[0]) < 3
        exact: dict[str, Any] = {"float_precision": "round_trip"} if old else {}
        table: pandas.DataFrame = pandas.read_csv(
            io.BytesIO(text), dtype=types, keep_default_na=False, na_values=[""], **exact)
        return table
    finally:
        run.end()


def stream(source: Source, **options: Option) -> Iterator[Row]:
    """The rows of `source`, recorded or live, as they come: a dict a frame and face.

    Options are those of `track`. A camera or a network stream has no end without `duration`: leave
    the loop. Closing the iterator, or leaving the last reference to it, ends the command.

    Rows of a live source come one by one, those of a recorded one in blocks.

    Raises `Error` if the command fails, after the rows that there were; TypeError for an option that
    has no meaning here. Warns of `Incomplete` if the input ended early.
    """
    # Not in the generator: a wrong option is said at once.
    return _rows(_arguments(source, options), options)


def _rows(arguments: list[str | bytes], options: dict[str, Option]) -> Iterator[Row]:
    run = Run(arguments)
    try:
        lines = io.TextIOWrapper(run.output, encoding="utf-8", errors="surrogateescape", newline="")
        rows = csv.reader(lines)
        header = next(rows, [])
        for cells in rows:
            # A line that the command did not end is no row.
            if len(cells) == len(header):
                yield {name: _value(name, cell) for name, cell in zip(header, cells)}
        _check(run, options)
    finally:
        run.end()


def _value(name: str, cell: str) -> None | str | int | float:
    if not cell:
        return None
    if name in _TEXTS:
        return cell
    return int(cell) if name in _WHOLE else float(cell)


def _check(run: Run, options: dict[str, Option]) -> None:
    status, said = run.finish()
    if status == 2 and not options.get("strict"):
        warnings.warn(said or "the input ended early", Incomplete, stacklevel=4)
    elif status != 0:
        raise Error(status, said or f"landmarkd ended with status {status}")


def _arguments(source: Source, options: dict[str, Option]) -> list[str | bytes]:
    arguments: list[str | bytes] = ["track", "--quiet", "--output", "-"]
    for name, value in options.items():
        if name in _TAKEN:
            raise TypeError(f"the option {name} is the command's alone: rows are given, not written")
        option = "--" + name.replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            arguments.append(option)
        # With "=", so that a value may begin with "-".
        elif isinstance(value, (str, os.PathLike)):
            arguments.append(f"{option}={os.fspath(value)}")
        elif isinstance(value, Sequence):
            arguments.append(f"{option}={','.join(map(str, value))}")
        else:
            arguments.append(f"{option}={value}")
    path = os.fspath(source)
    if path == "-":
        raise TypeError("standard input is the command's alone: name a file, a FIFO or an address")
    return [*arguments, "--", path]
