"""The tombstone page: title, creators and year of the item, when and why it was withdrawn, what replaces it. Nothing
else of the record is on it, since its metadata is no longer public. Everything is escaped.

Each value has an element with its own text direction; control characters and direction overrides are removed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote

from doitui_core.clock import iso
from doitui_core.config import repositories
from doitui_core.config.repositories import IN_ADDRESS, Config
from doitui_core.db.models import Doi, DoiLog
from doitui_core.dois import datacite_document
from doitui_core.domain.states import Wanted
from doitui_core.errors import Refused


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The content of the page. `attributes`: the record's metadata, {} without a record."""

    doi: str
    attributes: Mapping[str, Any]
    reason: str
    successor: str
    since: datetime | None


def from_row(row: Doi, config: Config | None = None) -> Tombstone:
    """The page of a tombstone, or of a DOI that becomes one. `config`: its repository's settings, if they are known.

    Raises `Refused` for any other DOI.
    """
    if row.wanted != Wanted.TOMBSTONE:
        raise Refused(f"{row.doi} is {row.status}, not a tombstone: there is no page for it", "not_a_tombstone")
    config = config or repositories.config(row.repository)
    attributes = datacite_document.attributes(row.record, config) if row.record else {}
    return Tombstone(row.doi, attributes, row.reason, row.successor, _since(row))


def missing(row: Doi) -> str:
    """A warning for a DOI that is deactivated and has no tombstone page to lead to; empty where it has one."""
    if not row.url or repositories.config(row.repository).tombstone_page(row.doi):
        return ""
    return (
        f"{row.doi} still leads to {row.url}: set tombstone_page_base before deactivating, or replace that page by"
        f" `doitui doi tombstone-page {row.doi}`"
    )


def without_base(codes: Collection[str] = ()) -> list[str]:
    """The codes, of `codes` (none: of all), of repositories without tombstone pages: a DOI that is deactivated still
    leads to its old page.
    """
    rows = [row for row in repositories.all_repositories() if not codes or row.code in codes]
    return [row.code for row in rows if not repositories.config(row).text("tombstone_page_base")]


def _since(row: Doi) -> datetime | None:
    """When the deactivation was requested. Log rows of the worker have a status or cause."""
    requests = DoiLog.select().where(
        DoiLog.doi == row.id, DoiLog.action == "deactivate", DoiLog.http_status == 0, DoiLog.cause == ""
    )
    request = requests.order_by(DoiLog.id.desc()).first()
    return request.at if request is not None else None


STYLE = "body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}dt{font-weight:600}"

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<p>This item is no longer available.</p>
<h1 dir="auto">{title}</h1>
<dl>
{rows}
</dl>
</main>
</body>
</html>
"""

#: Characters that HTML forbids, and direction overrides.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069]")


def render(tombstone: Tombstone) -> str:
    """The page as a whole HTML document."""
    attributes = tombstone.attributes
    title = _first(attributes.get("titles"), "title") or tombstone.doi
    rows = [
        ("Creators", _text("; ".join(_names(attributes.get("creators"))))),
        ("Year", _text(_plain(attributes.get("publicationYear")))),
        ("DOI", _link(tombstone.doi)),
        ("Withdrawn on", _text((iso(tombstone.since) or "")[:10])),
        ("Reason", _text(tombstone.reason)),
        ("Replaced by", _link(tombstone.successor)),
    ]
    lines = [f'<dt>{name}</dt><dd dir="auto">{value}</dd>' for name, value in rows if value]
    return PAGE.format(title=_text(title), style=STYLE, rows="\n".join(lines))


def _text(value: str) -> str:
    return escape(_UNFIT.sub("", value).strip())


def _link(doi: str) -> str:
    address = escape(f"https://doi.org/{quote(doi, safe=IN_ADDRESS, errors='replace')}")
    return f'<a href="{address}">{_text(f"https://doi.org/{doi}")}</a>' if doi else ""


def _rows(value: Any) -> Sequence[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _plain(value: Any) -> str:
    """Text or a number; empty for anything else."""
    return str(value) if isinstance(value, str | int) else ""


def _first(value: Any, member: str) -> str:
    return next((text for row in _rows(value) if (text := _plain(row.get(member)).strip())), "")


def _names(value: Any) -> list[str]:
    names = []
    for row in _rows(value):
        parts = [part for name in ("familyName", "givenName") if (part := _plain(row.get(name)))]
        names.append(_plain(row.get("name")) or ", ".join(parts))
    return [name for name in names if name]
