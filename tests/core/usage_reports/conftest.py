"""The words of the report tests: a repository with counts, a sandbox that takes reports, and servers of few words."""

from __future__ import annotations

import gzip
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from doitui.web.common.accounts import Account
from doitui.web.sandbox.server import Sandbox, running_sandbox
from doitui_core.clock import micros
from doitui_core.db import database, raw_sql
from doitui_core.db.models import Job, Repository, UsageReport
from doitui_core.domain.job_kinds import Service
from doitui_core.operations import change_settings
from doitui_core.usage.zone import day_of
from doitui_core.usage_reports import building, report_connection, submitting
from doitui_core.usage_reports.building import BuiltReport
from doitui_core.usage_reports.parts import Part
from doitui_core.usage_reports.report_connection import ReportConnection
from doitui_core.worker import worker
from doitui_core.worker.summary import Summary

ACCOUNTS = (
    Account("DEMO.REPO", "s3cret-token", frozenset(("10.5072",))),
    Account("OTHER.REPO", "other", frozenset(("10.5072",))),
)

MONTH = "2026-10"
FIRST = day_of(datetime(2026, 10, 1, tzinfo=UTC).date())

METADATA = {"titles": [{"title": "Letters"}], "publisher": {"name": "Archive"}, "publicationYear": 1902}

DOI_COLUMNS = (
    *("id", "doi", "folded", "repository_id", "record_id", "wanted", "remote", "status", "url"),
    *("created_at", "updated_at"),
)
COUNT_COLUMNS = (
    *("day", "doi_id", "access_method", "country", "source"),
    *("total_investigations", "unique_investigations", "total_requests", "unique_requests"),
)


class House:
    """The repository `h` with DOIs `10.5072/ID`, each with a record and counts, written past the core."""

    def __init__(self, url: str, clock: Any) -> None:
        self.clock = clock
        self.repository = self.settled("h", url)
        self._number = itertools.count(1)

    def settled(self, code: str, url: str, **more: str) -> Repository:
        set_up = {"datacite_prefix": "10.5072", "datacite_repository_id": "DEMO.REPO", "datacite_url": url}
        return change_settings.save_repository(code, {**set_up, "datacite_password": "env:PW", **more})

    def dois(self, names: Iterable[str], *numbers: int, **given: Any) -> None:
        """DOIs with one row of counts each, on the first of October by regular visitors unless said otherwise."""
        rows = [(next(self._number), name) for name in names]
        facts = {"status": "findable", "published": 1, "repository": self.repository.id, "title": "Letters"} | given
        with database.write():
            raw_sql.insert(
                "record",
                (
                    *("id", "repository_id", "object_id", "title", "metadata", "url", "published"),
                    *("content_hash", "created_at", "updated_at"),
                ),
                [self._record(number, facts) for number, _ in rows],
            )
            raw_sql.insert("doi", DOI_COLUMNS, [self._doi(number, name, facts) for number, name in rows])
            database.count(f"doi.{facts['status']}", len(rows))
            database.count("opus." + ("unregistered" if facts["status"] == "draft" else "registered"), len(rows))
        self.counted(*(numbers or (3, 2, 1, 1)), of=[number for number, _ in rows])

    def _record(self, number: int, facts: dict[str, Any]) -> list[Any]:
        metadata = json.dumps(facts.get("metadata", METADATA))
        return [number, facts["repository"], str(number), facts["title"], metadata, "", facts["published"], "", 1, 1]

    def _doi(self, number: int, name: str, facts: dict[str, Any]) -> list[Any]:
        doi, page = f"10.5072/{name}", f"https://archive.example.org/{number}"
        wanted, remote = {
            "tombstone": ("tombstone", "registered"),
            "draft": ("draft", "draft"),
        }.get(facts["status"], (facts["status"], facts["status"]))
        return [number, doi, doi.lower(), facts["repository"], number, wanted, remote, facts["status"], page, 1, 1]

    def counted(self, *numbers: int, of: Iterable[int], **given: Any) -> None:
        """A row of counts for each of these DOIs (their ids): `day` of October, `method`, `country`."""
        told = {"day": 1, "method": "regular", "country": "", "source": "spool"} | given
        day = FIRST + told["day"] - 1
        rows = [(day, number, told["method"], told["country"], told["source"], *numbers) for number in of]
        with database.write():
            raw_sql.insert("usage_count", COUNT_COLUMNS, rows)

    def report(self, month: str = MONTH) -> BuiltReport:
        return building.for_repository(self.repository, month)

    def document(self, month: str = MONTH, **options: bool) -> Any:
        """The report, which must be one part."""
        (part,) = self.report(month).parts(**options)
        return document_of(part)

    def datasets(self, month: str = MONTH) -> dict[str, Any]:
        """By DOI: {relation: count}."""
        return counts_of(self.document(month)["report-datasets"])

    def connection(self) -> ReportConnection:
        return report_connection.for_repository(self.repository)

    def request(self, month: str = MONTH) -> int:
        """The job that submits."""
        return submitting.request(self.repository, self.report(month), actor="test")

    def work(self) -> Summary:
        return worker.run(drain=True, threads=1, services=(Service.REPORTS,))

    def submitted(self) -> Job:
        """Asked for, and the worker has been at it."""
        job_id = self.request()
        self.work()
        return Job.get_by_id(job_id)

    def row(self) -> UsageReport:
        return UsageReport.get()


def document_of(part: Part) -> Any:
    return json.loads(gzip.decompress(part.body) if part.compressed else part.body)


def counts_of(datasets: Iterable[Any]) -> dict[str, Any]:
    return {
        dataset["dataset-id"][0]["value"]: {
            f"{one['metric-type']}-{one['access-method']}": one["count"]
            for one in dataset["performance"][0]["instance"]
        }
        for dataset in datasets
    }


class Store:
    """What the sandbox has, told in a test's words."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.url = sandbox.url

    def faults(self, *specs: str) -> None:
        self.sandbox.faults.replace(specs)

    def came_in(self) -> list[tuple[str, str, int]]:
        return [(one["method"], one["path"], one["status"]) for one in self.sandbox.requests.entries()]

    def writes(self) -> list[tuple[str, int]]:
        return [(method, status) for method, _, status in self.came_in() if method in ("PUT", "POST")]


@pytest.fixture
def house(store: str, clock: Any, sandbox: Store, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("PW", ACCOUNTS[0].password)
    return House(sandbox.url, clock)


@pytest.fixture
def sandbox() -> Iterator[Store]:
    with running_sandbox(ACCOUNTS) as running:
        yield Store(running)


@pytest.fixture
def official(shared: Path) -> jsonschema_rs.Draft4Validator:
    """DataCite's own schema of a report, header and datasets in one."""
    text = (shared / "data" / "sashimi" / "schema" / "sushi_usage_schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.Draft4Validator(json.loads(text))


@pytest.fixture
def read_counts() -> Callable[..., dict[str, Any]]:
    return counts_of


@pytest.fixture
def read_document() -> Callable[[Part], Any]:
    return document_of


@dataclass
class Saying:
    """A server that says one thing after the other, and the last one for ever; `seen` is what came in."""

    url: str = ""
    replies: list[tuple[int, str, dict[str, str]]] = field(default_factory=list)
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def saying(http_server: Callable[..., str]) -> Callable[..., Saying]:
    """`saying((200, "text"), (500, "", {"Retry-After": "3"}))`: such a server; `{sent}` stands for what signed in."""

    def start(*replies: Any) -> Saying:
        told = Saying(replies=[(*reply, {}) if len(reply) == 2 else reply for reply in replies])

        def answer(*request: Any) -> tuple[int, dict[str, str], bytes]:
            told.seen.append(request)
            status, text, more = told.replies.pop(0) if len(told.replies) > 1 else told.replies[0]
            return status, more, text.replace("{sent}", request[2].get("authorization", "")).encode()

        told.url = http_server(answer)
        return told

    return start


@pytest.fixture
def marked_hour() -> Callable[[datetime], None]:
    """Notes that the hour of a time has still to be counted."""

    def mark(time: datetime) -> None:
        with database.write():
            raw_sql.insert("usage_hour", ("hour", "marked_at"), [(micros(time) // 3_600_000_000, 1)])

    return mark


@pytest.fixture
def datasets() -> Callable[..., Iterator[dict[str, Any]]]:
    """`datasets(3)`: so many datasets, each with its own DOI; `size`: with a title of so many characters."""

    def make(number: int, size: int = 1) -> Iterator[dict[str, Any]]:
        days = {"begin-date": "2026-10-01", "end-date": "2026-10-31"}
        instance = {"metric-type": "total-dataset-requests", "access-method": "regular", "count": 1}
        for n in range(number):
            yield {
                "dataset-title": "x" * size,
                "dataset-id": [{"type": "doi", "value": f"10.5072/{n}"}],
                "platform": "h",
                "publisher": "",
                "publisher-id": [],
                "data-type": "dataset",
                "performance": [{"period": days, "instance": [instance]}],
            }

    return make


@pytest.fixture
def totals_of() -> Callable[[Iterable[Any]], Counter[str]]:
    """Sums by relation."""

    def add(datasets: Iterable[Any]) -> Counter[str]:
        found = Counter[str]()
        for counts in counts_of(datasets).values():
            found.update(counts)
        return found

    return add
