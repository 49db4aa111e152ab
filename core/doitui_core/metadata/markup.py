"""Entities and tags in text: unchanged over REST, so that readers see them; removed from XML.

bolognese's `sanitize` (utils.rb) reads titles, descriptions, subjects, sizes, formats and dates of XML as HTML: it
keeps a few tags, takes out all others, and writes & < > as entities.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.entities import html5

from doitui_core.metadata.wording import Note, shown

#: Tags that DataCite leaves in what it reads from XML.
KEPT_TAGS = ("b", "br", "code", "em", "i", "pre", "strong", "sub", "sup")

#: Members that people read; identifiers and addresses are none.
PROSE = frozenset(
    (
        *("title", "name", "givenName", "familyName", "description", "subject", "rights", "funderName", "awardTitle"),
        *("geoLocationPlace", "dateInformation", "resourceType", "relationTypeInformation", "publisher", "edition"),
        *("sizes", "formats", "version"),
    )
)

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|([A-Za-z][A-Za-z0-9]{1,31}));")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(?:\s[^<>]*)?/?>")
_KEPT_PAIR = re.compile(rf"<({'|'.join(tag for tag in KEPT_TAGS if tag != 'br')})>([^<>]*)</\1>|<br>")


def notes(text: str) -> Iterator[Note]:
    """A note for the first entity and the first tag in a text that people read."""
    entity = _first_entity(text) if "&" in text else ""
    if entity:
        problem = f"{shown(text)} has {entity}, which DataCite keeps as it is"
        yield Note("entity", (), problem, f"write {html.unescape(entity)!r}")
    tag = _TAG.search(text) if "<" in text else None
    if tag is not None:
        problem = f"{shown(text)} has {tag[0][:20]}, which readers may see as it is"
        yield Note("markup", (), problem, "write plain text")


def changed_by_xml(text: str) -> bool:
    """Whether DataCite would keep another text when it reads this one from XML."""
    if not any(character in text for character in "&<>"):
        return False
    plain, found = text, 1
    while found:
        plain, found = _KEPT_PAIR.subn(r"\2", plain)
    return any(character in plain for character in "&<>")


def _first_entity(text: str) -> str:
    for match in _ENTITY.finditer(text):
        if match[1] is None or f"{match[1]};" in html5:
            return match[0]
    return ""
