"""`doitui event query` and `event pull`: read events from DataCite Event Data or a hub."""

from __future__ import annotations

from typing import Any

import click

from doitui.cli.options import LIMIT_OR_ALL, owner_option
from doitui.cli.output import progress, table
from doitui.cli.partial_results import adds_progress
from doitui.cli.session import Session, reads, writes
from doitui_core.errors import BadInput
from doitui_core.text import plural

COLUMNS = ("subj_id", "relation_type_id", "obj_id", "source_id", "total", "occurred_at")

#: Seconds for each page.
DEADLINE = 60.0

url_option = click.option("--url", default="", metavar="BASE", help="Events API or hub (default: setting events_url).")


@click.command()
@click.option("--query", default="", metavar="Q", help="Text in Lucene syntax.")
@click.option("--subj-id", default="", metavar="ID", help="Exactly this subject.")
@click.option("--obj-id", default="", metavar="ID", help="Exactly this object.")
@click.option("--doi", default="", metavar="DOI", help="Subject or object; several separated by commas.")
@click.option("--prefix", default="", metavar="P", help="A DOI prefix.")
@click.option("--orcid", default="", metavar="O", help="An ORCID id.")
@click.option("--year-month", default="", metavar="YYYY-MM", help="The month it occurred.")
@click.option("--source-id", default="", metavar="S", help="Such as datacite-usage or crossref.")
@click.option("--relation-type-id", default="", metavar="R", help="Such as is-cited-by.")
@click.option("--sort", default="", metavar="S", help="relevance, obj_id, total, created, updated; with - descending.")
@click.option("--page-size", default=1000, type=click.IntRange(1, 1000), help="Events per request (default 1000).")
@click.option("--limit", default=0, type=LIMIT_OR_ALL, metavar="N", help="Maximum events (default 0: all).")
@url_option
@reads
def query(session: Session, sort: str, page_size: int, limit: int, url: str, **filters: str) -> None:
    """Query DataCite Event Data or a hub, and print all pages.

    Example: doitui event query --doi 10.5438/0012 --relation-type-id is-cited-by
    """
    canonical = {name: _canonical(name, text) for name, text in filters.items() if text}
    found: list[dict[str, Any]] = []
    total = 0
    with progress("reading", 0) as bar:
        for page in _client(session, url).all_pages(canonical, sort=sort, size=page_size):
            found += page.events
            total = page.total
            bar.update(len(page.events))
            if limit and len(found) >= limit:
                break
    rows = found[: limit or None]
    session.show({"events": rows, "total": total}, [*table(rows, COLUMNS, "no events"), f"{len(rows)} of {total}"])


@click.command()
@owner_option
@url_option
@writes
def pull(session: Session, code: str | None, url: str) -> None:
    """Store events that others have published about your DOIs, such as citations. These are not sent again.

    Example: doitui event pull --repository h
    """
    from doitui_core.config import repositories
    from doitui_core.events import pulling

    with session.database():
        repository = repositories.find_or_only(code)
        number = pulling.count(repository)
        if session.dry_run:
            session.show({"would_ask_for": number}, [f"would be queried: {plural(number, 'DOI')}"])
            return
        with (
            progress("querying", number) as bar,
            adds_progress(lambda: f"{bar.pos} of {plural(number, 'DOI')} queried before; their events are stored"),
        ):
            kept = pulling.pull(_client(session, url, repository), repository, step=bar.update)
    line = f"{plural(kept.new, 'new event')}, {kept.grown} with a new total"
    session.show({"new": kept.new, "changed": kept.grown}, [line])


def _canonical(name: str, text: str) -> str:
    """A filter in DataCite's form: bare DOIs in lower case, ids as URLs."""
    from doitui_core.domain import event_ids, identifiers

    if name in ("subj_id", "obj_id"):
        return event_ids.canonical(text)
    return ",".join(map(identifiers.fold, text.split(","))) if name in ("doi", "prefix") else text


def _client(session: Session, url: str, repository: Any = None) -> Any:
    from doitui_core.config import repositories, setting_values, settings
    from doitui_core.datacite.event_query import EventQueryClient
    from doitui_core.domain import environments

    try:
        # A query sends no credentials, so HTTP is allowed.
        contact, url = "", setting_values.address(url) if url else ""
    except ValueError as error:
        raise BadInput(f"--url {settings.without_user(url)!r}: {error}") from error
    if repository is not None:
        config = repositories.config(repository)
        url, contact = url or config.events_url, config.text("contact_email")
    return EventQueryClient(
        url or _global_url(session) or environments.REST_URL["production"], deadline=DEADLINE, contact_email=contact
    )


def _global_url(session: Session) -> str:
    """The global events_url, or that of the only active repository if it uses a sandbox; "" without a database."""
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
