"""The first half of an atomic write: a new file under a name of its own, on the disk before it takes its place."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write(draft: Path, chunks: Iterable[bytes]) -> None:
    """Make the file `draft` with this content. `draft.replace(place)` puts it where it belongs.

    Raises `OSError`, also where there is such a file; what was written by then stays.
    """
    with draft.open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
