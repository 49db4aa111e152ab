"""The sandbox as a WSGI application: a DataCite stand-in for rehearsals and tests.

It behaves as `datacite-api.md` says DataCite does, traps included, and shares no check with the client, so that the
client cannot merely agree with itself.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from typing import Any

import falcon

from doitui.web.common.accounts import Accounts
from doitui.web.common.answers import answer_text
from doitui.web.common.auth import SignIn
from doitui.web.dois.doi_answers import CountsFor, LinksFor, no_counts, no_links
from doitui.web.dois.doi_resource import DoiResource
from doitui.web.dois.doi_writes import Writer
from doitui.web.dois.dois_resource import DoisResource
from doitui.web.dois.store import Store
from doitui.web.events.event_policy import DATACITE, EventPolicy
from doitui.web.events.events_resource import EventsResource
from doitui.web.mds import mds_refusals
from doitui.web.mds.mds_dois import MdsDoiResource
from doitui.web.mds.mds_media import MdsMediaResource
from doitui.web.mds.mds_metadata import MdsMetadataResource
from doitui.web.reports import reports_resource
from doitui.web.reports.reports_resource import ReportsResource
from doitui.web.sandbox.account_resources import ApiKeysResource, ClientResource
from doitui.web.sandbox.agencies import Agencies, AgencyResource
from doitui.web.sandbox.fault_injection import FaultInjection, FaultsResource
from doitui.web.sandbox.faults import Faults
from doitui.web.sandbox.link_deriving import FreshEvents, LinkDeriver
from doitui.web.sandbox.request_log import RequestLog, RequestsResource
from doitui.web.sandbox.resolver import LandingPageResource, PrefixConverter, ResolverResource, TombstoneResource
from doitui_core.hub_store.doi_counts import counts_for
from doitui_core.hub_store.doi_links import links_for
from doitui_core.hub_store.event_store import EventStore
from doitui_core.hub_store.report_policy import SASHIMI
from doitui_core.hub_store.report_store import ReportStore
from doitui_core.hub_store.report_validator import ReportValidator
from doitui_core.hub_store.report_writing import ReportWriter

App = falcon.App[falcon.Request, falcon.Response]


class HeartbeatResource:
    """`/heartbeat`: whether the server answers."""

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """200 and `OK`, as DataCite's."""
        answer_text(resp, "OK")


def create_app(
    store: Store,
    accounts: Accounts,
    *,
    usage: ReportStore | None = None,
    events_writable: bool = False,
    all_events: bool = False,
    faults: Faults | None = None,
    requests: RequestLog | None = None,
    stopping: threading.Event | None = None,
    agencies: Agencies | None = None,
    deriver: LinkDeriver | None = None,
) -> App:
    """The application over `store`. It runs under any WSGI server; `hang` and `reset` need `doitui.web.sandbox.server`.

    Without `usage`, whose database has the events too, there are neither events nor reports; `events_writable` lets
    repositories write events, which at DataCite only its staff may; with `all_events` lists show the events that
    DataCite dropped in 2026 too. `stopping`, once set, ends the waiting of every fault. `agencies`: the registration
    agencies of prefixes. `deriver` makes events of metadata; without it nothing does.
    """
    faults = faults or Faults()
    requests = requests or RequestLog()
    # Answers pass in reverse order: a request is logged before a fault withholds its answer.
    stopping = stopping or threading.Event()
    injection = FaultInjection(faults, stopping)
    middleware: list[Any] = [injection, requests, SignIn(accounts, events_writable)]
    if deriver:
        middleware.append(FreshEvents(deriver))
    app = falcon.App(middleware=middleware)
    app.set_error_serializer(mds_refusals.serialize)
    app.add_error_handler(falcon.HTTPMethodNotAllowed, mds_refusals.answer_wrong_method)
    writer = Writer(store, accounts)
    counts = partial(counts_for, usage.hub) if usage else no_counts
    _route_rest(app, store, writer, counts, partial(links_for, usage.hub) if usage else no_links)
    _route_accounts(app, accounts)
    _route_mds(app, store, writer)
    _route_resolver(app, store)
    _route_agencies(app, AgencyResource(agencies or Agencies(accounts)))
    if usage:
        _route_usage(app, usage, replace(DATACITE, scope_2026=not all_events), stopping)
    app.add_route("/_requests", RequestsResource(requests))
    app.add_route("/_faults", FaultsResource(faults))
    return app


def _route_rest(app: App, store: Store, writer: Writer, counts: CountsFor, links: LinksFor) -> None:
    app.add_route("/heartbeat", HeartbeatResource())
    dois = DoisResource(store, writer, counts, links)
    app.add_route("/dois", dois)
    app.add_route("/dois/validate", dois, suffix="validate")
    app.add_route("/dois/random", dois, suffix="random")
    app.add_route("/dois/{doi:path}", DoiResource(store, writer, counts, links))


def _route_accounts(app: App, accounts: Accounts) -> None:
    app.add_route("/clients/{uid}", ClientResource(accounts))
    keys = ApiKeysResource(accounts)
    app.add_route("/credentials/api-keys", keys)
    app.add_route("/credentials/api-keys/{id_}", keys, suffix="key")


def _route_mds(app: App, store: Store, writer: Writer) -> None:
    metadata = MdsMetadataResource(store, writer)
    app.add_route("/metadata", metadata, suffix="root")
    app.add_route("/metadata/{doi:path}", metadata)
    dois = MdsDoiResource(store, writer)
    app.add_route("/doi", dois, suffix="root")
    app.add_route("/doi/{doi:path}", dois)
    app.add_route("/media/{doi:path}", MdsMediaResource(store, writer))


def _route_usage(app: App, usage: ReportStore, policy: EventPolicy, stopping: threading.Event) -> None:
    event_store = EventStore(usage.hub)
    validator = ReportValidator(usage, event_store, SASHIMI, stopping)
    validator.finish()
    events = EventsResource(event_store, policy)
    app.add_route("/events", events)
    app.add_route("/events/{uuid}", events, suffix="event")
    writer = ReportWriter(usage, validator, SASHIMI)
    reports_resource.add_routes(app, ReportsResource(usage, writer, SASHIMI))


def _route_agencies(app: App, resource: AgencyResource) -> None:
    for path in ("/ra/{names:path}", "/doiRA/{names:path}"):
        app.add_route(path, resource)


def _route_resolver(app: App, store: Store) -> None:
    app.router_options.converters["prefix"] = PrefixConverter
    app.add_route("/{prefix:prefix}/{suffix:path}", ResolverResource(store))
    app.add_route("/landing/{name:path}", LandingPageResource())
    app.add_route("/tombstones/{doi:path}", TombstoneResource(store))
