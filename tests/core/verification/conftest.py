"""A repository, a sandbox that plays DataCite and its resolver, and a site of our own with landing pages that behave or
do not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from doitui.web.common.accounts import Account
from doitui.web.sandbox.server import Sandbox, running_sandbox
from doitui_core.datacite.rest import RestClient
from doitui_core.db.models import Doi, DoiLog, Job
from doitui_core.operations import change_settings, doi_actions
from doitui_core.records import records
from doitui_core.worker import summary, worker

ACCOUNT = Account("DEMO.REPO", "demo", frozenset(("10.5072",)))

METADATA: dict[str, Any] = {
    "creators": [{"name": "Doe, Jo"}],
    "titles": [{"title": "Letters from the harbour"}],
    "publisher": {"name": "Brandt Archive"},
    "publicationYear": 2026,
    "types": {"resourceTypeGeneral": "Text"},
}


class Site:
    """A real server on 127.0.0.1. `pages[path]` is (status, headers); a path it does not have is 404.

    `requests` are the (path, headers) that came in; a page with status 0 never answers. `delay`: seconds before each
    answer.
    """

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str]]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.delay = 0.0
        self.over = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                status, headers = site.pages.get(self.path, (404, {}))
                if status == 0:
                    site.over.wait()
                    return
                site.over.wait(site.delay)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def page(self, path: str, status: int = 200, **headers: str) -> str:
        """Serve `path` from now on; its address."""
        self.pages[path] = (status, headers)
        return self.url + path

    def redirect(self, path: str, to: str, status: int = 302, **headers: str) -> str:
        return self.page(path, status, Location=to, **headers)

    @property
    def asked(self) -> list[str]:
        return [path for path, _ in self.requests]

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox([ACCOUNT]) as sandbox:
        yield sandbox


class House:
    """The repository `h`, with DOIs `10.5072/h/2026/ID` whose landing pages are on `site`."""

    def __init__(self, sandbox: Sandbox, site: Site, clock: Any) -> None:
        self.sandbox = sandbox
        self.site = site
        self.clock = clock
        self.client = RestClient(sandbox.url, "DEMO.REPO", "demo", deadline=10)
        self.settings(
            datacite_prefix="10.5072",
            datacite_repository_id="DEMO.REPO",
            datacite_url=sandbox.url,
            datacite_password="env:PW",
        )

    def settings(self, **values: str) -> None:
        change_settings.save_repository("h", values)

    def minted(self, object_id: str = "1", /, url: str = "", state: str = "findable") -> Doi:
        """A DOI that is at DataCite. `url`: another landing page than a good one."""
        page = url or self.site.page(f"/{object_id}")
        records.save(object_id, metadata=METADATA, repository="h", url=page)
        doi_actions.mint(object_id, state=state, now=True)
        return self.doi(object_id)

    def doi(self, object_id: str = "1") -> Doi:
        return Doi.get(Doi.doi == f"10.5072/h/2026/{object_id}")

    def verify(self, object_id: str = "1") -> Doi:
        doi_actions.verify(self.doi(object_id).doi, now=True)
        return self.doi(object_id)

    def checks(self, object_id: str = "1") -> tuple[str, str, str]:
        """(API, resolver, both)."""
        row = self.doi(object_id)
        return row.api_check, row.resolver_check, row.verification

    def later(self, **delta: float) -> summary.Summary:
        self.clock.forward(**delta)
        return worker.run(drain=True, threads=2)

    def job(self, object_id: str = "1") -> Job:
        of_doi = Job.select().where(Job.subject_id == self.doi(object_id).id, Job.kind == "verify")
        return of_doi.order_by(Job.id.desc()).get()

    def log(self, object_id: str = "1") -> list[DoiLog]:
        return list(DoiLog.select().where(DoiLog.doi == self.doi(object_id).id).order_by(DoiLog.id))


@pytest.fixture
def house(store: str, sandbox: Sandbox, site: Site, clock: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("PW", ACCOUNT.password)
    return House(sandbox, site, clock)


@pytest.fixture
def verification_jobs() -> Callable[[], list[str]]:
    """The object ids of the DOIs that have a verification to be done, oldest job first."""

    def read() -> list[str]:
        jobs = Job.select().where(Job.kind == "verify", Job.status == "pending").order_by(Job.id)
        return [Doi.get_by_id(job.subject_id).record.object_id for job in jobs]

    return read
