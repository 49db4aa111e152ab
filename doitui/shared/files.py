"""Files that commands write: whole or not at all, also when the disk is full or somebody reads meanwhile."""

from __future__ import annotations

import secrets
from pathlib import Path

from doitui_core import draft_files
from doitui_core.errors import BadInput


def create(place: Path, text: str) -> bool:
    """Put `text` into a new file at `place`, UTF-8. False, and nothing is written, if it exists. Raises `BadInput`."""
    if place.is_dir():
        raise BadInput(f"{place} is a directory: name a file in it")
    try:
        place.open("x").close()  # of two processes one gets the name
    except FileExistsError:
        return False
    except (OSError, ValueError) as error:
        raise _cannot_write(place, error) from error
    try:
        replace(place, text)
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    return True


def replace(place: Path, text: str) -> None:
    """Put `text` into the file at `place`, UTF-8, new or in place of the old one. Raises `BadInput`."""
    place = place.resolve()  # a link stays one
    draft = place.with_name(f".{place.name[:80]}.{secrets.token_hex(4)}")
    try:
        if place.exists() and not place.is_file():
            raise BadInput(f"{place} is no file: name one to write to")
        try:
            draft_files.write(draft, [text.encode()])
            draft.replace(place)
        finally:
            draft.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise _cannot_write(place, error) from error


def _cannot_write(place: Path, error: OSError | ValueError) -> BadInput:
    reason = error.strerror if isinstance(error, OSError) else error
    return BadInput(f"{place} cannot be written: {reason}")
