"""What an operator chooses for a hub: options of `doitui hub`, else settings."""

from __future__ import annotations

from dataclasses import dataclass

from doitui_core.config import settings


@dataclass(frozen=True, slots=True)
class HubOptions:
    """`lenient`: take the reports that DataCite's store takes, with warnings. `datacite_scope`: list only the events
    that DataCite keeps since 2026. `public_url`: the hub's address in links and in the subjects of its events, without
    a slash at its end; empty: that of the request. `host`: what it listens on; `proxied`: a proxy is trusted to say how
    it was called.
    """

    lenient: bool = False
    datacite_scope: bool = False
    public_url: str = ""
    host: str = ""
    proxied: bool = False


DEFAULTS = HubOptions()


def chosen(*, lenient: bool = False, datacite_scope: bool = False, public_url: str = "") -> HubOptions:
    """What was given, else the settings `hub_lenient`, `hub_datacite_scope` and `hub_url` of the open database."""
    stored = settings.load()
    return HubOptions(
        lenient or stored.get("hub_lenient") == "1",
        datacite_scope or stored.get("hub_datacite_scope") == "1",
        public_url or str(stored.get("hub_url") or ""),
    )
