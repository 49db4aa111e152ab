"""What may stand in a generated suffix, and how an object id becomes part of one. Pure.

Two object ids never become one DOI unnoticed. In an ASCII id a hyphen replaces what DataCite does not take (Heratio's
rule); where two ids become alike, as `a b` and `a-b`, the second is refused and a person decides. In any other id that
rule would lose every letter beyond ASCII. So it keeps what Unicode decomposes to ASCII and gets a hash of the whole id:
`M\u00fcller 1` becomes `Muller-1-` with eight letters or digits.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b32encode
from hashlib import sha256

from doitui_core.errors import InvalidDoi

#: What DataCite takes in a suffix (lupo doi.rb).
ALLOWED = re.compile(r"[-._;()/:a-zA-Z0-9*~$=]+")

_NOT_ALLOWED = re.compile(r"[^-._;()/:a-zA-Z0-9*~$=]+")

#: Bytes of the hash; five are eight characters in base 32.
_HASH_BYTES = 5


def allowed(text: str) -> str:
    """`text` with hyphens for what DataCite does not take."""
    return _NOT_ALLOWED.sub("-", text)


def from_object_id(object_id: str) -> str:
    """The part of a suffix that stands for `object_id`: always the same for one id, another one for any other id that
    is not ASCII. Raises `InvalidDoi` where only hyphens would be left.
    """
    part = allowed(object_id) if object_id.isascii() else _with_hash(object_id)
    if not part.strip("-/"):
        raise InvalidDoi(
            f"object id {object_id!r} leaves nothing for a DOI but hyphens: put a DOI of its own into its document"
        )
    return part


def _with_hash(object_id: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", object_id).encode("ascii", "ignore").decode()
    # Neither empty segments nor segments of dots: what stood there is gone, and the hash stands for it.
    segments = [allowed(segment).strip("-.") for segment in ascii_only.split("/")]
    return "-".join(filter(None, ["/".join(filter(None, segments)), _hash(object_id)]))


def _hash(object_id: str) -> str:
    digest = sha256(object_id.encode("utf-8", "surrogatepass")).digest()
    return b32encode(digest[:_HASH_BYTES]).decode().lower()
