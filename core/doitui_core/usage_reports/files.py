"""A report on the disk: all its files or none, also when the disk is full; files of an earlier build are removed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from doitui_core import draft_files
from doitui_core.errors import BadInput
from doitui_core.usage_reports.parts import Part

#: The ending of a file's name, and its content.
_File = tuple[str, Iterable[bytes]]


def write_parts(folder: Path, name: str, parts: Iterable[Part]) -> list[Path]:
    """`NAME.json` or `NAME.json.gz`; several are NAME.001.json.gz and so on. Their paths; [] where there are no parts.

    Raises `BadInput` where `folder` cannot be written to.
    """
    return _write(folder, name, ((".json.gz" if part.compressed else ".json", [part.body]) for part in parts))


def write_lines(folder: Path, name: str, lines: Iterable[str]) -> list[Path]:
    """`NAME.tsv`, UTF-8. Raises as `write_parts`."""
    return _write(folder, name, [(".tsv", (line.encode("utf-8", "replace") for line in lines))])


def _write(folder: Path, name: str, files: Iterable[_File]) -> list[Path]:
    if "\0" in str(folder):
        raise BadInput(f"{str(folder)!r} is not a folder name: it contains NUL")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{name}.", dir=folder) as drafts:
            endings = []
            for ending, chunks in files:
                endings.append(ending)
                draft_files.write(Path(drafts, str(len(endings))), chunks)
            numbers = [f".{number:03}" if len(endings) > 1 else "" for number in range(1, len(endings) + 1)]
            places = [folder / f"{name}{number}{ending}" for number, ending in zip(numbers, endings, strict=True)]
            for number, place in enumerate(places, 1):
                Path(drafts, str(number)).replace(place)
        _remove_old(folder, name, places)
    except OSError as error:
        raise BadInput(f"{folder} cannot be written to: {error.strerror}") from error
    return places


def _remove_old(folder: Path, name: str, places: list[Path]) -> None:
    """Remove the files of an earlier build: its part 7 must not be taken for one of this report of six."""
    if not places:
        return
    ending = r"\.tsv" if places[0].suffix == ".tsv" else r"\.json(\.gz)?"
    ours = re.compile(rf"{re.escape(name)}(\.\d{{3,}})?{ending}", re.ASCII)
    for place in folder.iterdir():
        if ours.fullmatch(place.name) and place not in places:
            place.unlink()
