"""What becomes other than it was sent when it goes to DataCite as XML, over MDS: warned of before, compared after.

DataCite keeps JSON letter for letter. XML it reads with bolognese, which cleans texts as HTML, drops dates that are no
EDTF and empties related DOIs that are none (datacite-api 4.2, `markup`, `dates`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from doitui_core.metadata import markup
from doitui_core.metadata.date_advice import in_edtf_of_2012
from doitui_core.metadata.dates import is_date, is_edtf
from doitui_core.metadata.kernel4 import UNKNOWN_VALUES
from doitui_core.metadata.wording import Note, Path, shown

#: Blocks for which the schema has no place.
LEFT_OUT = ("contentUrl", "container")

#: Blocks whose rows have a text that is cleaned -> its member; lists of bare texts have none.
_CLEANED = {"titles": "title", "descriptions": "description", "subjects": "subject", "sizes": "", "formats": ""}

#: bolognese knows prefixes of four and five digits only.
_DOI = re.compile(
    r"(?:https?://?(?:dx\.)?(?:doi\.org|handle\.(?:stage|test)\.datacite\.org)/)?(?:doi:)?10\.[0-9]{4,5}/.+"
)


def carried(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that XML carries."""
    return {name: value for name, value in attributes.items() if name not in LEFT_OUT}


def notes(attributes: Mapping[str, Any]) -> Iterator[Note]:
    """A note for each value that DataCite will keep changed, or not at all."""
    for block in LEFT_OUT:
        if attributes.get(block):
            problem = "is not sent over MDS, since XML has no place for it"
            yield Note("not_sent", (block,), problem, "set transport to rest")
    for block, member in _CLEANED.items():
        for path, text in _texts(attributes, block, member):
            if markup.changed_by_xml(text):
                yield Note("changed_by_xml", path, _cleaned(text), "write it without, or set transport to rest")
    for path, text in _texts(attributes, "dates", "date"):
        if is_date(text) and not is_edtf(text) and text not in UNKNOWN_VALUES:
            problem = f"{shown(text)} is lost over MDS, which keeps dates of EDTF's draft of 2012 only"
            yield Note("date_lost", path, problem, in_edtf_of_2012(text))
    for path, kind in _texts(attributes, "identifiers", "identifierType"):
        if kind.casefold() == "doi":
            yield Note("lost_over_xml", path, f"{shown(kind)} is lost over MDS", "give the DOI as a relatedIdentifier")
    yield from _related(attributes)


def _related(attributes: Mapping[str, Any]) -> Iterator[Note]:
    for path, text in _texts(attributes, "relatedIdentifiers", "relatedIdentifier"):
        row = attributes["relatedIdentifiers"][path[1]]
        if row.get("relatedIdentifierType") == "DOI" and not _DOI.fullmatch(text):
            problem = f"{shown(text)} is lost over MDS, which takes it for no DOI"
            yield Note("lost_over_xml", path, problem, "write 10.NNNN/suffix")


def _texts(attributes: Mapping[str, Any], block: str, member: str) -> Iterator[tuple[Path, str]]:
    rows = attributes.get(block)
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        value = row.get(member) if member and isinstance(row, Mapping) else row
        if isinstance(value, str):
            yield (block, index, member) if member else (block, index), value


def _cleaned(text: str) -> str:
    """What happens to `text`, in words: its beginning may be far from what is changed."""
    what = []
    if re.search(r"<[A-Za-z/!?]", text):
        what.append("tags are taken out, with what looks like one")
    if re.search(r"[&>]|<(?![A-Za-z/!?])", text):
        what.append("& < > become &amp; &lt; &gt;")
    return f"{shown(text)} is changed over MDS ({'; '.join(what)})"
