"""Read files: DataCite XML, DataCite JSON, JSON lines, CSV and AtoM's ISAD CSV, distinguished by their content.

A document has at most `sizes.LARGEST_DOCUMENT` bytes: a file of XML or JSON, a line of JSON lines or CSV. A larger one
is refused by its size, before it is read. JSON lines and CSV are read line by line, and may be of any length.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from doitui_core.domain import strict_json
from doitui_core.errors import DoituiError, UnreadableDocument
from doitui_core.metadata import from_xml, validate
from doitui_core.metadata.sizes import LARGEST_DOCUMENT, MOST_VALUES
from doitui_core.metadata.validate import Finding
from doitui_core.metadata.wording import Note
from doitui_core.records import csv_reading, isad_csv

#: The beginning of a file, by which its format is known. Bytes.
HEAD = 64 * 1024

#: Documents below this have few values, however they are written. Bytes.
_SMALL = 1_000_000

#: A DataCite document has seven levels; validators fail on hundreds.
DEEPEST = 32

FORMATS = ("auto", "datacite-json", "datacite-xml", "jsonl", "csv", "isad-csv")

TOO_DEEP = f"is nested more than {DEEPEST} levels deep, which no DataCite document is"


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file. `place` is the file, with the line for JSON lines; `stem` names it without its ending.

    `attributes` are its metadata, unchanged; `members` the metadata and all other members; `size` its bytes.
    `notes`: what did not come over unchanged from XML, as `from_xml.read` has it.
    `description`: an archival description in place of metadata, whose parent may be in the same file: `parent_of`
    gives the parent of an object id there, empty without one, None for a record that is not in the file.
    """

    place: str
    stem: str
    attributes: Mapping[str, Any]
    members: Mapping[str, Any]
    size: int = 0
    notes: Sequence[Note] = ()
    description: Mapping[str, Any] | None = None
    parent_of: Callable[[str], str | None] | None = None

    @property
    def findings(self) -> list[Finding]:
        """The notes as warnings."""
        return [validate.finding(note, "warning") for note in self.notes]


@dataclass(frozen=True, slots=True)
class Unread:
    """A file or line that could not be read, and why; in a CSV the `column`, where it is one."""

    place: str
    error: str
    column: str = ""


def read(path: Path, form: str = "auto", object_id: str = "auto") -> Iterator[Document | Unread]:
    """The documents of a file, in order; an `Unread` for each that cannot be read. Never raises.

    `object_id`: the rule for object ids (`importing.choose_id`), by which the rows of an ISAD CSV name their parents.
    """
    try:
        if path.is_dir():
            raise UnreadableDocument("is a directory: name the files in it")
        with path.open("rb") as file:
            head = file.read(HEAD)
            if form == "auto" and _may_be_lines(head):
                head += file.read(LARGEST_DOCUMENT + 1 - len(head))
            form = detect(path, head) if form == "auto" else form
            if form == "jsonl":
                yield from _lines(path, head, file)
                return
            text = b"" if form in ("csv", "isad-csv") else _whole(head, file)
        if form in ("csv", "isad-csv"):
            yield from _csv(path) if form == "csv" else _isad(path, object_id)
            return
        if form == "datacite-xml":
            found = _xml(text)
            yield Document(str(path), path.stem, found.attributes, found.attributes, len(text), found.notes)
        else:
            yield _document(str(path), path.stem, _object(text), len(text))
    except DoituiError as error:
        yield Unread(str(path), str(error))
    except (OSError, ValueError) as error:  # ValueError: a name with NUL in it
        yield Unread(str(path), f"cannot be read: {getattr(error, 'strerror', None) or error}")


def detect(path: Path, head: bytes) -> str:
    """The format of a file, by its first characters; its name only distinguishes JSON lines of one line from JSON.

    Raises `UnreadableDocument`.
    """
    start = _first(head)
    if start == b"<":
        return "datacite-xml"
    if start == b"{" and (path.suffix.lower() in (".jsonl", ".ndjson") or _lines_are_documents(head)):
        return "jsonl"
    if start in (b"{", b"["):
        return "datacite-json"
    if start and isad_csv.is_isad(path):
        return "isad-csv"
    if start and path.suffix.lower() == ".csv":
        return "csv"
    what = "is neither DataCite XML nor JSON nor named .csv" if start else "is empty"
    raise UnreadableDocument(f"{what}: doitui reads DataCite XML, DataCite JSON, JSON lines and CSV")


def _may_be_lines(head: bytes) -> bool:
    """Whether the first line of JSON goes on beyond `head`, so that only its end tells if there are more."""
    return len(head) == HEAD and b"\n" not in head.strip() and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def _whole(head: bytes, file: BinaryIO) -> bytes:
    """All of a file; not read where it is known to be too large."""
    status = os.fstat(file.fileno())
    if stat.S_ISREG(status.st_mode) and status.st_size > LARGEST_DOCUMENT:
        raise _too_large()
    text = head + file.read(LARGEST_DOCUMENT + 1 - len(head))
    if len(text) > LARGEST_DOCUMENT:
        raise _too_large()
    return text


def _first(head: bytes) -> bytes:
    """The first byte that tells something."""
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")[:1]


def _lines_are_documents(head: bytes) -> bool:
    first, _, rest = head.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    return first.rstrip().endswith(b"}") and rest.lstrip()[:1] == b"{"


def _lines(path: Path, head: bytes, stream: BinaryIO) -> Iterator[Document | Unread]:
    for number, line in enumerate(_split(BytesIO(head), stream), start=1):
        place = f"{path}:{number}"
        try:
            if len(line) > LARGEST_DOCUMENT:
                raise _too_large()
            if not line.isspace():
                yield _document(place, f"{path.stem}-{number}", _object(line), len(line))
        except UnreadableDocument as error:
            yield Unread(place, str(error))


def _csv(path: Path) -> Iterator[Document | Unread]:
    for number, row in csv_reading.rows(path):
        place = f"{path}:{number}"
        if isinstance(row, str):
            yield Unread(place, row)
        else:
            yield Document(place, f"{path.stem}-{number}", row, row, sum(map(len, map(str, row.values()))))


def _isad(path: Path, object_id: str) -> Iterator[Document | Unread]:
    if object_id == "filename":
        raise UnreadableDocument("has many records, so its name is no object id: --object-id COLUMN")
    file = isad_csv.read(path, object_id)
    unknown = dict.fromkeys(file.unknown, "")  # reported once, with the first record
    for row in file.rows():
        place, size = f"{path}:{row.line}", sum(map(len, row.cells.values()))
        if row.error:
            yield Unread(place, row.error, row.column)
            continue
        members: dict[str, Any] = {name: text for name, text in row.cells.items() if name != "published"}
        members |= {"object_id": row.cells[file.id_column]}
        members |= {} if row.published is None else {"published": row.published}
        yield Document(
            place,
            f"{path.stem}-{row.line}",
            unknown,
            members,
            size,
            description=row.description,
            parent_of=file.parent_of,
        )
        unknown = {}


def _split(head: BinaryIO, stream: BinaryIO) -> Iterator[bytes]:
    """The lines of both, the last of `head` joined to the first of `stream`. A line that is too long is cut there."""
    while line := head.readline():
        if not line.endswith(b"\n"):
            line += stream.readline(LARGEST_DOCUMENT + 1)
            yield line[: LARGEST_DOCUMENT + 1]
            _skip_line(line, stream)
        else:
            yield line
    while line := stream.readline(LARGEST_DOCUMENT + 1):
        yield line
        _skip_line(line, stream)


def _skip_line(line: bytes, stream: BinaryIO) -> None:
    while line and not line.endswith(b"\n"):
        line = stream.readline(LARGEST_DOCUMENT)


def _document(place: str, stem: str, found: dict[str, Any], size: int) -> Document:
    metadata = found["metadata"] if isinstance(found.get("metadata"), dict) else found
    data = metadata.get("data")
    inner = data.get("attributes") if isinstance(data, dict) else None
    members = {**(inner if isinstance(inner, dict) else {}), **metadata, **found}
    return Document(place, stem, metadata, members, size)


def _too_large() -> UnreadableDocument:
    most = LARGEST_DOCUMENT // 1_000_000
    return UnreadableDocument(f"is larger than {most} MB, the most that doitui reads of a document: divide it")


def _check_values(text: bytes, weights: Mapping[bytes, int]) -> None:
    """Raise `UnreadableDocument` for more values than the memory is meant for. Counts what separates them."""
    if len(text) > _SMALL and sum(text.count(mark) * weight for mark, weight in weights.items()) > MOST_VALUES:
        raise UnreadableDocument(f"has more than {MOST_VALUES:,} values, which no DataCite document has: divide it")


def _xml(text: bytes) -> from_xml.XmlDocument:
    # An element takes what three values of JSON take; an attribute as much as one.
    _check_values(text, {b"<": 3, b"</": -3, b"=": 1})
    return from_xml.read(text)


def _object(text: bytes) -> dict[str, Any]:
    _check_values(text, {b",": 1, b"{": 1, b"[": 1})
    try:
        found = strict_json.loads(text.decode("utf-8-sig"))
    except RecursionError as error:
        raise UnreadableDocument(TOO_DEEP) from error
    except ValueError as error:
        raise UnreadableDocument(f"is no JSON: {error}") from error
    if _deeper(found, DEEPEST):
        raise UnreadableDocument(TOO_DEEP)
    if not isinstance(found, dict):
        what = "a list" if isinstance(found, list) else f"a {type(found).__name__}"
        raise UnreadableDocument(
            f"is {what}, not one document: write one file, or one line (JSON lines), for each document"
        )
    return found


def _deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels == 0 or any(_deeper(item, levels - 1) for item in inner if isinstance(item, dict | list))
