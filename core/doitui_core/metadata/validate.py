"""Would DataCite take this document, and would its readers be glad of it?

An *error* is only what DataCite refuses for the state that is wanted: the XSD's rules and lupo's own. All else is a
*warning*. Errors come from `schema.json`, warnings from `advice`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import jsonschema_rs

from doitui_core.metadata import advice, landing_pages, over_xml
from doitui_core.metadata.wording import Path, dotted, shown

Level = Literal["error", "warning"]
Reading = tuple[str, Path, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: a short stable `code`, where (`creators[0].name`), and one line that says what to do."""

    code: str
    level: Level
    path: str
    message: str


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
_SYNTAX = {
    "publicationYear": ("year_syntax", "write a year from 1000 to 9999, which DataCite keeps as a number"),
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
    refused_at = {(finding.code, finding.path) for finding in refused}
    # JSON may hold half a character, and no request can: records with one are not stored.
    advised = [_finding(note, "error" if note[0] == "half_character" else "warning") for note in advice.notes(present)]
    findings = refused + [finding for finding in advised if (finding.code, finding.path) not in refused_at]
    return sorted(findings, key=lambda finding: finding.level)


def errors(attributes: Mapping[str, Any], target: str) -> list[Finding]:
    """The errors of `check` alone, which are found in a fifth of the time."""
    return [finding for finding in _refused(_present(attributes), target) if finding.level == "error"]


def _present(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value not in (None, "", [], {})}


def _refused(present: Mapping[str, Any], target: str) -> list[Finding]:
    if target not in _TARGETS:
        raise ValueError(f"target {target!r} is none of {', '.join(_TARGETS)}")
    try:
        found = [_from_schema(error, target) for error in _schema().iter_errors(present)]
    except UnicodeEncodeError:  # half a character, of which `advice` tells the place
        found = []
    url = present.get("url")
    return found + (page_errors(url) if isinstance(url, str) else [])


def page_errors(url: str) -> list[Finding]:
    """What DataCite refuses in a landing page, in every state."""
    note = landing_pages.refusal(url)
    return [] if note is None else [_about_page(note, "error")]


def page_warnings(url: str, own_doi: Callable[[], str] = str) -> list[Finding]:
    """What readers will regret in a landing page without `page_errors`. `own_doi` as in `landing_pages.notes`."""
    return [_about_page(note, "warning") for note in landing_pages.notes(url, own_doi)]


def xml_warnings(attributes: Mapping[str, Any]) -> list[Finding]:
    """What DataCite will keep changed, or not at all, when the document goes to it as XML (`over_xml`)."""
    return [_finding(note, "warning") for note in over_xml.notes(attributes)]


def _about_page(note: landing_pages.Note, level: Level) -> Finding:
    return _finding((note[0], ("url",), note[1]), level)


@cache
def _schema() -> jsonschema_rs.Draft202012Validator:
    text = files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
    # The linear-time engine: no text can make a pattern hang.
    return jsonschema_rs.Draft202012Validator(json.loads(text), pattern_options=jsonschema_rs.RegexOptions())


def _from_schema(error: jsonschema_rs.ValidationError, target: str) -> Finding:
    reading = _READINGS[error.kind.name](error, tuple(error.instance_path))
    return _finding(reading, "error" if target != "draft" or _refused_as_draft(reading) else "warning")


def _finding(reading: Reading, level: Level) -> Finding:
    code, path, message = reading
    return Finding(code, level, dotted(path), f"{dotted(path)}: {message}")


def _refused_as_draft(reading: Reading) -> bool:
    """Whether lupo's own checks, which run in every state (app/models/doi.rb, check_*), refuse it too."""
    code, path, _ = reading
    in_contributors = path[0] == "contributors" and path[-1] == "contributorType"
    return code in ("wrong_shape", "too_long", "url_syntax", "unknown_field") or in_contributors


def _missing(error: Any, path: Path) -> Reading:
    path = (*path, error.kind.property) if error.kind.name == "required" else path
    return _MISSING.get(dotted(path), "value_missing"), path, "required by DataCite, missing"


def _unknown_value(error: Any, path: Path) -> Reading:
    if not isinstance(error.instance, str):
        return _wrong_shape("text", error.instance, path)
    return "unknown_value", path, f"{shown(error.instance)} is not in DataCite's list: {_advised(error)}"


def _advised(error: Any) -> str:
    options: list[str] = error.kind.options
    by_case = {option.casefold(): option for option in options}
    same = by_case.get(error.instance.casefold())
    if same is not None:
        return f"write '{same}'"
    close = get_close_matches(error.instance.casefold(), by_case, n=1)
    if close:
        return f"did you mean '{by_case[close[0]]}'?"
    listed = ", ".join(options[:12])
    return f"write one of {listed}" + (f" ... ({len(options)} in Kernel 4.7)" if len(options) > 12 else "")


def _wrong_type(error: Any, path: Path) -> Reading:
    types = error.kind.types
    if "number" in types and isinstance(error.instance, str):
        return "number_syntax", path, f"{shown(error.instance)} is not a number: write decimal degrees such as 52.3906"
    if "integer" in types and isinstance(error.instance, int | float):
        return _bad_syntax(error, path)
    return _wrong_shape(" or ".join(map(_SHAPES.__getitem__, types)), error.instance, path)


_SHAPES = {"object": "an object", "array": "a list", "string": "text", "number": "a number", "integer": "a number"}


def _wrong_shape(wanted: str, value: Any, path: Path) -> Reading:
    return "wrong_shape", path, f"{shown(value)} is not {wanted}: use {wanted}"


def _bad_syntax(error: Any, path: Path) -> Reading:
    code, hint = _SYNTAX[_name(path)]
    return code, path, f"{shown(error.instance)} cannot be used: {hint}"


def _name(path: Path) -> str:
    """The last name in a path, whatever row of it is meant."""
    return next(step for step in reversed(path) if isinstance(step, str))


def _out_of_range(error: Any, path: Path) -> Reading:
    if path[-1] in _SYNTAX:
        return _bad_syntax(error, path)
    reach = 90 if str(path[-1]).endswith("Latitude") else 180
    return "out_of_range", path, f"{shown(error.instance)} is out of range: write degrees from -{reach} to {reach}"


def _too_long(error: Any, path: Path) -> Reading:
    limit, length = error.kind.limit, len(error.instance)
    return "too_long", path, f"has {length} characters, DataCite takes {limit}: shorten it or give a rightsUri instead"


def _point_count(error: Any, path: Path) -> Reading:
    inner = sum("inPolygonPoint" in point for point in error.instance if isinstance(point, Mapping))
    if inner > 1:
        return "too_many_points", path, f"has {inner} inPolygonPoint: leave one"
    return "too_few_points", path, "has fewer than 4 polygonPoint: give at least 4, the last like the first"


def _unknown_field(error: Any, path: Path) -> Reading:
    names = ", ".join(map(shown, error.kind.unexpected))
    return "unknown_field", path, f"unknown field {names}: remove it"


_READINGS: dict[str, Callable[[Any, Path], Reading]] = {
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
