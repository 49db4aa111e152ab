"""The hub as a WSGI application over the archive's database, with its background work (INTERFACE 6)."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import falcon

from doitui.web.events.counts_resource import CountsResource
from doitui.web.events.event_policy import HUB as EVENTS
from doitui.web.events.events_resource import EventsResource
from doitui.web.hub import http_rules
from doitui.web.hub.background import Background, Task
from doitui.web.hub.heartbeat import HubHeartbeatResource
from doitui.web.hub.http_rules import ContentRules, HeadAsGet
from doitui.web.hub.metrics import Metrics
from doitui.web.hub.openapi_resource import OpenApiResource
from doitui.web.hub.options import DEFAULTS, HubOptions
from doitui.web.hub.public_address import PublicAddress
from doitui.web.hub.token_sign_in import TokenSignIn
from doitui.web.hub.tombstones import HubTombstoneResource
from doitui.web.reports import reports_resource
from doitui.web.reports.reports_resource import ReportsResource
from doitui_core.db import database, database_identity
from doitui_core.hub_store import body_storage, hub_database
from doitui_core.hub_store.event_store import EventStore
from doitui_core.hub_store.local_events import copy_local
from doitui_core.hub_store.report_policy import HUB, LENIENT_HUB
from doitui_core.hub_store.report_store import ReportStore
from doitui_core.hub_store.report_validator import ReportValidator
from doitui_core.hub_store.report_writing import ReportWriter

#: Seconds between looks for new events of the archive, and for reports that other processes of the hub accepted.
LOCAL_SECONDS, REPORT_SECONDS = 10.0, 1.0

#: What a script on another site's page may read of an answer.
_EXPOSED = ("ETag", "X-Credential-Username", "X-Anonymous-Consumer", "WWW-Authenticate", "Retry-After")


class Hub:
    """`application` answers requests; `background` does what follows them, once it is started.

    The archive's database is open. `reports`: where the bodies of reports are, see `report_place.reports_place`.
    Raises `Misconfigured`, also where another database has its reports there.
    """

    def __init__(self, reports: str | Path, options: HubOptions = DEFAULTS) -> None:
        self._stopping = threading.Event()
        hub, storage = hub_database.archive(), body_storage.at(reports)
        body_storage.claim(storage, str(reports), database_identity.identity(hub.db, hub.dialect))
        policy = LENIENT_HUB if options.lenient else HUB
        events, store = EventStore(hub), ReportStore(hub, storage)
        self.background = Background()
        validator = ReportValidator(store, events, policy, self._stopping, wake=self.background.wake)
        self.background.add(Task("reports", validator.step, REPORT_SECONDS))
        self.background.add(Task("local events", lambda: bool(copy_local(hub)), LOCAL_SECONDS))
        metrics = Metrics(hub, self.background)
        app = _app(metrics, options)
        events_resource = EventsResource(events, replace(EVENTS, scope_2026=options.datacite_scope))
        app.add_route("/events", events_resource)
        app.add_route("/events/{uuid}", events_resource, suffix="event")
        reports_resource.add_routes(app, ReportsResource(store, ReportWriter(store, validator, policy), policy))
        heartbeat = HubHeartbeatResource(hub, storage, self.background, database.now)
        for path in ("/heartbeat", "/hearthbeat"):
            app.add_route(path, heartbeat)
        app.add_route("/metrics", metrics)
        app.add_route("/counts/{doi:path}", CountsResource(hub))
        app.add_route("/tombstones/{doi:path}", HubTombstoneResource())
        app.add_route("/openapi.json", OpenApiResource())
        self.application = HeadAsGet(app)

    def stop(self) -> None:
        """End the background work after its transaction; the next hub goes on from there."""
        self._stopping.set()
        self.background.stop()


def _app(metrics: Metrics, options: HubOptions) -> falcon.App[Any, Any]:
    # The answer passes in reverse order: it is counted last, as it goes out.
    cors: Any = falcon.CORSMiddleware(expose_headers=_EXPOSED)
    middleware: list[Any] = [metrics, cors, TokenSignIn(), PublicAddress(options), ContentRules()]
    app = falcon.App(middleware=middleware)
    app.req_options.strip_url_path_trailing_slash = True
    http_rules.add_error_handlers(app)
    return app
