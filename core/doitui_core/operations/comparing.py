"""Compare one DOI with DataCite, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from doitui_core.config import repositories
from doitui_core.db.models import Doi
from doitui_core.dois import datacite_document, doi_rows
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import Outcome
from doitui_core.domain.states import TARGET, Remote, Wanted
from doitui_core.metadata import compare
from doitui_core.metadata.from_json import canonical
from doitui_core.operations import sync
from doitui_core.queue import connection


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """`field`: dotted, from the top, as `titles.1.title` (rows count from 1). None: that side has nothing there."""

    field: str
    here: Any
    there: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """`message`: why nothing can be compared, in one sentence; empty where `differences` is the result."""

    message: str = ""
    differences: tuple[FieldDifference, ...] = ()


def ask(doi_id: int) -> Comparison:
    """Ask DataCite for the DOI, and compare it with the target state and the current content of the record.

    Nothing is written. Raises `Misconfigured` where account, password or address are missing.
    """
    row = doi_rows.read(doi_id)
    at = connection.for_repository(row.repository)
    at.client.deadline = sync.PATIENCE
    answer = at.ask(row.doi)
    if isinstance(answer, Outcome):
        return Comparison(f"DataCite could not be asked: {answer.message}")
    if answer.status == 404:
        return Comparison(f"{at.client.base_url} does not have {row.doi}")
    if answer.owner != at.client.account.lower():
        return Comparison(f"{row.doi} belongs to the account {answer.owner}, not to {at.client.account.lower()}")
    return Comparison(differences=tuple(_differences(row, answer)))


def _differences(row: Doi, answer: Answer) -> Iterator[FieldDifference]:
    wanted = TARGET.get(Wanted(row.wanted), Remote(row.remote))
    if answer.state != wanted:
        yield FieldDifference("state", str(wanted), answer.state)
    if row.record is None:
        return
    tombstone = row.wanted == Wanted.TOMBSTONE
    ours = datacite_document.document(row.record, row.doi, repositories.config(row.repository), tombstone=tombstone)
    here, there = canonical(ours), canonical(answer.attributes)
    for name in compare.differences(ours, answer.attributes):
        yield from _parts(name, here.get(name), there.get(name))


def _parts(field: str, here: Any, there: Any) -> Iterator[FieldDifference]:
    """The smallest parts of a field in which both sides differ; else the field itself."""
    found = list(_inner(field, here, there))
    yield from found or [FieldDifference(field, here, there)]


def _inner(field: str, here: Any, there: Any) -> Iterator[FieldDifference]:
    if isinstance(here, Mapping) and isinstance(there, Mapping):
        pairs = [(name, here[name], there.get(name)) for name in here]
    elif isinstance(here, list) and isinstance(there, list):
        pairs = [(str(at), *pair) for at, pair in enumerate(zip_longest(here, there), start=1)]
    else:
        pairs = []
    for name, ours, theirs in pairs:
        if not compare.carries(ours, theirs):
            yield from _parts(f"{field}.{name}", ours, theirs)
