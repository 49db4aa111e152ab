"""Which event is which: canonical ids, the hash by which an event is known, and its UUID. Pure.

DataCite tells events apart by subject, object, source and relation as they were sent, before it brings ids into its own
form (datacite-api 3.2). So ids go out in that form, and whatever is written in two ways is one event.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from doitui_core.domain import identifiers

#: Drawn once, for ever: another one would give every event another UUID.
NAMESPACE = UUID("5b0e3c1c-6f0e-4f0c-9a7a-2d6f4a8f9d31")

DOI = "https://doi.org/"
ORCID = "https://orcid.org/"
ROR = "https://ror.org/"

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)

#: They come with what people copy, are never seen, and make two ids of one.
_ZERO_WIDTH = str.maketrans(dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff"))

_ORCID = re.compile(r"(?:https?://)?(?:www\.)?(?:orcid\.org/)?([0-9]{4}(?:[- ][0-9]{4}){2}[- ][0-9]{3}[0-9X])", re.I)
#: Without `ror.org/` it is no ROR id to DataCite.
_ROR = re.compile(r"(?:https?://)?ror\.org/(0[a-z0-9]{6}[0-9]{2})", re.I)
_URL = re.compile(r"(?:https?|ftp|s3|gs)://[^\s/?#]\S*")
_ARXIV = re.compile(
    r"(?:(?:https?://)?(?:www\.)?arxiv\.org/abs/|arxiv:\s*)?"
    r"([0-9]{4}\.[0-9]{4,5}(?:v[0-9]+)?|[a-z-]+(?:\.[a-z]{2})?/[0-9]{7}(?:v[0-9]+)?)"
)
_PMID = re.compile(
    r"(?:(?:https?://)?(?:pubmed\.ncbi\.nlm\.nih\.gov/|(?:www\.)?ncbi\.nlm\.nih\.gov/pubmed/|identifiers\.org/pubmed:)"
    r"|pmid:\s*)?([0-9]+)/?"
)
_HANDLE = re.compile(r"(?:(?:https?://)?hdl\.handle\.net/|hdl:\s*)?([0-9]+(?:\.[0-9]+)*/\S+)")

#: Parameters that say where a visitor came from, not what the page is.
_TRACKING = re.compile(r"utm|(ref|sources)(=|\Z)")


@lru_cache(1024)
def dedupe_hash(subject: str, relation: str, obj: str, source: str) -> str:
    """The key of an event, by Heratio's recipe (peers 2.4): SHA-256, in hex, of

        bare subject DOI in lower case | relation | object, trimmed and in lower case | source

    Lower case is ASCII's. Only the subject loses `https://doi.org/`; give the object in its canonical form.
    """
    parts = (identifiers.fold(subject), relation.strip(), obj.strip().translate(_LOWER), source.strip())
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def event_uuid(dedupe_hash: str) -> str:
    """The UUID under which an event goes out, always: version 5, of the hash in a namespace of ours.

    Whoever sends the event, and however often, it is one event at DataCite.
    """
    return str(uuid5(NAMESPACE, dedupe_hash))


def doi_id(text: str) -> str:
    """`https://doi.org/10.5072/lower`, unescaped; empty for what is no DOI of any registration agency."""
    doi = identifiers.parse_doi(text)
    return DOI + identifiers.fold(doi) if doi else ""


def orcid_id(text: str) -> str:
    """`https://orcid.org/0000-…`; with or without the host, groups split by dashes or spaces. Empty: none."""
    match = _ORCID.fullmatch(_visible(text).rstrip("/"))
    return ORCID + match[1].replace(" ", "-").upper() if match else ""


def ror_id(text: str) -> str:
    """`https://ror.org/0…`; empty for anything else, a bare id without its host included."""
    match = _ROR.fullmatch(_visible(text))
    return ROR + match[1].lower() if match else ""


def url_id(text: str) -> str:
    """A web address as DataCite's own agent writes it (datacite-api 5); one that leads to a DOI is that DOI.

    All in lower case, without fragment and without the parameters utm…, ref and sources. Empty for other schemes than
    http, https, ftp, s3 and gs.
    """
    plain = _visible(text).lower()
    if not _URL.fullmatch(plain):
        return ""
    try:
        parts = urlsplit(plain)
    except ValueError:
        return ""
    pieces = [piece for piece in parts.query.split("&") if not _TRACKING.match(piece)]
    return doi_id(plain) or parts._replace(query="&".join(pieces), fragment="").geturl()


def arxiv_id(text: str) -> str:
    """`https://arxiv.org/abs/…`; empty for what is no arXiv id."""
    match = _ARXIV.fullmatch(_visible(text).lower())
    return f"https://arxiv.org/abs/{match[1]}" if match else ""


def pmid_id(text: str) -> str:
    """`https://identifiers.org/pubmed:…`; empty for what is no PubMed number."""
    match = _PMID.fullmatch(_visible(text).lower())
    return f"https://identifiers.org/pubmed:{match[1]}" if match else ""


def handle_id(text: str) -> str:
    """`https://hdl.handle.net/…`; empty for what is no Handle."""
    match = _HANDLE.fullmatch(_visible(text).lower())
    return f"https://hdl.handle.net/{match[1]}" if match else ""


def canonical(text: str) -> str:
    """DOI, ORCID and ROR ids in their canonical form; everything else as it was written, without outer blanks."""
    return doi_id(text) or orcid_id(text) or ror_id(text) or text.strip()


@lru_cache(1024)
def id_type(canonical_id: str) -> str:
    """doi, orcid, ror, url, uri, or other."""
    for start, word in ((f"{DOI}10.", "doi"), (ORCID, "orcid"), (ROR, "ror")):
        if canonical_id.startswith(start):
            return word
    if _URL.fullmatch(canonical_id.lower()):
        return "url"
    return "uri" if re.match(r"[a-z][a-z0-9+.-]*:\S", canonical_id, re.I) else "other"


def _visible(text: str) -> str:
    return text.translate(_ZERO_WIDTH).strip()
