"""A report on the disk: all its files or none, also when the disk is full; an earlier build of the same report goes."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from doitui_core import draft_files
from doitui_core.errors import BadInput
from doitui_core.usage_reports.parts import Part

#: Lines of text written at once.
_LINES = 1000


def write_parts(folder: Path, name: str, parts: Iterable[Part]) -> list[Path]:
    """`NAME.json` or `NAME.json.gz`; several are NAME.001.json.gz and so on. Their paths; [] where there are no parts.

    Raises `BadInput` where `folder` cannot be written to.
    """
    with _Draft(folder, name) as draft:
        for part in parts:
            draft.add([part.body], ".json.gz" if part.compressed else ".json")
    return draft.written


def write_lines(folder: Path, name: str, lines: Iterable[str]) -> list[Path]:
    """`NAME.tsv`, UTF-8. Raises as `write_parts`."""
    with _Draft(folder, name) as draft:
        draft.add(_chunks(lines), ".tsv")
    return draft.written


def _chunks(lines: Iterable[str]) -> Iterator[bytes]:
    waiting: list[str] = []
    for line in lines:
        waiting.append(line)
        if len(waiting) == _LINES:
            yield "".join(waiting).encode("utf-8", "replace")
            waiting.clear()
    yield "".join(waiting).encode("utf-8", "replace")


@dataclass
class _Draft:
    """Files under names of their own until all are there."""

    folder: Path
    name: str
    written: list[Path] = field(default_factory=list)
    _drafts: list[tuple[Path, str]] = field(default_factory=list)
    _token: str = field(default_factory=lambda: secrets.token_hex(4))

    def __enter__(self) -> _Draft:
        if "\0" in str(self.folder):
            raise BadInput(f"{str(self.folder)!r} is no name of a folder")
        with self._translated():
            self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def add(self, chunks: Iterable[bytes], ending: str) -> None:
        """One more file."""
        draft = self.folder / f".{self.name}.{self._token}.{len(self._drafts) + 1}"
        self._drafts.append((draft, ending))
        with self._translated():
            draft_files.write(draft, chunks)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if kind is None and self._drafts:
                with self._translated():
                    self._publish()
        finally:
            for draft, _ending in self._drafts:
                draft.unlink(missing_ok=True)

    def _publish(self) -> None:
        several = len(self._drafts) > 1
        for number, (draft, ending) in enumerate(self._drafts, 1):
            place = self.folder / f"{self.name}{f'.{number:03}' if several else ''}{ending}"
            draft.replace(place)
            self.written.append(place)
        self._remove_old()

    def _remove_old(self) -> None:
        """A part 7 of last time must not be taken for one of this report of six."""
        kind = r"\.tsv" if self.written[0].suffix == ".tsv" else r"\.json(\.gz)?"
        ours = re.compile(rf"{re.escape(self.name)}(\.\d{{3,}})?{kind}", re.ASCII)
        for place in self.folder.iterdir():
            if ours.fullmatch(place.name) and place not in self.written:
                place.unlink()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BadInput(f"{self.folder} cannot be written to: {error.strerror}") from error
