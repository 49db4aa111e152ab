"""Request bodies of the MDS API: XML, and lines of `name=value` (datacite-api.md 2)."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

_KERNEL = re.compile(rb"""\bxmlns(?::[\w.-]+)?\s*=\s*["']http://datacite\.org/schema/kernel""")
_IDENTIFIER = re.compile(rb"<(?:[\w.-]+:)?identifier\b[^>]*>\s*([^<]*?)\s*</")


def lines(body: bytes) -> dict[str, str]:
    """`name=value` lines in any order; values are stripped, so that CRLF is fine (2, 5)."""
    pairs = (line.partition("=") for line in body.decode("utf-8", "replace").split("\n"))
    return {name: value.strip() for name, _, value in pairs}


def doi_lines(body: bytes) -> tuple[str, str]:
    """DOI and landing page, empty where missing; CGI-unescaped, so that `+` is a space and `%20` too (2, 5)."""
    values = lines(body)
    return unquote_plus(values.get("doi", "")), unquote_plus(values.get("url", ""))


def identifier(xml: bytes) -> str | None:
    """The text of `<identifier>`; None without one."""
    found = _IDENTIFIER.search(xml)
    return found[1].decode("utf-8", "replace") or None if found else None


def is_datacite_xml(body: bytes) -> bool:
    """Whether a kernel namespace is declared. Not accepted here: citeproc, schema.org, BibTeX and RIS."""
    return _KERNEL.search(body) is not None
