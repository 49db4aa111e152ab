"""The API's functions for DOIs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from doitui_core.api.calls import acting, public
from doitui_core.api.results import ActResult, BulkMintResult, DoiDetails, DoiInfo, from_row
from doitui_core.clock import micros
from doitui_core.config import repositories
from doitui_core.dois import doi_rows, reservations, tombstone_page
from doitui_core.dois.targets import Queued
from doitui_core.domain import identifiers
from doitui_core.errors import NotFound
from doitui_core.operations import bulk_mint, doi_actions
from doitui_core.records import record_lookup
from doitui_core.views import lists
from doitui_core.views.lists import ListPage
from doitui_core.views.rows import DoiRow


@public
def reserve(id: str, *, actor: str | None = None) -> ActResult:
    """Decide a record's DOI now, before it is minted, for instance to print it in the PDF. Nothing is sent.

    Raises `NotFound`, `AmbiguousId`; `Refused` when the record has a DOI, `DoiTaken` when another record has it,
    `Misconfigured` without a usable prefix.

    Example: `doitui_core.reserve("ms-1").doi`
    """
    row = reservations.reserve(record_lookup.find(id), actor=acting(actor))
    return ActResult(row.doi, None, "done")


@public
def mint(id: str, state: str = "findable", now: bool = False, *, actor: str | None = None) -> ActResult:
    """Queue that a record's DOI becomes `state`: `findable`, `registered` or `draft`. One is reserved where none is.

    `now`: send it before returning; the outcome says how it went. A failure at DataCite is an outcome, not an error.
    Raises `InvalidMetadata`, with `findings`, for what DataCite would refuse; `Refused` for an unpublished record
    (unless `draft`), a foreign DOI or a step back; `TombstoneStays`; `BadInput` for `now=True` in a transaction.

    Example: `doitui_core.mint("ms-1", now=True).outcome`
    """
    return _result(doi_actions.mint(id, state=state, now=now, actor=acting(actor)))


@public
def mint_all(limit: int = 100, repository: str | None = None, *, actor: str | None = None) -> BulkMintResult:
    """Queue published records whose DOI is not minted yet as findable, oldest first.

    `limit`: at most so many; 0: all. `repository`: only that one's, by its code. Records that DataCite would refuse are
    in `refused`, with the reason, and do not raise. Raises `NotFound` for a repository, `Misconfigured` for one without
    a usable prefix.

    Example: `doitui_core.mint_all(limit=0).queued`
    """
    if repository is not None:
        repositories.find(repository)
    done = bulk_mint.mint(repository=repository or "", limit=limit, actor=acting(actor))
    return BulkMintResult(done.queued, tuple(done.job_ids), dict(done.skipped), tuple(done.refused))


@public
def update(doi: str, *, actor: str | None = None) -> ActResult:
    """Queue that the record's present content is sent to DataCite again.

    Raises `NotFound`, `InvalidDoi`, and `Refused` for a DOI that is not at DataCite yet.

    Example: `doitui_core.update("10.5072/h/2026/ms-1")`
    """
    return _result(doi_actions.update(_named(doi), actor=acting(actor)))


@public
def verify(doi: str, *, actor: str | None = None) -> ActResult:
    """Queue a comparison of state and landing page with DataCite and the resolver. `get_doi` has what came of it.

    Raises `NotFound`, `InvalidDoi`, and `Refused` for a DOI that is not registered.

    Example: `doitui_core.verify("10.5072/h/2026/ms-1")`
    """
    return _result(doi_actions.verify(_named(doi), actor=acting(actor)))


@public
def deactivate(doi: str, reason: str, successor: str | None = None, *, actor: str | None = None) -> ActResult:
    """Queue that the DOI becomes a tombstone: it stays registered and resolves, its metadata is no longer public.

    `reason`: text for the tombstone's page. `successor`: the DOI that replaces it. The result's `message` warns where
    the DOI still leads to its old page, because `tombstone_page_base` is not set.
    Raises `BadInput` for an empty reason, `InvalidDoi`, `NotFound`, and `Refused` for a DOI that was never registered.

    Example: `doitui_core.deactivate("10.5072/h/2026/ms-1", reason="Withdrawn by its author")`
    """
    act = doi_actions.deactivate(_named(doi), reason=reason, successor=successor or "", actor=acting(actor))
    return replace(_result(act), message=tombstone_page.missing(act.doi) or act.note)


@public
def restore(doi: str, reason: str, *, actor: str | None = None) -> ActResult:
    """Queue that a tombstone becomes findable again. Nothing else does that.

    Raises `BadInput` for an empty reason, `NotFound`, and `Refused` for a DOI that is no tombstone.

    Example: `doitui_core.restore("10.5072/h/2026/ms-1", reason="Deactivated by mistake")`
    """
    return _result(doi_actions.restore(_named(doi), reason=reason, actor=acting(actor)))


@public
def set_url(doi: str, url: str, *, actor: str | None = None) -> ActResult:
    """Change the landing page, and queue the update at DataCite. Before the DOI is minted the outcome is `done`: the
    page goes out with the mint.

    Raises `BadInput` for an unusable URL, `NotFound`, and `Refused` for an abandoned DOI or one without a record.

    Example: `doitui_core.set_url("10.5072/h/2026/ms-1", "https://archive.example.org/ms-1")`
    """
    return _result(doi_actions.set_url(_named(doi), url, actor=acting(actor)), nothing_sent="done")


@public
def abandon(doi: str, *, actor: str | None = None) -> ActResult:
    """Give up a DOI that was never registered. Its string is never used again; the record may get another one. A draft
    at DataCite is deleted (`queued`), else the outcome is `done`.

    Raises `NotFound`, and `Refused` for a DOI that is registered, being sent, or uncertain.

    Example: `doitui_core.abandon("10.5072/h/2026/ms-1")`
    """
    return _result(doi_actions.abandon(_named(doi), actor=acting(actor)), nothing_sent="done")


@public
def get_doi(doi: str) -> DoiDetails:
    """What is known of a DOI: facts, status, marks, checks and times.

    Raises `NotFound`, and `InvalidDoi` for what cannot be a DOI here.

    Example: `doitui_core.get_doi("https://doi.org/10.5072/h/2026/ms-1").status`
    """
    return from_row(DoiDetails, lists.doi(doi_rows.find(_named(doi)).id))


@public
def list_dois(state: str | None = None, after: str | None = None) -> Iterator[DoiInfo]:
    """Iterate over DOIs, newest mint first, a page at a time: a million of them need no memory.

    `state`: a status, a mark (failed, uncertain, changed, pending), `mismatch`, or one of OPUS's words as
    `opus:registered`; None: all. `after`: begin behind this DOI, or at a `next` of `doitui doi list --json`.
    Raises `BadInput` for an unknown state or cursor, `NotFound` for a DOI.

    Example: `[found.doi for found in doitui_core.list_dois("failed")]`
    """
    return _all_pages(_page(state, _cursor(after)), state)


@public
def _page(state: str | None, after: str) -> ListPage[DoiRow]:
    return lists.dois(state=state or "", after=after)


def _all_pages(page: ListPage[DoiRow], state: str | None) -> Iterator[DoiInfo]:
    while True:
        for row in page.rows:
            yield from_row(DoiInfo, row)
        if page.next is None:
            return
        page = _page(state, page.next)


def _cursor(after: str | None) -> str:
    """The key of the DOI that `after` names, or `after` itself."""
    if after is None or not identifiers.parse_doi(after):
        return after or ""
    row = doi_rows.find(after)
    return f"{micros(row.minted_at)}-{row.id}"


def _named(text: str) -> str:
    """The DOI that `text` names: a DOI in any spelling, or a record's id. Raises `NotFound`, `AmbiguousId`."""
    if text.strip().startswith("10.") or identifiers.parse_doi(text):
        return text
    try:
        record = record_lookup.find(text)
    except NotFound as error:
        raise NotFound(f"there is no DOI and no record {text!r} here") from error
    row = reservations.for_record(record)
    if row is None:
        raise NotFound(f"record {text} has no DOI yet: mint or reserve it first")
    return row.doi


def _result(queued: Queued, nothing_sent: str = "unchanged") -> ActResult:
    """`nothing_sent`: the outcome where no job was needed."""
    if queued.outcome is not None:
        went = queued.outcome
        return ActResult(queued.doi.doi, queued.job_id, str(went.kind), went.cause, went.message)
    outcome = "queued" if queued.job_id else nothing_sent
    return ActResult(queued.doi.doi, queued.job_id or None, outcome, "", queued.note)
