"""Dates of archival events in the syntax that DataCite documents, and the publication year they give. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from doitui_core.metadata import dates

Event = Mapping[str, Any]

#: Kernel 4's date type of an event's type (AtoM's terms, lower case); of any other `Other`.
DATE_TYPES = {
    "creation": "Created",
    "production": "Created",
    "publication": "Issued",
    "distribution": "Available",
    "accumulation": "Collected",
    "collection": "Collected",
    "copyright": "Copyrighted",
}

#: Events whose earliest year is the publication year.
_OF_YEAR = ("creation", "production", "publication", "accumulation", "collection")

#: Unknown months and days, as AtoM writes them: 2016-00-00.
_ZEROS = re.compile(r"(-00)+$")

#: What people write for an approximate year and for a span of years.
_CIRCA = re.compile(r"(?:c|ca|circa|um|vers|approximately)\.?\s*([0-9]{4})", re.IGNORECASE)
_SPAN = re.compile(r"([0-9]{4})\s*[-\u2013\u2014]\s*([0-9]{4})")

#: Not a year before 0000, which carries a minus sign.
_YEAR = re.compile(r"(?<![0-9-])[0-9]{4}(?![0-9])")


def row(event: Event) -> dict[str, Any] | None:
    """The Kernel-4 row of an event's date; None where it has none.

    `start` and `end` are ISO 8601 and make a range; `start` alone is the date, `end` alone a range from `unknown`
    (EDTF). Without them `date` counts. Where both are there `date`, as people read it, becomes the information.
    """
    text, plain = when(event), str(event.get("date") or "")
    if not text:
        return None
    kind = str(event.get("type") or "creation")
    found = {"date": text, "dateType": DATE_TYPES.get(kind.casefold(), "Other")}
    notes = [kind if found["dateType"] == "Other" else "", plain if plain != text else ""]
    if information := ": ".join(filter(None, notes)):
        found["dateInformation"] = information
    return found


def when(event: Event) -> str:
    """The date of an event, or the range from its start to its end; empty without one."""
    start, end = (_exact(event.get(side)) for side in ("start", "end"))
    if start or end:
        return start if end in ("", start) else f"{start or 'unknown'}/{end}"
    return _read(str(event.get("date") or ""))


def year(events: Iterable[Event]) -> int | None:
    """The earliest year of creation or publication; None where none is from 1000 to 9999, as DataCite wants it."""
    kinds = (event for event in events if str(event.get("type") or "creation").casefold() in _OF_YEAR)
    years = [int(found) for event in kinds for found in _YEAR.findall(when(event))]
    return min((found for found in years if found >= 1000), default=None)


def _exact(text: Any) -> str:
    return _ZEROS.sub("", str(text or ""))


def _read(text: str) -> str:
    """A date as people write it in the syntax of DataCite where that is certain, else unchanged."""
    exact = _exact(text)
    if dates.is_date(exact):
        return exact
    if circa := _CIRCA.fullmatch(text):
        return f"{circa[1]}~"
    if (span := _SPAN.fullmatch(text)) and span[1] <= span[2]:
        return f"{span[1]}/{span[2]}"
    return text
