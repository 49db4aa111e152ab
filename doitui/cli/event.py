"""`doitui event`: what happened to DOIs, and whether an Events API has been told."""

from __future__ import annotations

from typing import Any

import click

from doitui.cli import event_query, exits, row_json
from doitui.cli.numbers import ID, LIMIT_OR_ALL
from doitui.cli.output import fields, progress, say, show, table
from doitui.cli.paging import paging_options, say_next
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui_core.config.actor import actor
from doitui_core.domain import strict_json
from doitui_core.text import plural

COLUMNS = ("id", "state", "total", "relation_type_id", "subj_id", "obj_id", "attempts", "response_status", "last_error")


@click.group()
def event() -> None:
    """What happened to DOIs - views, downloads, citations, relations - told to DataCite's Events API or a hub.

    DataCite itself lets only its staff write events: repositories send usage reports (`doitui usage-report`).

    Example: doitui event list --state failed
    """


event.add_command(event_query.query)
event.add_command(event_query.pull)


@event.command("list")
@click.option("--state", default="", metavar="S", help="pending, submitted, failed or uncertain.")
@click.option("--doi", default="", metavar="DOI", help="Only that DOI's.")
@paging_options
@json_option
@pass_session
def list_(session: Session, state: str, doi: str, limit: int, after: str, as_json: bool) -> None:
    """List events, newest first.

    Example: doitui event list --state failed --json
    """
    from doitui_core.views import event_health, lists

    with session.database(read_only=True):
        page = lists.events(state=state, doi=doi, limit=limit, after=after)
        found = event_health.diagnosis()
    rows = [row_json.event(row) for row in page.rows]
    show({"events": rows, "next": page.next}, as_json, table(rows, COLUMNS, "no events"))
    if found is not None and not as_json:
        say(f"{found.message}: {found.remedy}")
    say_next(page.next, as_json)


@event.command("show")
@click.argument("number", type=ID, metavar="ID")
@json_option
@pass_session
def show_(session: Session, number: int, as_json: bool) -> None:
    """Show one event: what is sent of it, and what was answered.

    Example: doitui event show 12
    """
    from doitui_core.events import sending, store

    with session.database(read_only=True):
        event = store.find(number)
        row = row_json.event_details(event) | {"payload": dict(sending.value(event).payload)}
    plain = row | {"payload": strict_json.dumps(row["payload"], ensure_ascii=False)}
    show(row, as_json, fields(plain))


@event.command("add")
@click.option("--subject", required=True, metavar="DOI", help="A DOI of ours.")
@click.option("--relation", required=True, metavar="R", help="As is-cited-by, or IsCitedBy.")
@click.option("--object", "obj", required=True, metavar="ID", help="A DOI, ORCID, ROR id, address or other id.")
@click.option("--source", default="", metavar="S", help="Where it comes from (event_source_relation).")
@click.option("--total", default=1, type=click.IntRange(1, 2**31 - 1), help="How often since the beginning (1).")
@click.option("--occurred-at", default="", metavar="TIME", help="When, as 2026-12-01T06:00Z (now).")
@json_option
@dry_run_option
@pass_session
def add(
    session: Session,
    subject: str,
    relation: str,
    obj: str,
    source: str,
    total: int,
    occurred_at: str,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Keep an event and queue it. The same one again gets the new total.

    Example: doitui event add --subject 10.5072/h/1 --relation is-cited-by --object 10.1000/182
    """
    from doitui_core.events import adding

    about: dict[str, Any] = {"source": source, "total": total, "occurred_at": occurred_at}
    with session.database(read_only=dry_run):
        if dry_run:
            found = adding.check(subject, relation, obj, **about).event
            sentence = f"{found.subj_id} {found.relation_type_id} {found.obj_id}"
            show({"uuid": found.uuid, "would_add": sentence}, as_json, [f"would be kept: {sentence}"])
            return
        row, kept = adding.add(subject, relation, obj, actor=actor(), **about)
    word = "is kept" if kept.new else "has its new total" if kept.grown else "was there already"
    document = row_json.event(row) | {"new": bool(kept.new)}
    show(document, as_json, [f"event {row.id} {word}: {row.subj_id} {row.relation_type_id} {row.obj_id}"])


@event.command("flush")
@click.option("--limit", default=500, type=LIMIT_OR_ALL, metavar="N", help="At most so many (500); 0: all.")
@click.option(
    "--max-attempts",
    default=5,
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Those tried fewer times (5).",
)
@json_option
@dry_run_option
@pass_session
def flush(session: Session, limit: int, max_attempts: int, as_json: bool, dry_run: bool) -> None:
    """Send what is pending, and what failed and has attempts left, at the pace of event_rate_limit.

    Usage that was counted since becomes events first. Ctrl-C stops it; what is not sent stays queued.

    Example: doitui event flush --limit 500 --dry-run
    """
    from doitui.cli.work import log_to_stderr, stopping

    log_to_stderr(session.debug, doi_lines=False)
    most = limit or None
    if dry_run:
        with session.database(read_only=True):
            rows = _would_send(most, max_attempts)
        lines = [f"{row['method']} {row['url']} {row['body']}" for row in rows]
        show({"would_send": rows}, as_json, [*lines, f"would be sent: {plural(len(rows), 'event')}"])
        return
    from doitui_core.operations import flush_events
    from doitui_core.views import event_health

    with session.database(durable=False), stopping() as stop:
        with progress("sending", most or 0) as bar:
            summary = flush_events.flush(
                limit=most,
                max_attempts=max_attempts,
                stop=stop,
                progress=lambda _: bar.update(1),
                actor=actor(),
            )
        found = event_health.diagnosis()
    left = sorted(summary.left.items())
    document = {
        "taken": summary.taken,
        "outcomes": dict(summary.outcomes),
        "left": [{"job": number, "cause": outcome.cause, "last_error": outcome.message} for number, outcome in left],
        "blocked": {code: outcome.message for code, outcome in summary.blocked.items()},
    }
    told = ", ".join(f"{number} {kind}" for kind, number in summary.outcomes.items())
    show(document, as_json, [f"{plural(summary.taken, 'event')} taken up" + (f": {told}" if told else "")])
    for message in dict.fromkeys(outcome.message for outcome in [*(o for _, o in left), *summary.blocked.values()]):
        say(message)
    if found is not None and not as_json:
        say(f"{found.message}: {found.remedy}")
    ends = [outcome for _, outcome in left] + list(summary.blocked.values())
    codes = [exits.EXIT_OF_CAUSE.get(outcome.cause, exits.SOME_FAILED) for outcome in ends]
    exits.leave(exits.for_items([*codes, *[exits.DONE] * summary.outcomes["done"]], codes))


def _would_send(limit: int | None, max_attempts: int) -> list[dict[str, Any]]:
    """The requests, in order: what waits in the store, then usage that was counted since."""
    from doitui_core.operations import flush_events

    return [
        {"method": request.method, "url": request.url, "body": request.body}
        for request in flush_events.requests(limit=limit, max_attempts=max_attempts)
    ]


@event.command("retry")
@click.argument("ids", nargs=-1, type=ID, metavar="[ID...]")
@click.option("--cause", metavar="C", help="All that failed of this cause.")
@click.option("--all", "everything", is_flag=True, help="All that failed.")
@json_option
@dry_run_option
@pass_session
def retry(
    session: Session, ids: tuple[int, ...], cause: str | None, everything: bool, as_json: bool, dry_run: bool
) -> None:
    """Give failed events new attempts.

    Example: doitui event retry --all
    """
    from doitui_core.events import retrying

    if sum((bool(ids), cause is not None, everything)) != 1:
        raise click.UsageError("give event IDs, or --cause, or --all")
    with session.database(read_only=dry_run):
        if dry_run:
            back = retrying.retryable(ids=ids, cause=cause)
        else:
            with progress("retrying", len(retrying.retryable(ids=ids, cause=cause))) as bar:
                back = retrying.retry(ids=ids, cause=cause, actor=actor(), step=bar.update)
    missed = [number for number in ids if number not in back]
    for number in missed:
        say(f"event {number} has not failed: nothing to retry")
    line = f"{plural(len(back), 'event')} {'would go' if dry_run else 'went'} back to pending"
    show({"retried": back, "not_retried": missed}, as_json, [line])
    exits.leave(exits.for_items(list(ids), [exits.SOME_FAILED] * len(missed)))
