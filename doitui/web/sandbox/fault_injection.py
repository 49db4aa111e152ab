"""The middleware that applies faults to requests, and `POST` and `DELETE /_faults`."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable
from http import HTTPStatus

import falcon

from doitui.web.common import bodies
from doitui.web.common.answers import answer_json, html_page
from doitui.web.common.refusals import refusal
from doitui.web.sandbox.faults import Fault, Faults
from doitui.web.sandbox.request_log import CONTROL
from doitui_core.errors import BadInput

# The WSGI environ's key for a callable that resets the connection: the sandbox's own server puts it there.
ABORT = "doitui.abort"
_GONE = "waitress.client_disconnected"

# Where a fault of kind html and status 3xx leads: to the login page of a captive portal. No such host exists.
LOGIN_PAGE = "http://login.invalid/"

# Seconds between two checks whether the client of a hung request has disconnected.
_POLL = 0.05


class FaultInjection:
    """Falcon middleware. `stopping` ends every wait when the sandbox shuts down."""

    def __init__(self, faults: Faults, stopping: threading.Event) -> None:
        self._faults = faults
        self._stopping = stopping

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Count the request; `ignore_event` and `search_lag` (seconds) in `req.context` are for the resources."""
        acting = [] if req.path.startswith(CONTROL) else self._faults.acting(req.method, req.path)
        req.context.faults = acting
        req.context.ignore_event = any(fault.kind == "wrong-state" for fault in acting)
        req.context.search_lag = max((fault.seconds or 0 for fault in acting if fault.kind == "search-lag"), default=0)

    def process_resource(self, req: falcon.Request, _resp: falcon.Response, _resource: object, _params: object) -> None:
        """Before the resource: wait for `latency`, and raise the error of `status`, `html` and `gateway`."""
        for fault in req.context.faults:
            if fault.kind == "latency":
                self._stopping.wait(fault.seconds)
            elif fault.kind in _ERRORS:
                raise _ERRORS[fault.kind](fault)

    def process_response(self, req: falcon.Request, _resp: falcon.Response, _resource: object, _ok: bool) -> None:
        """After the resource: withhold the answer, for `hang` and `reset`."""
        for fault in req.context.faults:
            if fault.kind in ("hang", "reset"):
                self._wait(fault.seconds or 0, req.env[_GONE])
                req.env[ABORT]()

    def _wait(self, seconds: float, gone: Callable[[], bool]) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not gone() and not self._stopping.wait(_POLL):
            pass


class FaultsResource:
    """`/_faults`."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Replace all faults by `{"faults": ["…"]}`; 400 and no change when one cannot be parsed."""
        document = bodies.read_json(req)
        specs = document.get("faults") if isinstance(document, dict) else None
        if not isinstance(specs, list) or not all(isinstance(spec, str) for spec in specs):
            raise refusal(400, 'write {"faults": ["METHOD PATH-GLOB KIND …"]}')
        try:
            self._faults.replace(specs)
        except BadInput as error:
            raise refusal(400, str(error)) from None
        answer_json(resp, {"faults": specs})

    def on_delete(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """204; remove all faults."""
        self._faults.replace(())
        resp.status = falcon.HTTP_204


def _status(fault: Fault) -> falcon.HTTPError:
    retry_after = None if fault.seconds is None else {"Retry-After": str(math.ceil(fault.seconds))}
    return refusal(fault.status, headers=retry_after)


def _html(fault: Fault) -> falcon.HTTPStatus:
    title = f"{fault.status} {HTTPStatus(fault.status).phrase}"
    html = html_page(title, "The server could not answer.")
    headers = {"Content-Type": falcon.MEDIA_HTML} | ({"Location": LOGIN_PAGE} if 300 <= fault.status < 400 else {})
    return falcon.HTTPStatus(fault.status, headers=headers, text=html)


def _gateway(fault: Fault) -> falcon.HTTPStatus:
    text = json.dumps({"message": HTTPStatus(fault.status).phrase})
    return falcon.HTTPStatus(fault.status, headers={"Content-Type": falcon.MEDIA_JSON}, text=text)


#: Kind of fault -> the error it raises.
_ERRORS: dict[str, Callable[[Fault], falcon.HTTPError | falcon.HTTPStatus]] = {
    "status": _status,
    "html": _html,
    "gateway": _gateway,
}
