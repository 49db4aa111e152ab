"""Under which address the hub is known: in links, and in the subjects of the events that its reports give."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import falcon

from doitui.web.common.refusals import refusal
from doitui.web.hub.options import HubOptions
from doitui_core.domain import addresses, environments

#: What stores the address for ever: the URL of a report is the subject of its events.
_STORES = frozenset((method, path) for method in ("POST", "PUT", "PATCH") for path in ("/reports", "/reports/{uid}"))


class PublicAddress:
    """Falcon middleware: with `public_url`, requests look as if they had come to it, whatever their Host says.

    Without, links have the Host of the request, which anybody can invent; so reports are only taken where it is
    beyond doubt: this machine, the address the hub listens on, or what a trusted proxy says.
    """

    def __init__(self, options: HubOptions) -> None:
        self._options = options
        self._public = urlsplit(options.public_url)

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Raises 400 for a Host that is no host (RFC 9112 3.2)."""
        if self._public.netloc:
            req.env["wsgi.url_scheme"], req.env["HTTP_HOST"] = self._public.scheme, self._public.netloc
            req.env["SCRIPT_NAME"] = self._public.path
        elif _host(req) is None:
            raise refusal(400, "Host is not a valid host name")

    def process_resource(
        self, req: falcon.Request, _resp: falcon.Response, _resource: object, _params: dict[str, Any]
    ) -> None:
        """Raises 421 for a report sent to an address of which nobody knows whether it is the hub's."""
        if (req.method, (req.uri_template or "").rstrip("/")) in _STORES and not self._is_known(req):
            title = f"{_host(req)} is not known as the address of this hub: its operator sets hub_url or --public-url"
            raise refusal(421, title)

    def _is_known(self, req: falcon.Request) -> bool:
        host = _host(req) or ""
        return (
            bool(self._public.netloc)
            or environments.is_loopback(f"http://{req.netloc}")
            or host == self._options.host.lower()
            or (self._options.proxied and "HTTP_X_FORWARDED_HOST" in req.env)
        )


def _host(req: falcon.Request) -> str | None:
    """The host in lower case, None where it is none."""
    url = f"http://{req.netloc}"
    try:
        return addresses.host(url) if addresses.authority(url) == req.netloc else None
    except ValueError:
        return None
