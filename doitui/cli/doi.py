"""`doitui doi`: change DOIs, list them, and show everything about one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import click

from doitui.cli import adopt, doi_assign, exits, row_json, tombstone_page
from doitui.cli.findings import no_validate_option, print_document, refuse
from doitui.cli.items import each
from doitui.cli.options import dois_argument, ids_argument, paging_options, repository_option, show_list, stack
from doitui.cli.output import fields, say
from doitui.cli.session import Session, reads_database, writes
from doitui.cli.tables import table

doi_argument = click.argument("doi", metavar="DOI")
now_option = click.option("--now", is_flag=True, help="Send now, in this process, instead of queueing.")
state_option = click.option(
    "--state",
    default="findable",
    type=click.Choice(["findable", "registered", "draft"]),
    help="Target state (default findable).",
)
changes_dois = stack(dois_argument, now_option, writes)

#: Citing works that `doi show` prints for people.
CITATIONS = 20


@click.group("doi")
def doi() -> None:
    """Reserve, mint, update, verify and deactivate DOIs; list and explain them.

    DOI is a DOI in any spelling, or the object id of its record; ID the object id of a record, or its DOI; CODE:ID if
    several repositories have the object id.

    Example: doitui doi list --state failed
    """


for _command in (
    adopt.adopt,
    doi_assign.assign,
    doi_assign.unassign,
    doi_assign.duplicates,
    tombstone_page.tombstone_page,
):
    doi.add_command(_command)


@doi.command("list")
@click.option(
    "--state",
    "--status",
    default="",
    metavar="S",
    help="A status, a mark (failed, uncertain, changed, pending), mismatch, or an OPUS state:"
    " opus:unregistered, opus:registered, opus:verified, opus:unpublished.",
)
@repository_option
@click.option("--query", "text", default="", metavar="TEXT", help="Part of the DOI, the object id or the title.")
@paging_options
@reads_database
def list_(session: Session, state: str, code: str, text: str, limit: int, after: str) -> None:
    """List DOIs, newest mint first.

    Example: doitui doi list --state failed --json
    """
    from doitui_core.views import lists

    read = partial(lists.dois, state=state, repository=code, text=text)
    columns = ("doi", "status", "marks", "verification", "object_id", "minted_at", "title")
    show_list(session, "dois", read, row_json.doi, columns, "no DOIs", limit=limit, after=after)


@doi.command("show")
@dois_argument
@reads_database
def show_(session: Session, dois: tuple[str, ...]) -> None:
    """Show the states, the last error and the content fingerprints of DOIs.

    Example: doitui doi show 10.5072/h/2026/MS-0112
    """
    from doitui_core.records import doi_lookup
    from doitui_core.views import lists, pulled, verification_words

    found = [lists.doi(doi_lookup.find(text).id) for text in dois]
    cited = {row.id: [row_json.citation(one) for one in pulled.citations(row.id)] for row in found}
    rows = [row_json.doi(row, details=True) | {"cited_by": cited[row.id]} for row in found]
    words = [{"verification": verification_words.of_doi(row.id, row.verification)} for row in found]
    lines = [line for row, shown in zip(rows, words, strict=True) for line in _shown(row | shown)]
    session.show(rows[0] if len(rows) == 1 else {"dois": rows}, lines)


def _shown(row: dict[str, Any]) -> list[str]:
    """The lines of one DOI: its fields, and who cites it."""
    works = row["cited_by"]
    lines = [
        f"  {work['occurred_at'] or '-':<20}  {work['citing_id']}  ({', '.join(work['sources'])})" for work in works
    ]
    more = [f"  … and {len(works) - CITATIONS} more: --json lists all"] if len(works) > CITATIONS else []
    return [*fields(row | {"cited_by": len(works)}), *lines[:CITATIONS], *more]


@doi.command()
@doi_argument
@reads_database
def history(session: Session, doi: str) -> None:
    """Show every state change of a DOI, and every request with its answer.

    Example: doitui doi history 10.5072/h/2026/MS-0112
    """
    from doitui_core.records import doi_lookup
    from doitui_core.views import doi_page

    found = doi_page.history(doi_lookup.find(doi))
    changes = ("at", "actor", "action", "from_status", "to_status", "http_status", "cause", "detail")
    log = table(found["log"], changes, "no log")
    columns = ("id", "sent_at", "finished_at", "method", "target", "event", "http_status", "outcome", "cause")
    attempts = table(found["attempts"], columns, "nothing was sent yet")
    session.show(found, [*log, "", "requests (--json shows what was sent and answered)", *attempts])


@doi.command()
@click.argument("doi", metavar="[DOI]", required=False)
@click.option("--record", "object_id", default="", metavar="ID", help="Take the DOI of this record.")
@click.option("--format", "form", required=True, type=click.Choice(["xml", "json"]), help="Format of the output.")
@no_validate_option
@click.pass_obj
def export(session: Session, doi: str | None, object_id: str, form: str, check: bool) -> None:
    """Print the document of a DOI as it would be sent: DataCite XML or DataCite JSON, on stdout.

    A document with errors is not printed, unless --no-validate is given.

    Example: doitui doi export 10.5072/h/2026/MS-0112 --format xml
    """
    from doitui_core.metadata import validate
    from doitui_core.operations import exporting
    from doitui_core.records import doi_lookup, record_lookup

    if bool(doi) == bool(object_id):
        raise click.UsageError("give a DOI or --record ID, one of them", click.get_current_context())
    with session.database(read_only=True):
        found = exporting.of_doi(doi_lookup.find(doi)) if doi else exporting.of_record(record_lookup.find(object_id))
    if not found.published:
        say(f"warning: the record of {found.doi} is not published: do not register this document by hand")
    if check:
        which = ["--record", object_id] if object_id else [found.doi]
        errors = validate.only_errors(found.findings)
        refuse(errors, f"{found.doi} was not exported", ["doi", "export", *which, "--format", form])
    print_document(found.document, found.doi, form)


@doi.command()
@ids_argument
@writes
def reserve(session: Session, ids: tuple[str, ...]) -> None:
    """Choose the DOIs of records now, before they are published (to print them in a PDF).

    Example: doitui doi reserve THS-2026-003
    """
    from doitui_core.dois import reservations
    from doitui_core.records import record_lookup

    def act(text: str) -> dict[str, Any]:
        record = record_lookup.find(text)
        reserved = (
            reservations.check(record) if session.dry_run else reservations.reserve(record, actor=session.actor).doi
        )
        return {"id": text, "doi": reserved, "line": f"{text}: {reserved} {session.would or 'is '}reserved"}

    each(session, ids, act)


@doi.command()
@ids_argument
@state_option
@now_option
@writes
def mint(session: Session, ids: tuple[str, ...], state: str, now: bool) -> None:
    """Mint the DOIs of records; reserve them first where there is none.

    Example: doitui doi mint MS-0112 --now
    """
    from doitui_core.config import repositories
    from doitui_core.dois import reservations, targets
    from doitui_core.domain.states import Wanted
    from doitui_core.operations import doi_actions
    from doitui_core.records import record_lookup

    def act(text: str) -> dict[str, Any]:
        if not session.dry_run:
            return _result(text, doi_actions.mint(text, state=state, now=now, actor=session.actor), now)
        record = record_lookup.find(text)
        targets.check_mintable(record, Wanted(state), repositories.config(record.repository))
        name = reservations.preview(record)
        return {"id": text, "doi": name, "line": f"{text}: {name} would be minted as {state}"}

    each(session, ids, act)


@doi.command()
@changes_dois
def update(session: Session, dois: tuple[str, ...], now: bool) -> None:
    """Send the current content of DOIs.

    Example: doitui doi update 10.5072/h/2026/MS-0112
    """
    _change(session, dois, now, "update")


@doi.command()
@changes_dois
def verify(session: Session, dois: tuple[str, ...], now: bool) -> None:
    """Compare the state and the landing page with DataCite, and follow the resolver to the page.

    Example: doitui doi verify 10.5072/h/2026/MS-0112 --now
    """
    _change(session, dois, now, "verify")


@doi.command()
@click.option("--reason", required=True, metavar="T", help="The reason: stored, and sent to DataCite.")
@click.option("--successor", default="", metavar="DOI", help="The DOI that replaces it.")
@changes_dois
def deactivate(session: Session, dois: tuple[str, ...], reason: str, successor: str, now: bool) -> None:
    """Make DOIs tombstones: they stay registered, their metadata is no longer public.

    Example: doitui doi deactivate 10.5072/h/2026/MS-0112 --reason 'withdrawn by its owner'
    """
    _change(session, dois, now, "deactivate", reason=reason, successor=successor)


@doi.command()
@changes_dois
def abandon(session: Session, dois: tuple[str, ...], now: bool) -> None:
    """Give up DOIs that were never registered: delete drafts, and never use these DOIs again.

    Example: doitui doi abandon 10.5072/h/2026/MS-0112
    """
    _change(session, dois, now, "abandon")


@doi.command("set-url")
@doi_argument
@click.argument("url")
@now_option
@writes
def set_url(session: Session, doi: str, url: str, now: bool) -> None:
    """Change the landing page of a DOI.

    Example: doitui doi set-url 10.5072/h/2026/MS-0112 https://archive.example.org/new/MS-0112
    """
    from doitui_core.domain import doi_spelling
    from doitui_core.metadata import validate

    if not validate.page_errors(url):
        for warning in validate.page_warnings(url, lambda: doi_spelling.bare(doi)):
            say(warning.message)
    _change(session, (doi,), now, "set_url", url=url)


@doi.command()
@click.option("--reason", required=True, metavar="T", help="The reason: stored in the log.")
@changes_dois
def restore(session: Session, dois: tuple[str, ...], reason: str, now: bool) -> None:
    """Make tombstones findable again. Only this command does.

    Example: doitui doi restore 10.5072/h/2026/MS-0112 --reason 'deactivated by mistake'
    """
    _change(session, dois, now, "restore", reason=reason)


def _change(session: Session, dois: Sequence[str], now: bool, action: str, **options: str) -> None:
    """Apply the `action` of `doi_actions` with `options` to each DOI, or in a dry run only its check."""
    from doitui_core.dois import targets
    from doitui_core.operations import doi_actions
    from doitui_core.records import doi_lookup

    def act(text: str) -> dict[str, Any]:
        doi = doi_lookup.find(text).doi
        if not session.dry_run:
            queued = getattr(doi_actions, action)(doi, now=now, actor=session.actor, **options)
            if action == "deactivate":
                tombstone_page.warn_of_old_page(queued.doi)
            return _result(text, queued, now)
        row = getattr(doi_actions if action == "set_url" else targets, f"check_{action}")(doi, **options)
        if action == "deactivate":
            tombstone_page.warn_of_old_page(row)
        return {"id": text, "doi": row.doi, "line": f"{row.doi}: would be {'sent' if now else 'queued'}"}

    each(session, dois, act)


def _result(text: str, queued: Any, now: bool) -> dict[str, Any]:
    """What an action did: queued a job, nothing, or with `now` the outcome."""
    from doitui_core.views import lists, verification_words

    row = row_json.doi(lists.doi(queued.doi.id))
    found = {"id": text} | {name: row[name] for name in ("doi", "status", "marks")} | {"job": queued.job_id or None}
    if queued.note:
        return found | {"line": f"{row['doi']}: {queued.note}"}
    if not now:
        return found | {"line": f"{row['doi']}: queued as job {queued.job_id}"}
    outcome = queued.outcome
    if outcome.kind != "done" or outcome.cause:
        return found | {"cause": outcome.cause, "error": outcome.message, "code": exits.for_cause(outcome.cause)}
    words = verification_words.of_doi(queued.doi.id, row["verification"])
    checked = f", {words}" if words != "unverified" else ""
    note = f" ({outcome.message})" if outcome.message else ""
    line = f"{row['doi']}: is {row['status']}{checked}{note}"
    return found | {"verification": row["verification"], "line": line}
