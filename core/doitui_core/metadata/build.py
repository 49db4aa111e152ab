"""From the canonical form to the attributes of one request, and what tells two requests apart."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from doitui_core.metadata.kernel4 import BLOCKS, SCHEMA_VERSION, Rows


def document(attributes: Mapping[str, Any], *, doi: str, url: str | None) -> dict[str, Any]:
    """The whole document as DataCite wants it: every block present, [] or null where the record has none.

    DataCite keeps an absent block and deletes an empty one, so only the whole document makes both sides equal.
    `schemaVersion` is exactly kernel-4, since any other 4.x skips the check. `event` is the caller's to add.
    """
    blocks = {name: attributes[name] for name in BLOCKS if name in attributes}
    return whole({"doi": doi, "url": url, "schemaVersion": SCHEMA_VERSION, **blocks})


def filled(document: Mapping[str, Any]) -> dict[str, Any]:
    """`document` without what is empty: all that a DOI needs which does not exist yet, and so has nothing to clear."""
    return {name: value for name, value in document.items() if value not in (None, "", [], {})}


def whole(document: Mapping[str, Any]) -> dict[str, Any]:
    """`document` with [] or null for every block that it does not have: what `filled` took out."""
    empty: dict[str, Any] = {name: [] if isinstance(shape, Rows) else None for name, shape in BLOCKS.items()}
    return {"url": None, **empty, **document}


def fingerprint(document: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the document without `event`: equal for equal content, whatever the order of its keys."""
    content = {name: value for name, value in document.items() if name != "event"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # JSON may carry half a surrogate pair, which UTF-8 proper cannot.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
