"""The bytes of an XML file as a parser wants them: what editors and older programs write wrongly is put right.

libxml2 follows XML 1.0 (appendix F) and reads every encoding that a byte order mark or a declaration names.
"""

from __future__ import annotations

import codecs
import re

#: A declaration, in bytes whose encoding leaves ASCII as it is.
_DECLARATION = re.compile(rb"<\?xml\s[^>]*\?>")

#: `<` and a NUL: UTF-16 of either order. With `<?` next to it libxml2 sees that itself.
_WIDE = {b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}

_WHITE = b" \t\r\n"


def readable(data: bytes) -> bytes:
    """`data` without white space before the declaration, which no parser allows, and in UTF-8 where it is UTF-16 that
    says so by nothing. A declaration that names UTF-16 in a file of single bytes (programs that write text to memory
    first leave it there) is taken out: such a file is UTF-8.
    """
    data = _from_wide(data)
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
        return _undeclared(data.lstrip(_WHITE))
    if data[:1] in (b"<", b" ", b"\t", b"\r", b"\n") and data[1:2] != b"\x00":
        data = data.lstrip(_WHITE)
        found = _DECLARATION.match(data)
        return _undeclared(data) if found and re.search(rb"(?i)encoding\s*=\s*[\"']utf-?16", found[0]) else data
    return data


def _from_wide(data: bytes) -> bytes:
    """UTF-16 with neither mark nor declaration."""
    encoding = _WIDE.get(data[:2])
    if encoding is None or data[2:4] in (b"?\x00", b"\x00?", b"\x00\x00"):  # the last: UTF-32
        return data
    try:
        return data.decode(encoding).encode()
    except UnicodeError:
        return data


def _undeclared(data: bytes) -> bytes:
    return _DECLARATION.sub(b"", data, count=1) if data.startswith(b"<?xml") else data
