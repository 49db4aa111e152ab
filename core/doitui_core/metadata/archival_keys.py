"""The keys of an archival description, and one walk that tidies a description or refuses it in one line.

A description names what an archive knows of its holdings in the words of ISAD(G); `archival` makes Kernel-4 of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from doitui_core.errors import BadInput
from doitui_core.metadata.kernel4 import Leaf, Record, Rows, Shape
from doitui_core.metadata.wording import shown


def _texts(names: str) -> dict[str, Shape]:
    return dict.fromkeys(names.split(), Leaf.TEXT)


def _numbers(names: str) -> Record:
    return Record(dict.fromkeys(names.split(), Leaf.NUMBER))


_ACTOR = Record(_texts("name type orcid given_name family_name role affiliation affiliation_ror"), bare="name")
_POINT = _numbers("latitude longitude")
_LINK = Record(_texts("identifier type"), bare="identifier")

#: Every key: a text, a number, an object with these members, or a list. Where a list stands one value may stand alone;
#: where an object has a `bare` member its text may stand for it.
KEYS: dict[str, Shape] = {
    **_texts("doi url title scope_and_content archival_history acquisition level resource_type parent"),
    "publication_year": Leaf.YEAR,
    "publisher": Record(_texts("name ror"), bare="name"),
    "alternative_titles": Rows(Leaf.TEXT),
    "actors": Rows(_ACTOR),
    "events": Rows(Record({**_texts("type date start end place"), "actor": _ACTOR})),
    "notes": Rows(Leaf.TEXT),
    "extent": Rows(Leaf.TEXT),
    "language": Rows(Leaf.TEXT),
    "subjects": Rows(Record(_texts("subject scheme scheme_uri value_uri"), bare="subject")),
    "names": Rows(Leaf.TEXT),
    "genres": Rows(Leaf.TEXT),
    "places": Rows(
        Record(
            {
                "name": Leaf.TEXT,
                "point": _POINT,
                "box": _numbers("west east south north"),
                "polygon": Rows(_POINT),
                "inside": _POINT,
            },
            bare="name",
        )
    ),
    "identifiers": Rows(_LINK),
    "derivatives": Rows(_LINK),
    "exhibitions": Rows(_LINK),
    "rights": Rows(Record(_texts("text uri"), bare="text")),
    "funding": Rows(
        Record(
            _texts("funder_name funder_identifier funder_identifier_type award_number award_uri award_title"),
            bare="funder_name",
        )
    ),
}

#: Members without which a row says nothing.
_NEEDED = {
    "actors": "name",
    "actor": "name",
    "publisher": "name",
    "subjects": "subject",
    "identifiers": "identifier",
    "derivatives": "identifier",
    "exhibitions": "identifier",
    "funding": "funder_name",
}

#: Members of which a coordinate needs all.
_WHOLE = {
    "point": ("latitude", "longitude"),
    "inside": ("latitude", "longitude"),
    "polygon": ("latitude", "longitude"),
    "box": ("west", "east", "south", "north"),
}


def tidy(description: Mapping[str, Any]) -> dict[str, Any]:
    """The description without empty values, texts stripped, lists as lists and objects as objects.

    Raises `BadInput` for an unknown key and for a value of another shape, naming both.
    """
    found = _tidy(description, Record(KEYS), "description", "")
    return found or {}


def _tidy(value: Any, shape: Shape, path: str, name: str) -> Any:
    """The tidied value; None for an empty one."""
    if value is None or value == "":
        return None
    match shape:
        case Rows(row):
            return _rows(value, row, path, name)
        case Record(members, bare):
            return _record(value, members, bare, path, name)
        case Leaf.NUMBER:
            return _number(value, path)
        case Leaf.YEAR:
            return _year(value, path)
        case _:
            return _text(value, path)


def _rows(value: Any, row: Shape, path: str, name: str) -> list[Any] | None:
    rows = list(value) if isinstance(value, list | tuple) else [value]
    found = [_tidy(item, row, f"{path}[{index}]", name) for index, item in enumerate(rows)]
    return [item for item in found if item is not None] or None


def _record(value: Any, members: dict[str, Shape], bare: str, path: str, name: str) -> dict[str, Any] | None:
    if bare and isinstance(value, str | int) and not isinstance(value, bool):
        value = {bare: value}
    if not isinstance(value, Mapping):
        raise _refused(path, value, f"a text or an object with {', '.join(members)}" if bare else "an object")
    found = {}
    for key, item in value.items():
        if key not in members:
            raise _unknown(path, key, members)
        tidied = _tidy(item, members[key], f"{path}.{key}", key)
        if tidied is not None:
            found[key] = tidied
    _check_members(found, path, name)
    return found or None


def _check_members(found: dict[str, Any], path: str, name: str) -> None:
    wanted = (_NEEDED[name],) if name in _NEEDED and found else _WHOLE.get(name, ()) if found else ()
    if missing := [member for member in wanted if member not in found]:
        raise BadInput(f"{path} has no {' and no '.join(missing)}: fill it in or remove the entry")


def _text(value: Any, path: str) -> str | None:
    # Scripts write years, call numbers and legacy ids as numbers.
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _refused(path, value, "text")
    return str(value).strip() or None


def _number(value: Any, path: str) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise _refused(path, value, "a number in decimal degrees, such as 52.3906")
    return number


def _year(value: Any, path: str) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal() and 1000 <= int(text[:5]) <= 9999):
        raise _refused(path, value, "a year from 1000 to 9999")
    return int(text)


def _refused(path: str, value: Any, wanted: str) -> BadInput:
    return BadInput(f"{path} is {shown(value)}, of type {type(value).__name__}: it must be {wanted}")


def _unknown(path: str, key: Any, members: dict[str, Shape]) -> BadInput:
    close = get_close_matches(str(key).casefold(), members, n=1)
    advice = f"did you mean '{close[0]}'?" if close else f"use {', '.join(members)}"
    return BadInput(f"{path} has the unknown key {shown(key)}: {advice}")
