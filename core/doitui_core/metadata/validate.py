"""Would DataCite take this document, and would its readers be glad of it?

An *error* is only what DataCite refuses for the state that is wanted: the XSD's rules and lupo's own. All else is a
*warning*. Errors come from `schema.json`, warnings from `advice`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import Any, Literal

import jsonschema_rs

from doitui_core.metadata import advice, from_json, landing_pages, languages, over_xml, placeholders
from doitui_core.metadata.kernel4 import VOCABULARIES
from doitui_core.metadata.schema_errors import broken_rules
from doitui_core.metadata.wording import Note, Path, dotted, shown

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: a short stable `code`, where (`creators[0].name`), one line that says what is wrong and
    how to fix it, and the latter alone: `remedy`.
    """

    code: str
    level: Level
    path: str
    message: str
    remedy: str = ""


#: Findings of each level that are listed for one document: no one reads more, and a broken one may have millions.
MOST = 1000

# OPUS's words for the mandatory fields.
_MISSING = {
    "creators": "creator_missing",
    "titles": "title_missing",
    "publisher": "publisher_missing",
    "publisher.name": "publisher_missing",
    "publicationYear": "publication_year_missing",
    "types": "document_type_missing",
    "types.resourceTypeGeneral": "document_type_missing",
}
#: What to do where a mandatory field is missing.
_FILL_IN = {
    "creator_missing": "name a person or an organisation, or write ':unav'",
    "title_missing": "give a title, or write ':unas'",
    "publisher_missing": "name who publishes it, or write ':unav'",
    "publication_year_missing": placeholders.YEAR,
    "document_type_missing": "give types.resourceTypeGeneral, such as Dataset, Text or Image",
}
_YEAR_RANGE = "write a year from 1000 to 9999, which DataCite keeps as a number"
_SYNTAX = {
    "publicationYear": ("year_syntax", _YEAR_RANGE),
    "language": ("language_syntax", "write a code such as en or pt-BR"),
    "lang": ("language_syntax", "write a code such as en or pt-BR"),
    "contentUrl": ("url_syntax", "write an address that starts with https://, http://, ftp://, gs://, s3:// or dos://"),
}
_TARGETS = ("draft", "registered", "findable")


def check(attributes: Mapping[str, Any], target: str = "findable") -> list[Finding]:
    """What is wrong with `attributes` (canonical form) for a DOI that is to be draft, registered or findable.

    Errors first, each group in the order of the document; [] when there is nothing to say. Reads any JSON without
    raising. A missing `url` is not looked at: it is no metadata.
    """
    present = _present(attributes)
    refused = _refused(present, target)
    refused_at = {(found.code, found.path) for found in refused}
    # JSON may hold half a character, and no request can: records with one are not stored.
    notes = islice(advice.notes(present), MOST)
    advised = [finding(note, "error" if note.code == "half_character" else "warning") for note in notes]
    findings = refused + [found for found in advised if (found.code, found.path) not in refused_at]
    return sorted(findings, key=lambda found: found.level)


def errors(attributes: Mapping[str, Any], target: str) -> list[Finding]:
    """The errors of `check` alone, which are found in a fifth of the time."""
    return only_errors(_refused(_present(attributes), target))


def only_errors(findings: Iterable[Finding]) -> list[Finding]:
    """What DataCite would refuse among `findings`."""
    return [found for found in findings if found.level == "error"]


def _present(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value not in (None, "", [], {})}


def _refused(present: Mapping[str, Any], target: str) -> list[Finding]:
    if target not in _TARGETS:
        raise ValueError(f"target {target!r} is none of {', '.join(_TARGETS)}")
    try:
        found = [_from_schema(error, path, target) for error, path in islice(broken_rules(present), MOST)]
    except UnicodeEncodeError:  # half a character, of which `advice` tells the place
        found = []
    url = present.get("url")
    return found + (page_errors(url) if isinstance(url, str) else [])


def page_errors(url: str) -> list[Finding]:
    """What DataCite refuses in a landing page, in every state."""
    note = landing_pages.refusal(url)
    return [] if note is None else [finding(note, "error")]


def page_warnings(url: str, own_doi: Callable[[], str] = str) -> list[Finding]:
    """What readers will regret in a landing page without `page_errors`. `own_doi` as in `landing_pages.notes`."""
    return [finding(note, "warning") for note in landing_pages.notes(url, own_doi)]


def xml_warnings(attributes: Mapping[str, Any]) -> list[Finding]:
    """What DataCite will keep changed, or not at all, when the document goes to it as XML (`over_xml`)."""
    return [finding(note, "warning") for note in islice(over_xml.notes(attributes), MOST)]


def unknown_fields(document: Mapping[str, Any], own: Collection[str] = ()) -> list[Finding]:
    """The fields of a document, as it was read, that are no part of DataCite's metadata; `own` are known besides."""
    names = (name for name in from_json.unknown(document) if name not in own)
    return [finding(_unknown_name(name), "warning") for name in islice(names, MOST)]


def _unknown_name(name: str) -> Note:
    close = get_close_matches(name.rpartition(".")[2], from_json.members_at(name.rpartition(".")[0]), n=1)
    remedy = "remove it or check its spelling" + (f" (did you mean {close[0]!r}?)" if close else "")
    return Note("unknown_field", (name,), "is not a field of DataCite's metadata and is left out", remedy)


def _from_schema(error: jsonschema_rs.ValidationError, path: Path, target: str) -> Finding:
    reading = _READINGS[error.kind.name](error, path)
    return finding(reading, "error" if target != "draft" or _refused_as_draft(reading) else "warning")


def finding(note: Note, level: Level) -> Finding:
    """A note as a finding."""
    where = dotted(note.path)
    return Finding(note.code, level, where, f"{where}: {note.message}", note.remedy)


def _refused_as_draft(reading: Note) -> bool:
    """Whether lupo's own checks, which run in every state (app/models/doi.rb, check_*), refuse it too."""
    code, path = reading.code, reading.path
    in_contributors = path[0] == "contributors" and path[-1] == "contributorType"
    return code in ("wrong_shape", "too_long", "url_syntax", "unknown_field") or in_contributors


def _missing(error: Any, path: Path) -> Note:
    path = (*path, error.kind.property) if error.kind.name == "required" else path
    code = _MISSING.get(dotted(path), "value_missing")
    remedy = _FILL_IN.get(code) or _one_of(VOCABULARIES.get(_name(path), ())) or "fill it in or remove the entry"
    return Note(code, path, "required by DataCite, missing", remedy)


def _unknown_value(error: Any, path: Path) -> Note:
    if not isinstance(error.instance, str):
        return _wrong_shape("text", error.instance, path)
    return Note("unknown_value", path, f"{shown(error.instance)} is not in DataCite's list", _advised(error))


def _advised(error: Any) -> str:
    options: list[str] = error.kind.options
    by_case = {option.casefold(): option for option in options}
    same = by_case.get(error.instance.casefold())
    if same is not None:
        return f"write '{same}'"
    close = get_close_matches(error.instance.casefold(), by_case, n=1)
    if close:
        return f"did you mean '{by_case[close[0]]}'?"
    return _one_of(options)


def _one_of(options: Sequence[str]) -> str:
    more = f" ... ({len(options)} in Kernel 4.7)" if len(options) > 12 else ""
    return f"write one of {', '.join(options[:12])}{more}" if options else ""


def _wrong_type(error: Any, path: Path) -> Note:
    types = error.kind.types
    if "number" in types and isinstance(error.instance, str):
        return Note("number_syntax", path, f"{shown(error.instance)} is not a number", "write degrees such as 52.3906")
    if "integer" in types and isinstance(error.instance, int | float):
        return _bad_syntax(error, path)
    return _wrong_shape(" or ".join(map(_SHAPES.__getitem__, types)), error.instance, path)


_SHAPES = {"object": "an object", "array": "a list", "string": "text", "number": "a number", "integer": "a number"}


def _wrong_shape(wanted: str, value: Any, path: Path) -> Note:
    return Note("wrong_shape", path, f"{shown(value)} is not {wanted}", f"use {wanted}")


def _bad_syntax(error: Any, path: Path) -> Note:
    code, hint = _SYNTAX[_name(path)]
    if code == "year_syntax" and isinstance(error.instance, str) and placeholders.is_placeholder(error.instance):
        hint = placeholders.YEAR if path == ("publicationYear",) else f"{_YEAR_RANGE}, or leave it out"
    if code == "language_syntax" and (meant := languages.meant_by(str(error.instance)[:40])):
        hint = f"did you mean {meant!r}?"
    return Note(code, path, f"{shown(error.instance)} cannot be used", hint)


def _name(path: Path) -> str:
    """The last name in a path, whatever row of it is meant."""
    return next(step for step in reversed(path) if isinstance(step, str))


def _out_of_range(error: Any, path: Path) -> Note:
    if path[-1] in _SYNTAX:
        return _bad_syntax(error, path)
    reach = 90 if str(path[-1]).endswith("Latitude") else 180
    return Note(
        "out_of_range", path, f"{shown(error.instance)} is out of range", f"write degrees from -{reach} to {reach}"
    )


def _too_long(error: Any, path: Path) -> Note:
    limit, length = error.kind.limit, len(error.instance)
    problem = f"has {length} characters, DataCite takes {limit}"
    return Note("too_long", path, problem, "shorten it or give a rightsUri instead")


def _point_count(error: Any, path: Path) -> Note:
    inner = sum("inPolygonPoint" in point for point in error.instance if isinstance(point, Mapping))
    if inner > 1:
        return Note("too_many_points", path, f"has {inner} inPolygonPoint", "leave one")
    return Note("too_few_points", path, "has fewer than 4 polygonPoint", "give at least 4, the last like the first")


def _unknown_field(error: Any, path: Path) -> Note:
    names = ", ".join(map(shown, error.kind.unexpected))
    return Note("unknown_field", path, f"unknown field {names}", "remove it")


_READINGS: dict[str, Callable[[Any, Path], Note]] = {
    "required": _missing,
    "minItems": _missing,
    "minLength": _missing,
    "enum": _unknown_value,
    "type": _wrong_type,
    "pattern": _bad_syntax,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "maxLength": _too_long,
    "contains": _point_count,
    "additionalProperties": _unknown_field,
}
