"""Which rules of `schema.json` a document breaks.

The validator makes a list of all errors before it gives the first, each with a copy of what it is about. Of a document
with a long list it is therefore asked piece by piece, so that neither number nor size of the errors fills the memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

from doitui_core.metadata.wording import Path

#: Rows of a list that are checked at a time, where there are more.
PIECE = 1000

#: What a piece needs for the schema to look at it.
_MANDATORY: dict[str, Any] = {
    "creators": [{"name": "A"}],
    "titles": [{"title": "A"}],
    "publisher": {"name": "A"},
    "publicationYear": 2000,
    "types": {"resourceTypeGeneral": "Text"},
}


def broken_rules(document: Mapping[str, Any]) -> Iterator[tuple[jsonschema_rs.ValidationError, Path]]:
    """Each error with its path, in the order of the document where that is small. Raises `UnicodeEncodeError` for half
    a character.
    """
    if _schema().is_valid(document):
        return
    if not any(map(_is_long, document.values())):
        for error in _schema().iter_errors(document):
            yield error, tuple(error.instance_path)
        return
    found = False
    for error, path in _piecewise(document):
        found = True
        yield error, path
    if not found:  # in a row of a row, if anywhere
        yield from _first(document)


def _is_long(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    return len(value) > PIECE or any(
        len(item) > PIECE
        for row in value
        if isinstance(row, dict)
        for item in row.values()
        if isinstance(item, list | dict)
    )


def _piecewise(document: Mapping[str, Any]) -> Iterator[tuple[jsonschema_rs.ValidationError, Path]]:
    for error in _schema().iter_errors({name: _cut(value) for name, value in document.items()}):
        yield error, tuple(error.instance_path)
    for name, rows in document.items():
        for start in range(PIECE, len(rows), PIECE) if isinstance(rows, list) else ():
            piece = _cut(rows[start : start + PIECE])
            for error in _schema().iter_errors({**_MANDATORY, name: piece}):
                _, index, *more = (*error.instance_path, 0)
                yield error, (name, start + int(index), *more[:-1])


def _cut(value: Any) -> Any:
    """`value` with the first rows of each list."""
    if isinstance(value, list):
        return [_cut(row) for row in value[:PIECE]]
    return {name: _cut(item) for name, item in value.items()} if isinstance(value, dict) else value


def _first(document: Mapping[str, Any]) -> Iterator[tuple[jsonschema_rs.ValidationError, Path]]:
    try:
        _schema().validate(document)
    except jsonschema_rs.ValidationError as error:
        yield error, tuple(error.instance_path)


@cache
def _schema() -> jsonschema_rs.Draft202012Validator:
    text = files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
    # The linear-time engine: no text can make a pattern hang.
    return jsonschema_rs.Draft202012Validator(json.loads(text), pattern_options=jsonschema_rs.RegexOptions())
