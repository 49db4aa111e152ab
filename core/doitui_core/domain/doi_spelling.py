"""The ways people write a DOI, and the DOI in them. Pure.

Everything that compares, looks up or keeps a DOI reads it through `bare`, so that all spellings of one DOI are one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

#: Hosts that resolve DOIs: doi.org, the Handle system's own, and DataCite's two for test DOIs.
HOSTS = r"(?:(?:dx\.|www\.)?doi\.org|hdl\.handle\.net|handle\.(?:test|stage)\.datacite\.org)"

#: What stands before the DOI in a URI. What follows it there, from `?` or `#` on, is no part of it.
_URI = re.compile(rf"(?:(?:https?:)?/{{1,2}})?{HOSTS}(?::[0-9]{{1,5}})?/+|info:(?:doi|hdl)/|urn:doi:", re.IGNORECASE)

_LABEL = re.compile(r"(?:doi|hdl)(?::\s*|\s+)", re.IGNORECASE)

#: Characters that come with what people copy and are never seen: soft hyphen, zero width, marks of direction, BOM.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u202a\u202b\u202c\u202d\u202e\ufeff"))

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

#: Nothing to take off and nothing to decode.
_PLAIN = re.compile(r"10\.[!-$&-~]*")

#: The longest text that is looked into. Of what is nested without end each layer would be read to its end.
_LONGEST = 2048


@lru_cache(1024)
def bare(text: str) -> str:
    """The DOI in `text` without resolver address, `doi:`, `info:doi/`, `urn:doi:`, escapes (`%2F`), invisible
    characters and outer blanks, in the case it was written. Any other text only loses its outer blanks.

    `bare(bare(text)) == bare(text)`.
    """
    if _PLAIN.fullmatch(text):
        return text
    found = _unwrapped(text) if len(text) <= _LONGEST else ""
    return found if found.startswith("10.") else text.strip()


def _unwrapped(text: str) -> str:
    """One layer after the other, until none is left: `https://doi.org/doi:10.5072%2FX`."""
    while True:
        found = text.translate(_INVISIBLE).strip()
        if uri := _URI.match(found):
            found = re.split("[?#]", found[uri.end() :], maxsplit=1)[0]
        if label := _LABEL.match(found):
            found = found[label.end() :]
        found = _decoded(found)
        if found == text:
            return found
        text = found


def _decoded(text: str) -> str:
    """`text` with its escapes decoded; as it is where that gives no text, or control characters."""
    if "%" not in text:
        return text
    try:
        plain = unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text
    return text if _CONTROL.search(plain) else plain
