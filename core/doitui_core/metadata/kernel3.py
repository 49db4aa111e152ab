"""What a kernel-3 document (3.0, 3.1) needs to become one of kernel-4: DataCite no longer takes the old schema.

Source: the revision history in metadata.xsd. Kernel 4.0 made the resource type mandatory, gave coordinates elements of
their own and made funders a block of their own in place of a contributorType.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from doitui_core.metadata.kernel4 import VOCABULARIES
from doitui_core.metadata.wording import Note, Path, shown

Row = dict[str, Any]

_FUNDER_SCHEMES = {
    "isni": "ISNI",
    "grid": "GRID",
    "ror": "ROR",
    **dict.fromkeys(("fundref", "crossref", "crossref funder", "crossref funder id"), "Crossref Funder ID"),
}
_GENERAL = {word.casefold(): word for word in VOCABULARIES["resourceTypeGeneral"]} | {"film": "Audiovisual"}

# In kernel 3 a text: latitude and longitude; for a box those of its south-west corner, then of its north-east one.
_CORNERS = {
    "geoLocationPoint": ("pointLatitude", "pointLongitude"),
    "geoLocationBox": ("southBoundLatitude", "westBoundLongitude", "northBoundLatitude", "eastBoundLongitude"),
}


CHECK = "check the result"


def _upgraded(path: Path, problem: str) -> Note:
    return Note("upgraded", path, problem, CHECK)


def upgrade(attributes: Row) -> list[Note]:
    """Change `attributes` (canonical form, read from kernel-3 XML) to kernel 4; a note for each change.

    What cannot be read stays as it is, for `validate` to name.
    """
    return [
        Note("kernel_3", ("schemaVersion",), "kernel-3 became kernel-4, DataCite takes no older schema", CHECK),
        *_resource_type(attributes),
        *_funders(attributes),
        *_locations(attributes),
    ]


def _resource_type(attributes: Row) -> Iterator[Note]:
    types = attributes.get("types", {})
    general = str(types.get("resourceTypeGeneral", ""))
    if general in VOCABULARIES["resourceTypeGeneral"]:
        return
    found = _GENERAL.get((general or str(types.get("resourceType", ""))).casefold())
    if general and found is None:
        return
    attributes["types"] = {**types, "resourceTypeGeneral": found or "Other"}
    was = f"was {shown(general)}" if general else "was missing, and kernel 4 requires it"
    yield _upgraded(("types", "resourceTypeGeneral"), f"{was}; it became {found or 'Other'!r}")


def _funders(attributes: Row) -> Iterator[Note]:
    people = attributes.get("contributors", [])
    funders = [row for row in people if row.get("contributorType") == "Funder"]
    if not funders:
        return
    for row in funders:
        dropped = _dropped(row)
        tail = f"; its {', '.join(dropped)} could not be moved" if dropped else ""
        message = f"contributor {shown(row.get('name'))} of type Funder, which kernel 4 has not, moved here{tail}"
        yield _upgraded(("fundingReferences", len(attributes.get("fundingReferences", []))), message)
        attributes.setdefault("fundingReferences", []).append(_funding(row))
    attributes["contributors"] = [row for row in people if row not in funders]
    if not attributes["contributors"]:
        del attributes["contributors"]


def _funding(row: Row) -> Row:
    found: Row = {"funderName": row["name"]} if "name" in row else {}
    for identifier in row.get("nameIdentifiers", [])[:1]:
        scheme = str(identifier.get("nameIdentifierScheme", "")).casefold()
        found["funderIdentifier"] = identifier.get("nameIdentifier")
        found["funderIdentifierType"] = _FUNDER_SCHEMES.get(scheme, "Other")
        if "schemeUri" in identifier:
            found["schemeUri"] = identifier["schemeUri"]
    return found


def _dropped(row: Row) -> list[str]:
    """Members of a contributor for which a funding has no place."""
    names = [name for name in ("affiliation", "lang") if name in row]
    return names + (["further nameIdentifiers"] if len(row.get("nameIdentifiers", [])) > 1 else [])


def _locations(attributes: Row) -> Iterator[Note]:
    for index, location in enumerate(attributes.get("geoLocations", [])):
        for kind, members in _CORNERS.items():
            text = location.get(kind)
            numbers = _numbers(text) if isinstance(text, str) else []
            if len(numbers) != len(members):
                continue
            how = "its numbers have elements of their own now"
            if _is_turned(numbers):
                numbers = [numbers[at ^ 1] for at in range(len(numbers))]
                how += "; they were longitude first, and latitude cannot be above 90"
            location[kind] = dict(zip(members, numbers, strict=True))
            yield _upgraded(("geoLocations", index, kind), f"was the text {shown(text)}; {how}")


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in re.split(r"[\s,;]+", text.strip(" \t\r\n,;"))]
    except ValueError:
        return []


def _is_turned(numbers: list[float]) -> bool:
    """Whether pairs are longitude and latitude, against the schema: only where nothing else is possible."""
    first, second = numbers[::2], numbers[1::2]
    return any(abs(number) > 90 for number in first) and all(abs(number) <= 90 for number in second)
