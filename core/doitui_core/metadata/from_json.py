"""REST attributes, as people and DataCite write them, to the one canonical form.

One walk along the table in `kernel4`: what the table names is tidied, what it does not name is dropped. A
value of the wrong shape stays as it is, for `validate` to name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from doitui_core.metadata import places
from doitui_core.metadata.kernel4 import (
    ATTRIBUTES,
    IDENTIFIER,
    SERVER_DERIVED,
    SPELLINGS,
    UNKNOWN_VALUES,
    Leaf,
    Record,
    Rows,
    Shape,
)

_EMPTY: tuple[Any, ...] = (None, "", [], {})
# 0099 stays text: as a number it would lose its zeros, and with them the four digits DataCite wants.
_YEAR = re.compile(r"[1-9][0-9]{3}")


def canonical(document: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical form of bare REST attributes or of a JSON:API document ({"data": {"attributes": ...}}).

    Strings are stripped, empty members dropped, years and coordinates numbers, every other value text; `publisher` and
    each `affiliation` are objects whether or not DataCite was asked for them so. `doi` and `url` stay. Never raises on
    any JSON, and gives back its own result unchanged.
    """
    attributes = _own(document)
    found = {name: _tidy(attributes.get(name), shape) for name, shape in ATTRIBUTES.items()}
    if str(found["doi"]).strip("()") in UNKNOWN_VALUES:
        del found["doi"]
    return {name: value for name, value in found.items() if value not in _EMPTY}


def unknown(document: Mapping[str, Any]) -> list[str]:
    """Names of attributes that are no part of Kernel 4 and that DataCite would drop in silence, each once.

    Dotted from the top: `titels`, `creators.firstName`. What DataCite itself adds to a document is not among them.
    """
    return list(dict.fromkeys(_unknown(_bare(document), Record(ATTRIBUTES), "")))


def members_at(path: str) -> list[str]:
    """The names that the metadata has at a place such as `creators.affiliation`; empty where there is none."""
    shape: Shape | None = Record(ATTRIBUTES)
    for name in path.split(".") if path else ():
        shape = shape.members.get(name) if isinstance(shape, Record) else None
        shape = shape.row if isinstance(shape, Rows) else shape
    return list(shape.members) if isinstance(shape, Record) else []


def _bare(document: Mapping[str, Any]) -> Mapping[str, Any]:
    data = document.get("data")
    attributes = data.get("attributes") if isinstance(data, Mapping) else None
    return attributes if isinstance(attributes, Mapping) else document


def _own(document: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes with alternateIdentifiers and geoLocations in the shape of the table."""
    attributes = dict(_bare(document))
    attributes["geoLocations"] = places.spread(attributes.get("geoLocations"))
    attributes["identifiers"] = _with_alias(attributes)
    dois = [row for row in _listed(attributes["identifiers"]) if _is_doi(row)]
    if dois:
        attributes["identifiers"] = [row for row in attributes["identifiers"] if not _is_doi(row)]
    # Kernel JSON of 4.3 and before lists the document's own DOI there, and has no `doi`.
    if len(dois) == 1 and attributes.get("doi") in _EMPTY:
        attributes["doi"] = dois[0].get("identifier")
    return attributes


def _tidy(value: Any, shape: Shape) -> Any:
    match shape:
        case Leaf():
            return _LEAVES[shape](value)
        case Rows(row):
            return _rows(value, row)
        case Record(members, bare):
            return _record(value, members, bare)


def _rows(value: Any, row: Shape) -> Any:
    if isinstance(value, Mapping) or (isinstance(row, Record) and row.bare and isinstance(value, str)):
        value = [value]
    if not isinstance(value, list):
        return _stripped(value)
    return [tidied for item in value if (tidied := _tidy(item, row)) not in _EMPTY]


def _record(value: Any, members: dict[str, Shape], bare: str) -> Any:
    if bare and isinstance(value, str):
        value = {bare: value}
    if not isinstance(value, Mapping):
        return _stripped(value)
    found = {}
    for name, item in value.items():
        known = name if name in members else SPELLINGS.get(name, "")
        if known in members and (tidied := _tidy(item, members[known])) not in _EMPTY:
            found[known] = tidied
    return found


def _with_alias(attributes: Mapping[str, Any]) -> Any:
    """`identifiers`, and after them the alternateIdentifiers that are not among them."""
    own, alias = attributes.get("identifiers"), attributes.get("alternateIdentifiers")
    if not isinstance(own, list | Mapping | None) or not isinstance(alias, list | Mapping | None):
        return alias if own in _EMPTY else own
    rows = _rows(own, IDENTIFIER) or []
    others = [_renamed(row) for row in _listed(alias)]
    return rows + [row for row in _rows(others, IDENTIFIER) if row not in rows]


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, Mapping) else []


def _is_doi(row: Any) -> bool:
    return isinstance(row, Mapping) and row.get("identifierType") == "DOI"


def _renamed(row: Any) -> Any:
    if not isinstance(row, Mapping):
        return row
    return {name.replace("alternateIdentifier", "identifier"): value for name, value in row.items()}


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else _stripped(value)


def _year(value: Any) -> Any:
    # JSON writers of other languages know one kind of number: 2024.0.
    year = int(value) if isinstance(value, float) and value.is_integer() else _stripped(value)
    return int(year) if isinstance(year, str) and _YEAR.fullmatch(year) else year


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return _stripped(value)
    return number if math.isfinite(number) else _stripped(value)


_LEAVES = {Leaf.TEXT: _text, Leaf.YEAR: _year, Leaf.NUMBER: _number}


def _unknown(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, Rows):
        for item in value if isinstance(value, list) else [value]:
            yield from _unknown(item, shape.row, path)
    elif isinstance(shape, Record) and isinstance(value, Mapping):
        derived = SERVER_DERIVED.get(path, frozenset())
        for name, item in value.items():
            dotted = f"{path}.{name}" if path else name
            known = shape.members.get(name) or shape.members.get(SPELLINGS.get(name, ""))
            if known is None:
                if name not in derived:
                    yield dotted
            elif not isinstance(known, Leaf):
                yield from _unknown(item, known, dotted)
