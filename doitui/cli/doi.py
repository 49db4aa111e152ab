"""`doitui doi`: what one can do to a DOI, and all that is known of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from doitui.cli import exits, row_json
from doitui.cli.items import each
from doitui.cli.output import fields, say, show, table
from doitui.cli.paging import paging_options, say_next
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui_core.config.actor import actor

now_option = click.option("--now", is_flag=True, help="Do it here and now instead of queueing it.")
state_option = click.option(
    "--state",
    default="findable",
    type=click.Choice(["findable", "registered", "draft"]),
    help="What it shall become (findable).",
)
dois_argument = click.argument("dois_", nargs=-1, required=True, metavar="DOI...")


@click.group()
def doi() -> None:
    """Reserve, mint, update, verify, deactivate; list and explain.

    Example: doitui doi list --state failed
    """


@doi.command("list")
@click.option(
    "--state",
    default="",
    metavar="S",
    help="A status, a mark (failed, uncertain, changed, pending), mismatch, or one of OPUS's words:"
    " opus:unregistered, opus:registered, opus:verified, opus:unpublished.",
)
@click.option("--repository", "code", default="", metavar="CODE", help="Only that repository's.")
@click.option("--query", "text", default="", metavar="TEXT", help="Part of the DOI, the object id or the title.")
@paging_options
@json_option
@pass_session
def list_(session: Session, state: str, code: str, text: str, limit: int, after: str, as_json: bool) -> None:
    """List DOIs, newest mint first.

    Example: doitui doi list --state failed --json
    """
    from doitui_core.views import lists

    with session.database(read_only=True):
        page = lists.dois(state=state, repository=code, text=text, limit=limit, after=after)
    columns = ("doi", "status", "marks", "verification", "object_id", "minted_at", "title")
    rows = [row_json.doi(row) for row in page.rows]
    show({"dois": rows, "next": page.next}, as_json, table(rows, columns, "no DOIs"))
    say_next(page.next, as_json)


@doi.command("show")
@dois_argument
@json_option
@pass_session
def show_(session: Session, dois_: tuple[str, ...], as_json: bool) -> None:
    """Show what is known of a DOI: its facts, its last error, its content's fingerprints.

    Example: doitui doi show 10.5072/h/2026/MS-0112
    """
    from doitui_core.dois import lookup
    from doitui_core.views import lists

    with session.database(read_only=True):
        rows = [row_json.doi_details(lists.doi(lookup.find(text).id)) for text in dois_]
    show(rows[0] if len(rows) == 1 else {"dois": rows}, as_json, [line for row in rows for line in fields(row)])


@doi.command("history")
@click.argument("text", metavar="DOI")
@json_option
@pass_session
def history(session: Session, text: str, as_json: bool) -> None:
    """Show all that ever happened to a DOI: transitions, and every request with its answer.

    Example: doitui doi history 10.5072/h/2026/MS-0112
    """
    from doitui_core.dois import lookup
    from doitui_core.views import doi_page

    with session.database(read_only=True):
        found = doi_page.history(lookup.find(text))
    log = table(
        found["log"], ("at", "actor", "action", "from_status", "to_status", "http_status", "cause", "detail"), "no log"
    )
    columns = ("id", "sent_at", "finished_at", "method", "target", "event", "http_status", "outcome", "cause")
    attempts = table(found["attempts"], columns, "nothing was ever sent")
    show(found, as_json, [*log, "", "requests (--json shows what was sent and answered)", *attempts])


@doi.command("reserve")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@json_option
@dry_run_option
@pass_session
def reserve(session: Session, ids: tuple[str, ...], as_json: bool, dry_run: bool) -> None:
    """Decide the DOI of a record now, before it is published (to print it in the PDF).

    Example: doitui doi reserve THS-2026-003
    """
    from doitui_core.dois import reservations
    from doitui_core.records import record_lookup

    def act(text: str) -> dict[str, Any]:
        record = record_lookup.find(text)
        made = reservations.check(record) if dry_run else reservations.reserve(record, actor=actor()).doi
        return {"id": text, "doi": made, "line": f"{text}: {made} {'would be reserved' if dry_run else 'is reserved'}"}

    with session.database(read_only=dry_run):
        each(ids, act, as_json)


@doi.command("mint")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@state_option
@now_option
@json_option
@dry_run_option
@pass_session
def mint(session: Session, ids: tuple[str, ...], state: str, now: bool, as_json: bool, dry_run: bool) -> None:
    """Mint the DOIs of records, reserving those that have none.

    Example: doitui doi mint MS-0112 --now
    """
    from doitui_core.config import repositories
    from doitui_core.dois import reservations, targets
    from doitui_core.domain.states import Wanted
    from doitui_core.operations import doi_actions
    from doitui_core.records import record_lookup

    def act(text: str) -> dict[str, Any]:
        if dry_run:
            record = record_lookup.find(text)
            targets.check_mintable(record, Wanted(state), repositories.config(record.repository))
            return {
                "id": text,
                "doi": reservations.preview(record),
                "line": f"{text}: {reservations.preview(record)} would be minted as {state}",
            }
        return _result_line(text, doi_actions.mint(text, state=state, now=now, actor=actor()), now)

    with session.database(read_only=dry_run):
        each(ids, act, as_json)


@doi.command("update")
@dois_argument
@now_option
@json_option
@dry_run_option
@pass_session
def update(session: Session, dois_: tuple[str, ...], now: bool, as_json: bool, dry_run: bool) -> None:
    """Send the present content of the records again.

    Example: doitui doi update 10.5072/h/2026/MS-0112
    """
    from doitui_core.dois import targets
    from doitui_core.operations import doi_actions

    _do(session, dois_, as_json, dry_run, now, _as_actor(doi_actions.update, now), targets.check_update)


@doi.command("verify")
@dois_argument
@now_option
@json_option
@dry_run_option
@pass_session
def verify(session: Session, dois_: tuple[str, ...], now: bool, as_json: bool, dry_run: bool) -> None:
    """Compare state and landing page with what DataCite has, and follow the resolver to the page.

    Example: doitui doi verify 10.5072/h/2026/MS-0112 --now
    """
    from doitui_core.dois import targets
    from doitui_core.operations import doi_actions

    _do(session, dois_, as_json, dry_run, now, _as_actor(doi_actions.verify, now), targets.check_verify)


@doi.command("deactivate")
@dois_argument
@click.option("--reason", required=True, metavar="T", help="Why; kept, and sent to DataCite.")
@click.option("--successor", default="", metavar="DOI", help="The DOI that replaces it.")
@now_option
@json_option
@dry_run_option
@pass_session
def deactivate(
    session: Session, dois_: tuple[str, ...], reason: str, successor: str, now: bool, as_json: bool, dry_run: bool
) -> None:
    """Make a DOI a tombstone: it stays registered, its metadata is no longer public.

    Example: doitui doi deactivate 10.5072/h/2026/MS-0112 --reason 'withdrawn by its owner'
    """
    from doitui_core.dois import targets
    from doitui_core.operations import doi_actions

    def act(text: str) -> Any:
        return doi_actions.deactivate(text, reason=reason, successor=successor, now=now, actor=actor())

    def check(text: str) -> Any:
        return targets.check_deactivate(text, reason, successor)

    _do(session, dois_, as_json, dry_run, now, act, check)


@doi.command("abandon")
@dois_argument
@now_option
@json_option
@dry_run_option
@pass_session
def abandon(session: Session, dois_: tuple[str, ...], now: bool, as_json: bool, dry_run: bool) -> None:
    """Give up DOIs that were never registered: a draft is deleted, the string is never used again.

    Example: doitui doi abandon 10.5072/h/2026/MS-0112
    """
    from doitui_core.dois import targets
    from doitui_core.operations import doi_actions

    _do(
        session,
        dois_,
        as_json,
        dry_run,
        now,
        _as_actor(doi_actions.abandon, now),
        targets.check_abandon,
    )


@doi.command("set-url")
@click.argument("text", metavar="DOI")
@click.argument("url")
@now_option
@json_option
@dry_run_option
@pass_session
def set_url(session: Session, text: str, url: str, now: bool, as_json: bool, dry_run: bool) -> None:
    """Change the landing page of a DOI.

    Example: doitui doi set-url 10.5072/h/2026/MS-0112 https://archive.example.org/new/MS-0112
    """
    from doitui_core.domain import doi_spelling
    from doitui_core.metadata import validate
    from doitui_core.operations import doi_actions

    def check(text: str) -> Any:
        return doi_actions.check_set_url(text, url)

    if not validate.page_errors(url):
        for warning in validate.page_warnings(url, lambda: doi_spelling.bare(text)):
            say(warning.message)
    _do(
        session,
        (text,),
        as_json,
        dry_run,
        now,
        lambda text: doi_actions.set_url(text, url, now=now, actor=actor()),
        check,
    )


@doi.command("restore")
@dois_argument
@click.option("--reason", required=True, metavar="T", help="Why; kept in the log.")
@now_option
@json_option
@dry_run_option
@pass_session
def restore(session: Session, dois_: tuple[str, ...], reason: str, now: bool, as_json: bool, dry_run: bool) -> None:
    """Bring a tombstone back to findable. Nothing else does.

    Example: doitui doi restore 10.5072/h/2026/MS-0112 --reason 'deactivated by mistake'
    """
    from doitui_core.dois import targets
    from doitui_core.operations import doi_actions

    def act(text: str) -> Any:
        return doi_actions.restore(text, reason=reason, now=now, actor=actor())

    _do(session, dois_, as_json, dry_run, now, act, lambda text: targets.check_restore(text, reason))


@doi.command("tombstone-page")
@click.argument("text", metavar="DOI")
@click.option(
    "--out", default=None, type=click.Path(path_type=Path), metavar="FILE", help="Write it there; stdout otherwise."
)
@json_option
@dry_run_option
@pass_session
def tombstone_page(session: Session, text: str, out: Path | None, as_json: bool, dry_run: bool) -> None:
    """Make the HTML page a tombstone's DOI leads to: what it was, when and why it went, what replaces it.

    Example: doitui doi tombstone-page 10.5072/h/2026/MS-0112 --out /srv/www/tombstones/ms-0112.html
    """
    from doitui.shared import files
    from doitui_core.dois import lookup
    from doitui_core.dois import tombstone_page as tombstone_pages

    with session.database(read_only=True):
        tombstone = tombstone_pages.from_row(lookup.find(text))
    html = tombstone_pages.render(tombstone)
    told = f"{tombstone.doi}: the page {'would be' if dry_run else 'is'} written to {out}"
    if out is not None and not dry_run:
        files.replace(out, html)
    show({"doi": tombstone.doi, "html": html}, as_json, html.splitlines() if out is None else [told])


@doi.command("adopt")
@dois_argument
@json_option
@dry_run_option
@pass_session
def adopt(session: Session, dois_: tuple[str, ...], as_json: bool, dry_run: bool) -> None:
    """Take over DOIs that a record has here and that exist already in our account at DataCite.

    Nothing is sent: DataCite is asked, and what it says is kept. `doi mint` or `doi update` then replaces the content.

    Example: doitui doi adopt 10.5072/h/2026/MS-0112
    """
    from doitui_core.operations import adoption

    def act(text: str) -> dict[str, Any]:
        row = adoption.adopt(text, actor=actor(), dry_run=dry_run)
        return {
            "id": text,
            "doi": row.doi,
            "status": row.status,
            "line": f"{row.doi}: {'would be ' if dry_run else ''}taken over as {row.remote}",
        }

    with session.database(read_only=dry_run):
        each(dois_, act, as_json)


def _as_actor(act: Callable[..., Any], now: bool) -> Callable[[str], Any]:
    """`act` on a DOI, by whoever runs this command."""
    return lambda text: act(text, now=now, actor=actor())


def _do(
    session: Session,
    ids: tuple[str, ...],
    as_json: bool,
    dry_run: bool,
    now: bool,
    act: Callable[[str], Any],
    check: Callable[[str], Any],
) -> None:
    def one(text: str) -> dict[str, Any]:
        if dry_run:
            row = check(text)
            return {"id": text, "doi": row.doi, "line": f"{row.doi}: would be {'done' if now else 'queued'}"}
        return _result_line(text, act(text), now)

    with session.database(read_only=dry_run):
        each(ids, one, as_json)


def _result_line(text: str, queued: Any, now: bool) -> dict[str, Any]:
    """What to say of a wish: queued, nothing to do, or how it went."""
    from doitui_core.views import lists

    row = row_json.doi(lists.doi(queued.doi.id))
    told = {"id": text, "doi": row["doi"], "status": row["status"], "marks": row["marks"], "job": queued.job_id or None}
    if queued.note:
        return told | {"line": f"{row['doi']}: {queued.note}"}
    if not now:
        return told | {"line": f"{row['doi']}: queued as job {queued.job_id}"}
    outcome = queued.outcome
    if outcome.kind == "done" and not outcome.cause:
        checked = f", {row['verification']}" if row["verification"] != "unverified" else ""
        note = f" ({outcome.message})" if outcome.message else ""
        line = f"{row['doi']}: is {row['status']}{checked}{note}"
        return told | {"verification": row["verification"], "line": line}
    code = exits.EXIT_OF_CAUSE.get(outcome.cause, exits.SOME_FAILED)
    return told | {"cause": outcome.cause, "error": outcome.message, "code": code}
