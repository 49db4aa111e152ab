"""How large a document may be: what DataCite's servers let through, and what its database holds. Pure.

Sources: lupo's nginx template (`client_max_body_size 10M`, lupo#712), its column `xml` (a medium blob), and libxml2,
which reads no single text of more than 10 MB. Most documents are a few kilobytes: `refusal` is for the others only.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from doitui_core.metadata.wording import Note

#: A document as it comes in: what is longer is refused before it is read. DataCite keeps 16.8 MB of XML. Bytes.
LARGEST_DOCUMENT = 20_000_000

#: Values of a document: short ones take a hundred times their bytes in memory.
MOST_VALUES = 1_000_000

#: The body of a request, as it goes over the wire. Bytes.
LONGEST_REQUEST = 10 * 1024 * 1024

#: A document as XML, which DataCite makes of JSON too. Bytes.
LONGEST_XML = 16_777_215

#: One text in it. Bytes.
LONGEST_TEXT = 10_000_000

#: JSON below this stays within every limit, whatever is in it: no row grows tenfold in XML. Characters.
SURELY_SMALL = 1_000_000


def refusal(attributes: Mapping[str, Any], *, packed: bool) -> Note | None:
    """What to say where DataCite would refuse the document for its size. `packed`: whether it is sent gzipped."""
    from doitui_core.metadata import to_xml  # lxml loads only for what is large

    if any(len(text.encode("utf-8", "replace")) > LONGEST_TEXT for text in _texts(attributes)):
        return _note(f"has a text of more than {_megabytes(LONGEST_TEXT)}", "shorten it")
    xml = len(to_xml.render(attributes, doi=""))
    if xml > LONGEST_XML:
        return _note(f"has {_megabytes(xml)} as XML, DataCite keeps {_megabytes(LONGEST_XML)}", "divide the record")
    sent = len(zlib.compress(_written(attributes))) if packed else xml
    if sent > LONGEST_REQUEST:
        how = "gzipped" if packed else "as XML, which MDS takes as it is"
        most = _megabytes(LONGEST_REQUEST)
        return _note(f"has {_megabytes(sent)} {how}, DataCite lets {most} through", "divide the record")
    return None


def _note(problem: str, remedy: str) -> Note:
    return Note("too_large", ("metadata",), problem, remedy)


def _written(attributes: Mapping[str, Any]) -> bytes:
    return json.dumps(attributes, ensure_ascii=False).encode("utf-8", "replace")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
