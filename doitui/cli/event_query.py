"""`doitui event query` and `event pull`: what DataCite Event Data, or a hub, has."""

from __future__ import annotations

import itertools
from typing import Any

import click

from doitui.cli.numbers import LIMIT_OR_ALL
from doitui.cli.output import progress, show, table
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui.cli.so_far import says_how_far
from doitui_core.errors import BadInput
from doitui_core.text import plural

COLUMNS = ("subj_id", "relation_type_id", "obj_id", "source_id", "total", "occurred_at")

#: Seconds for each page.
PATIENCE = 60.0


@click.command()
@click.option("--query", default="", metavar="Q", help="Words, in Lucene's syntax.")
@click.option("--subj-id", default="", metavar="ID", help="Exactly this subject.")
@click.option("--obj-id", default="", metavar="ID", help="Exactly this object.")
@click.option("--doi", default="", metavar="DOI", help="On either side; several split by commas.")
@click.option("--prefix", default="", metavar="P", help="A DOI prefix.")
@click.option("--orcid", default="", metavar="O", help="An ORCID id.")
@click.option("--year-month", default="", metavar="YYYY-MM", help="When it occurred.")
@click.option("--source-id", default="", metavar="S", help="As datacite-usage, crossref.")
@click.option("--relation-type-id", default="", metavar="R", help="As is-cited-by.")
@click.option(
    "--sort", default="", metavar="S", help="relevance, obj_id, total, created, updated; - before it: backwards."
)
@click.option("--page-size", default=1000, type=click.IntRange(1, 1000), help="Events asked for at once (1000).")
@click.option("--limit", default=0, type=LIMIT_OR_ALL, metavar="N", help="At most so many events; 0: all.")
@click.option(
    "--url", default="", metavar="BASE", help="The Events API or hub (events_url, a sandbox, else DataCite's)."
)
@json_option
@pass_session
def query(session: Session, sort: str, page_size: int, limit: int, url: str, as_json: bool, **filters: str) -> None:
    """Ask DataCite Event Data, or a hub, and print all pages.

    Example: doitui event query --doi 10.5438/0012 --relation-type-id is-cited-by
    """
    asked = {name: _canonical(name, text) for name, text in filters.items() if text}
    found: list[dict[str, Any]] = []
    total = 0
    pages = _client(session, url).all_pages(asked, sort=sort, size=page_size)
    with progress("reading", 0) as bar:
        for page in pages:
            found += page.events
            total = page.total
            bar.update(len(page.events))
            if limit and len(found) >= limit:
                break
    rows = list(itertools.islice(found, limit or None))
    show({"events": rows, "total": total}, as_json, [*table(rows, COLUMNS, "no events"), f"{len(rows)} of {total}"])


@click.command()
@click.option("--repository", "code", metavar="CODE", help="Whose DOIs; needed when there are several.")
@click.option(
    "--url", default="", metavar="BASE", help="The Events API or hub (events_url, a sandbox, else DataCite's)."
)
@json_option
@dry_run_option
@pass_session
def pull(session: Session, code: str | None, url: str, as_json: bool, dry_run: bool) -> None:
    """Store what others say about our DOIs, citations above all. Nothing of it is sent again.

    Example: doitui event pull --repository h
    """
    from doitui_core.config import repositories
    from doitui_core.events import pulling

    with session.database(read_only=dry_run):
        repository = repositories.find_or_only(code)
        number = pulling.count(repository)
        if dry_run:
            show({"would_ask_for": number}, as_json, [f"would be asked for: {plural(number, 'DOI')}"])
            return
        with progress("asking", number) as bar, says_how_far(lambda: _asked_before(bar.pos, number)):
            kept = pulling.pull(_client(session, url, repository), repository, step=bar.update)
    line = f"{plural(kept.new, 'new event')}, {kept.grown} with another total"
    show({"new": kept.new, "changed": kept.grown}, as_json, [line])


def _canonical(name: str, text: str) -> str:
    """A filter as DataCite compares it: DOIs bare and in lower case, an id on one side as an address."""
    from doitui_core.domain import event_ids, identifiers

    if name in ("subj_id", "obj_id"):
        return event_ids.canonical(text)
    return ",".join(map(identifiers.fold, text.split(","))) if name in ("doi", "prefix") else text


def _asked_before(done: int, number: int) -> str:
    """How far a pull came that was stopped."""
    return f"{done} of {plural(number, 'DOI')} asked for before; what came is stored"


def _client(session: Session, url: str, repository: Any = None) -> Any:
    from doitui_core.config import repositories, setting_values, settings
    from doitui_core.datacite.event_query import EventQueryClient
    from doitui_core.domain import environments

    try:
        # A query carries no credentials, so a hub without HTTPS may be asked.
        contact, url = "", setting_values.address(url) if url else ""
    except ValueError as error:
        raise BadInput(f"--url {settings.without_user(url)!r}: {error}") from error
    if repository is not None:
        config = repositories.config(repository)
        url, contact = url or config.events_url, config.text("contact_email")
    return EventQueryClient(
        url or _global_url(session) or environments.REST_URL["production"], deadline=PATIENCE, contact_email=contact
    )


def _global_url(session: Session) -> str:
    """What is set for all repositories; where all there is talks to a sandbox, that. No database is needed to ask."""
    from doitui_core.config import repositories, settings
    from doitui_core.domain import environments
    from doitui_core.errors import DatabaseNotReady

    try:
        with session.database(read_only=True):
            configs = [repositories.config(row) for row in repositories.all_repositories() if row.active]
            if len(configs) == 1 and environments.is_loopback(configs[0].url):
                return configs[0].events_url
            return str(settings.load().get("events_url"))
    except DatabaseNotReady:
        return ""
