"""Mints end to end: `doitui work` in its process against a sandbox in another, beside a bare client doing the same."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import Any

import generated
import requests
from ground import DOITUI, REPOSITORY, Ground, Row, on_both, run, sandbox, seconds

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Doi
from doitui_core.dois import datacite_document
from doitui_core.operations import bulk_mint, change_settings
from doitui_core.records import importing

DOIS, THREADS = 2_000, 8

Document = dict[str, Any]


def rows(ground: Ground) -> list[Row]:
    """DOIs a second, and which part of the bare client's rate that is."""
    return on_both(ground, _mints, "mint")


def _mints(ground: Ground, name: str) -> list[Row]:
    count = ground.sized(DOIS)
    with ground.store(name) as url:
        with sandbox() as address:
            _records(ground, address, count)
            queueing = seconds(lambda: _queue(count))
            sent = _documents()
            database.close()
            took = seconds(lambda: _work(url, count))
        with sandbox() as address:
            bare = seconds(lambda: _post_all(address, sent))
    return [
        Row(f"queue {count:,} mints, {name}", count / queueing, "DOIs/s"),
        Row(
            f"mint: work --drain --threads {THREADS}, whole process, {name}",
            count / took,
            "DOIs/s",
            least=150,
            beside=f"{bare / took:.2f} x the bare client",
        ),
        Row(f"  bare requests, {THREADS} threads, same documents", count / bare, "DOIs/s"),
    ]


def _records(ground: Ground, address: str, count: int) -> None:
    config = repositories.config(change_settings.save_repository("hollin", {**REPOSITORY, "datacite_url": address}))
    path = generated.jsonl(ground.folder / "mint.jsonl", count)
    list(importing.files([path], config, importing.ImportOptions()))


def _queue(count: int) -> None:
    result = bulk_mint.mint(limit=0)
    if result.queued != count:
        raise RuntimeError(f"{result.queued} of {count} mints were queued: {result.refused[:1]}")


def _documents() -> list[Document]:
    config = repositories.config(repositories.find("hollin"))
    return [
        datacite_document.document(row.record, row.doi, config) for row in Doi.select().order_by(Doi.id) if row.record
    ]


def _work(url: str, count: int) -> None:
    command = (DOITUI, "--database", url, "work", "--drain", "--threads", str(THREADS), "--json")
    outcomes = json.loads(run(*command, BENCH_PASSWORD="demo"))["outcomes"]
    if outcomes != {"done": count}:
        raise RuntimeError(f"{count} mints came to {outcomes}")


def _post_all(address: str, sent: list[Document]) -> None:
    """The same documents by the plainest client there is: a session for each thread, and no bookkeeping."""
    mine = local()

    def post(document: Document) -> None:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
            mine.session.auth = ("DEMO.REPO", "demo")
            mine.session.headers["Content-Type"] = "application/vnd.api+json"
        body = json.dumps({"data": {"type": "dois", "attributes": {**document, "event": "publish"}}})
        mine.session.post(f"{address}/dois", data=body.encode(), timeout=60).raise_for_status()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(post, sent))
