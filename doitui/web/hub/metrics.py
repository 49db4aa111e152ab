"""`/metrics` for Prometheus: requests as they are answered, and what is stored, counted when it is asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import falcon

from doitui.web.hub.background import Background
from doitui_core.errors import Misconfigured
from doitui_core.hub_store import tokens
from doitui_core.hub_store.hub_database import HubDatabase

try:
    from prometheus_client import CollectorRegistry, Counter, Histogram
    from prometheus_client.core import GaugeMetricFamily
    from prometheus_client.exposition import choose_encoder
except ImportError:
    raise Misconfigured("the hub needs prometheus-client, which is not installed: pip install 'doitui[hub]'") from None

#: Seconds for which counts are kept: counting a million events takes a second.
COUNTS_SECONDS = 30.0

#: Upper ends in seconds; a report of 50,000 datasets takes about one.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

#: What is counted: metric, help, label, and the rows of (label, count).
_COUNTED = (
    ("reports", "Parts of usage reports by state of validation.", "state", "hub_report_part GROUP BY state"),
    ("events", "Events by origin.", "origin", "hub_event GROUP BY origin"),
)


class Metrics:
    """Falcon middleware that counts requests, and the resource that shows everything. It has its own registry."""

    def __init__(
        self, hub: HubDatabase, background: Background, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._hub = hub
        self._background = background
        self._monotonic = monotonic
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "doitui_hub_requests", "Requests.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "doitui_hub_request_seconds", "Time to answer.", ("route",), buckets=_BUCKETS, registry=self._registry
        )
        self._registry.register(self)
        self._lock = threading.Lock()
        self._counts: list[tuple[str, str, str, list[tuple[str, int]]]] = []
        self._counted_at: float | None = None

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Note when it began."""
        req.context.began = self._monotonic()

    def process_response(self, req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:
        """Count the answer."""
        route = (req.uri_template or "other").rstrip("/")
        method = req.method if req.method in _METHODS else "other"
        self._requests.labels(method, route, str(resp.status_code)).inc()
        self._seconds.labels(route).observe(self._monotonic() - req.context.began)

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """The text format, or OpenMetrics for a client that asks for it."""
        encode, resp.content_type = choose_encoder(req.get_header("Accept") or "")
        resp.data = encode(self._registry)

    def describe(self) -> Iterator[Any]:
        """Nothing: the registry must not count when this is registered."""
        return iter(())

    def collect(self) -> Iterator[Any]:
        """The stored things, as prometheus-client's collectors give them."""
        for name, text, label, rows in self._stored():
            family = GaugeMetricFamily(f"doitui_hub_{name}", text, labels=(label,))
            for value, number in rows:
                family.add_metric((value,), number)
            yield family
        lag = "Seconds since the last step of the background thread."
        yield GaugeMetricFamily("doitui_hub_background_lag_seconds", lag, value=self._background.lag())

    def _stored(self) -> list[tuple[str, str, str, list[tuple[str, int]]]]:
        with self._lock:
            if self._counted_at is None or self._monotonic() - self._counted_at >= COUNTS_SECONDS:
                self._counts = [(name, text, label, self._rows(label, what)) for name, text, label, what in _COUNTED]
                self._counts.append(("tokens", "Tokens by state.", "state", _token_states()))
                self._counted_at = self._monotonic()
            return self._counts

    def _rows(self, label: str, what: str) -> list[tuple[str, int]]:
        found = self._hub.execute(f"SELECT {label}, COUNT(*) FROM {what}").fetchall()
        return [(str(value), int(number)) for value, number in found]


def _token_states() -> list[tuple[str, int]]:
    states = [row.state for row in tokens.tokens()]
    return [(state, states.count(state)) for state in ("valid", "expired", "revoked")]
