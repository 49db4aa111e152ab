"""Usage reports as Sashimi shows them (usage.md 1.1 to 1.3), with the `state` of their datasets and the reasons.

A report may have many parts of some megabytes: it is written piece by piece. Id and state come first, so that a client
need not read the whole of it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, BinaryIO, cast

from doitui_core.hub_store.report_record import ReportState, StoredPart, StoredReport, state_of
from doitui_core.hub_store.report_store import ReportStore
from doitui_core.usage_reports import json_stream

_HEADER = (
    *("report-name", "report-id", "release", "created-by", "created", "reporting-period"),
    *("report-filters", "report-attributes", "exceptions"),
)

# Bytes encoded at once: a multiple of three, so that the pieces make one base64 text.
_PIECE = 3 << 16


def listed(report: StoredReport, state: ReportState) -> dict[str, Any]:
    """One of a list: the header only."""
    return {"id": report.uid, "report-header": _header(report), "state": str(state)}


def single(store: ReportStore, report: StoredReport) -> Iterator[bytes]:
    """`{"report": {…}}` with datasets or compressed parts; month and year are text without leading zeros."""
    parts = store.parts(report)
    about = {"client-id": report.client, "year": str(report.year), "month": str(report.month)}
    head = {
        "id": report.uid,
        "state": str(state_of({part.state for part in parts})),
        "exceptions": [_exception(part, reason) for part in parts for reason in part.exceptions],
        "warnings": [warning for part in parts for warning in part.warnings],
        "report-header": _header(report) | about,
    }
    yield b'{"report": ' + json.dumps(head).encode()[:-1] + b', "report-datasets": ['
    yield from _separated(_datasets(store, part) for part in parts if not part.compressed)
    yield b'], "report-subsets": ['
    yield from _separated(iter([subset(store, part)]) for part in parts if part.compressed)
    yield b"]}}"


def tag(store: ReportStore, report: StoredReport) -> str:
    """A text that changes when `single` does; no body is read for it."""
    parts = [(part.number, part.checksum, part.state, part.exceptions, part.warnings) for part in store.parts(report)]
    return hashlib.sha256(repr((report.uid, report.client, report.header, parts)).encode()).hexdigest()[:32]


def subset(store: ReportStore, part: StoredPart) -> Iterator[bytes]:
    """A compressed part, in base64, with its checksum; without a body that is not kept."""
    about = {
        "id": part.number,
        "state": str(part.state),
        "exceptions": [_exception(part, reason) for reason in part.exceptions],
        "checksum": part.checksum,
    }
    yield json.dumps(about).encode()[:-1] + b', "gzip": "'
    with _opened(store, part) as body:
        while body and (piece := body.read(_PIECE)):
            yield base64.b64encode(piece)
    yield b'"}'


def one_subset(store: ReportStore, part: StoredPart) -> Iterator[bytes]:
    """`{"report-subset": {…}}`."""
    yield b'{"report-subset": '
    yield from subset(store, part)
    yield b"}"


def _datasets(store: ReportStore, part: StoredPart) -> Iterator[Iterator[bytes]]:
    with _opened(store, part) as body:
        if body is None:
            return
        file = gzip.GzipFile(fileobj=body, mode="rb")
        for name, value in json_stream.members(cast(BinaryIO, file)):
            if name in json_stream.DATASETS:
                yield iter([json.dumps(value).encode()])


@contextmanager
def _opened(store: ReportStore, part: StoredPart) -> Iterator[BinaryIO | None]:
    """The body; None where it is not kept, which may have been decided since `part` was read."""
    try:
        body = store.storage.open(part.body) if part.body else None
    except FileNotFoundError:
        known = store.part(part.number)
        if known and known.body:
            raise
        body = None
    with body or nullcontext() as opened:
        yield opened


def _separated(lists: Iterable[Iterator[Iterator[bytes]]]) -> Iterator[bytes]:
    """The items of some lists, each in pieces, with commas between them."""
    first = True
    for items in lists:
        for pieces in items:
            if not first:
                yield b", "
            first = False
            yield from pieces


def _exception(part: StoredPart, reason: str) -> dict[str, Any]:
    """Why a part is not valid, in the shape of SUSHI's exceptions."""
    found = {"code": 422, "severity": "error", "message": reason, "help-url": "", "data": ""}
    return found | {"data": f"report-subsets/{part.number}"} if part.compressed else found


def _header(report: StoredReport) -> dict[str, Any]:
    return {name: report.header.get(name) for name in _HEADER}
