"""Faces followed through video: rows of landmarks, head pose and confidence.

`track` gives a video's table as a pandas DataFrame, `stream` its rows as they come. Both run the
command landmarkd, which this package brings, and read what it writes.
"""

from ._program import Error, Incomplete, program
from ._rows import Option, Row, Source, stream, track
from ._version import __version__

__all__ = [
    "Error", "Incomplete", "Option", "Row", "Source", "__version__", "program", "stream", "track",
]
