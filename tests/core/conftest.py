"""The words of the core's tests: an archive with records, and what is said of jobs and of the log."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Doi, DoiLog, Job, Record, Repository
from doitui_core.dois import doi_rows, reservations
from doitui_core.domain import job_kinds
from doitui_core.domain.job_kinds import JobKind
from doitui_core.domain.states import Remote, Wanted, answered
from doitui_core.operations import change_settings, doi_actions
from doitui_core.queue import jobs
from doitui_core.queue.jobs import Policy
from doitui_core.queue.leases import Lease
from doitui_core.records import records
from doitui_core.records.importing import ImportOptions, ImportResult, files

METADATA: dict[str, Any] = {
    "creators": [{"name": "Curie, Marie", "nameType": "Personal"}],
    "titles": [{"title": "Notebooks"}],
    "publisher": {"name": "Archive"},
    "publicationYear": 1902,
    "types": {"resourceTypeGeneral": "Text"},
}

#: (method, path, headers with names in lower case, body) of a request -> (status, headers, body) of its answer.
HttpAnswer = Callable[[str, str, dict[str, str], bytes], tuple[int, dict[str, str], bytes]]

POLICY = Policy(lease=timedelta(minutes=5), backoff=timedelta(minutes=5))


@pytest.fixture
def metadata() -> dict[str, Any]:
    """What DataCite takes, and no more."""
    return dict(METADATA)


@pytest.fixture
def archive(store: str) -> Repository:
    """The repository `h`, ready to mint."""
    return change_settings.save_repository(
        "h",
        {
            "datacite_prefix": "10.5072",
            "datacite_repository_id": "DEMO.REPO",
            "datacite_password": "env:PW",
            "datacite_url": "http://127.0.0.1:1",
            "landing_page": "https://archive.example.org/{object_id}",
        },
    )


@pytest.fixture
def a_record(archive: Repository) -> Callable[..., Record]:
    """Saves a record; keywords are metadata, or `published`, `url`, `owner_name`, `repository`."""

    def save(object_id: str = "ms-1", **given: Any) -> Record:
        columns = {name: given.pop(name) for name in ("published", "url", "owner_name") if name in given}
        metadata = {**METADATA, **given.pop("metadata", {})}
        return records.save(object_id, metadata=metadata, repository=given.pop("repository", "h"), **columns).record

    return save


@pytest.fixture
def a_minted_doi(a_record: Callable[..., Record]) -> Callable[..., Doi]:
    """The DOI of a new record, findable at DataCite as far as we know, its job done."""

    def mint(object_id: str = "ms-1") -> Doi:
        a_record(object_id)
        queued = doi_actions.mint(object_id)
        with database.write():
            row = doi_rows.lock(queued.doi.id)
            facts = answered(doi_rows.facts(row), Remote.FINDABLE)
            doi_rows.write(row, facts, actor="test", action="mint", confirmed_hash=row.current_hash)
        (lease,) = jobs.claim("test", row.repository_id, POLICY, 1)
        jobs.finish(lease, job_kinds.JobStatus.COMPLETED)
        return row

    return mint


@pytest.fixture
def a_job(a_record: Callable[..., Record]) -> Callable[..., int]:
    """Queues a write for a new DOI and gives the job's id."""

    def enqueue(object_id: str = "ms-1", max_attempts: int = 5) -> int:
        row = Doi.get_or_none(Doi.doi == f"10.5072/h/2026/{object_id}") or reservations.reserve(a_record(object_id))
        return jobs.enqueue(JobKind.WRITE, row.id, row.repository_id, actor="test", max_attempts=max_attempts)

    return enqueue


@pytest.fixture
def claim(archive: Repository) -> Callable[..., list[Lease]]:
    def claim_up_to(limit: int = 1, worker: str = "w") -> list[Lease]:
        return jobs.claim(worker, archive.id, POLICY, limit)

    return claim_up_to


@pytest.fixture
def assert_jobs() -> Callable[..., None]:
    """`assert_jobs(pending=2)`: these jobs there are, by status, and no others."""

    def check(**expected: int) -> None:
        assert Counter(row.status for row in Job.select()) == expected

    return check


@pytest.fixture
def assert_log() -> Callable[..., None]:
    """`assert_log(doi, "reserve", "mint")`: these actions stand in its log, oldest first."""

    def check(doi: str, *actions: str) -> None:
        rows = DoiLog.select().join(Doi).where(Doi.doi == doi).order_by(DoiLog.id)
        assert [row.action for row in rows] == list(actions)

    return check


@pytest.fixture
def import_files(archive: Repository, tmp_path: Path) -> Callable[..., list[ImportResult]]:
    """Writes files ({name: content}) and imports them; keywords are `Options`."""

    def run(contents: dict[str, str | bytes], **options: Any) -> list[ImportResult]:
        paths = [tmp_path / name for name in contents]
        for path, content in zip(paths, contents.values(), strict=True):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(files(paths, repositories.config(archive), ImportOptions(**options)))

    return run


@pytest.fixture
def told_facts() -> Callable[[Doi], tuple[Wanted, Remote]]:
    """(wanted, remote) as the database has them now."""

    def read(row: Doi) -> tuple[Wanted, Remote]:
        facts = doi_rows.facts(Doi.get_by_id(row.id))
        return facts.wanted, facts.remote

    return read


@pytest.fixture
def at_once() -> Callable[..., list[str]]:
    """Runs code in four processes at once: what each printed. They begin at `go()`; `sys.argv[1:]` is given."""

    def run(code: str, *arguments: str) -> list[str]:
        head = "import sys\ndef go():\n    print('ready', flush=True)\n    sys.stdin.readline()\n"
        command, pipe = [sys.executable, "-c", head + code, *arguments], subprocess.PIPE
        processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [process.communicate(timeout=60)[0].strip() for process in processes]
        assert [process.returncode for process in processes] == [0] * 4
        return told

    return run


@pytest.fixture
def http_server() -> Iterator[Callable[[HttpAnswer], str]]:
    """`http_server(answer)`: the URL of a server that runs until the test is over.

    Where `answer` raises `ConnectionAbortedError` the connection is closed without a word.
    """
    running: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(answer: HttpAnswer) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), http_handler(answer))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


def http_handler(answer: HttpAnswer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else each answer waits for the other side's delayed acknowledgement of its head.
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                status, more, reply = answer(self.command, self.path, headers, body)
            except ConnectionAbortedError:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        do_GET = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815

        def log_message(self, *args: Any) -> None:
            pass

    return Handler
