"""`doitui event`: events of DOIs, sending them to an Events API or hub, and reading those of others there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from doitui.cli import event_data, event_derive, event_discard, exits, row_json
from doitui.cli.items import check_selection, selection_options, show_retried
from doitui.cli.options import ID, LIMIT_OR_ALL, paging_options, show_list
from doitui.cli.output import fields, say
from doitui.cli.progress import progress
from doitui.cli.session import Session, reads_database, writes, writes_database
from doitui_core.domain import strict_json
from doitui_core.errors import BadInput
from doitui_core.text import plural

if TYPE_CHECKING:
    from doitui_core.domain.event import EventValue

COLUMNS = ("id", "state", "total", "relation_type_id", "subj_id", "obj_id", "attempts", "response_status", "last_error")

PULLED_COLUMNS = ("id", "subj_id", "relation_type_id", "obj_id", "source_id", "occurred_at")


@click.group()
def event() -> None:
    """Send events of DOIs (views, downloads, citations, relations) to DataCite's Events API or a hub.

    At DataCite only its staff can write events: repositories send usage reports (`doitui usage-report`).

    Example: doitui event list --state failed
    """


event.add_command(event_derive.derive)


@event.command("list")
@click.option(
    "--state", "--status", default="", metavar="S", help="pending, submitted, failed, uncertain or discarded."
)
@click.option("--doi", default="", metavar="DOI", help="Only events of this DOI.")
@click.option(
    "--origin", default="", metavar="O", help="usage, metadata, hand (default: these); pulled: events of others."
)
@paging_options
@reads_database
def list_(session: Session, state: str, doi: str, origin: str, limit: int, after: str) -> None:
    """List your events, newest first. With --origin pulled: what others reported, as `doitui event pull` stored it.

    Example: doitui event list --state failed --json
    """
    from doitui_core.views import lists

    if origin == lists.PULLED:
        if state:
            raise BadInput(f"pulled events have no state: leave --state {state} out")
        pulled, none = partial(lists.pulled_events, doi=doi), "no events of others"
        show_list(session, "events", pulled, row_json.pulled_event, PULLED_COLUMNS, none, limit=limit, after=after)
        return
    read = partial(lists.events, state=state, doi=doi, origin=origin)
    show_list(session, "events", read, row_json.event, COLUMNS, "no events", limit=limit, after=after)
    _say_diagnosis(session)


def _say_diagnosis(session: Session) -> None:
    """Why no events are sent, if that is so."""
    from doitui_core.views import event_health

    found = event_health.diagnosis()
    if found is not None and not session.as_json:
        say(f"{found.message}: {found.remedy}")


@event.command("show")
@click.argument("number", type=ID, metavar="ID")
@reads_database
def show_(session: Session, number: int) -> None:
    """Show one event: as stored, as sent, and what was answered.

    Views and downloads are sent with the landing page as subject and the DOI as object: sent_subj_id, sent_obj_id.

    Example: doitui event show 12
    """
    from doitui_core.events import sending, store

    event = store.find(number)
    row = row_json.event_details(event) | _sent(sending.sent(event))
    session.show(row, fields(row | {"payload": strict_json.dumps(row["payload"], ensure_ascii=False)}))


def _sent(event: EventValue) -> dict[str, Any]:
    """The columns of what goes out."""
    return {"sent_subj_id": event.subj_id, "sent_obj_id": event.obj_id, "payload": dict(event.payload)}


@event.command()
@click.option("--subject", required=True, metavar="DOI", help="One of your DOIs.")
@click.option("--relation", required=True, metavar="R", help="Such as is-cited-by or IsCitedBy.")
@click.option("--object", "obj", required=True, metavar="ID", help="A DOI, ORCID, ROR id, URL or other id.")
@click.option("--source", default="", metavar="S", help="The source (default: setting event_source_relation).")
@click.option("--total", default=1, type=click.IntRange(1, 2**31 - 1), help="Total count until now (default 1).")
@click.option("--occurred-at", default="", metavar="TIME", help="Time, such as 2026-12-01T06:00Z (default now).")
@writes_database
def add(session: Session, subject: str, relation: str, obj: str, source: str, total: int, occurred_at: str) -> None:
    """Store an event and queue it. Adding the same event again changes its total.

    Example: doitui event add --subject 10.5072/h/1 --relation is-cited-by --object 10.1000/182
    """
    from doitui_core.events import adding
    from doitui_core.records import doi_lookup

    subject = doi_lookup.find(subject).doi
    about: dict[str, Any] = {"source": source, "total": total, "occurred_at": occurred_at}
    if session.dry_run:
        found = adding.check(subject, relation, obj, **about).event
        sentence = f"{found.subj_id} {found.relation_type_id} {found.obj_id}"
        session.show({"uuid": found.uuid, "would_add": sentence}, [f"would be stored: {sentence}"])
        return
    row, stored = adding.add(subject, relation, obj, actor=session.actor, **about)
    change = "stored" if stored.new else "has a new total" if stored.grown else "exists already"
    document = row_json.event(row) | {"new": bool(stored.new)}
    session.show(document, [f"event {row.id} {change}: {row.subj_id} {row.relation_type_id} {row.obj_id}"])


@event.command()
@click.option("--limit", default=500, type=LIMIT_OR_ALL, metavar="N", help="Maximum events (default 500; 0: all).")
@click.option(
    "--max-attempts",
    default=5,
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Only events with fewer attempts (default 5).",
)
@writes
def flush(session: Session, limit: int, max_attempts: int) -> None:
    """Send pending events, and failed events that have attempts left, at the rate of event_rate_limit.

    New usage counts become events first. Ctrl-C stops it; events that were not sent stay queued.

    Example: doitui event flush --limit 500 --dry-run
    """
    from doitui.cli.work import log_to_stderr, outcome_counts, stopping, summary_document
    from doitui_core.operations import flush_events

    log_to_stderr(session.debug, doi_lines=False)
    most = limit or None
    if session.dry_run:
        with session.database():
            rows = [
                {"method": request.method, "url": request.url, "body": request.body}
                for request in flush_events.requests(limit=most, max_attempts=max_attempts)
            ]
        lines = [f"{row['method']} {row['url']} {row['body']}" for row in rows]
        session.show({"would_send": rows}, [*lines, f"would be sent: {plural(len(rows), 'event')}"])
        return
    with session.database(durable=False), stopping() as stop:
        with progress("sending", most or 0) as bar:
            summary = flush_events.flush(
                limit=most, max_attempts=max_attempts, stop=stop, progress=lambda _: bar.update(1), actor=session.actor
            )
        counts = outcome_counts(summary.outcomes)
        line = f"{plural(summary.taken, 'event')} processed" + (f": {counts}" if counts else "")
        session.show(summary_document(summary, "job"), [line])
        unsent = [*(summary.left[job] for job in sorted(summary.left)), *summary.blocked.values()]
        for message in dict.fromkeys(outcome.message for outcome in unsent):
            say(message)
        _say_diagnosis(session)
    codes = [exits.for_cause(outcome.cause) for outcome in unsent]
    exits.leave_items(codes, len(codes) + summary.outcomes["done"])


@event.command()
@selection_options
@writes
def retry(session: Session, ids: tuple[int, ...], cause: str | None, everything: bool) -> None:
    """Give failed events new attempts.

    Example: doitui event retry --all
    """
    from doitui_core.events import retrying

    check_selection("event", ids, cause, everything)
    with session.database():
        retried = retrying.retryable(ids=ids, cause=cause)
        if not session.dry_run:
            with progress("retrying", len(retried)) as bar:
                retried = retrying.retry(ids=ids, cause=cause, actor=session.actor, step=bar.update)
    show_retried(session, "event", ids, retried, "failed")


event.add_command(event_data.query)
event.add_command(event_data.pull)
event.add_command(event_discard.discard)
