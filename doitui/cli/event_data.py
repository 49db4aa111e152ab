"""`doitui event query` and `event pull`: events of others, from DataCite Event Data or a hub."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from doitui.cli.options import LIMIT_OR_ALL, chosen_format, format_option, owner_option
from doitui.cli.output import print_parts, print_text, say
from doitui.cli.progress import progress
from doitui.cli.session import Session, reads, writes_database
from doitui_core import clock
from doitui_core.domain import environments, event_ids, identifiers, months
from doitui_core.errors import BadInput, DatabaseNotReady
from doitui_core.text import plural

if TYPE_CHECKING:
    from doitui_core.datacite.event_query import EventPage, EventQueryClient

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
@click.option("--year-month", default="", metavar="MONTH", help="The month it occurred: YYYY-MM, last or current.")
@click.option("--source-id", default="", metavar="S", help="Such as datacite-usage or crossref.")
@click.option("--relation-type-id", default="", metavar="R", help="Such as is-cited-by.")
@click.option(
    "--sort", default="", metavar="S", help="relevance, obj-id, total, created or updated; - before it: descending."
)
@click.option(
    "--page-size", default=1000, type=click.IntRange(0, 1000), help="Events per request (default 1000; 0: statistics)."
)
@click.option("--limit", default=0, type=LIMIT_OR_ALL, metavar="N", help="Maximum events (default 0: all).")
@click.option("--statistics", is_flag=True, help="Print counts by source, year, prefix, relation … and no events.")
@format_option
@url_option
@reads
def query(
    session: Session,
    sort: str,
    page_size: int,
    limit: int,
    statistics: bool,
    form: str,
    url: str,
    **filters: str,
) -> None:
    """Query DataCite Event Data or a hub, and print all pages as they come.

    The server sorts the first 10,000 events; those after them follow in the order in which they were created.

    Example: doitui event query --doi 10.5438/0012 --relation-type-id is-cited-by --format csv
    """
    from doitui.cli import event_output
    from doitui_core.datacite import event_query, event_statistics

    form = chosen_format(session, form)
    asked = {name: _canonical(name, text) for name, text in filters.items() if text}
    client = _client(session, url)
    if statistics or not page_size:
        found = client.statistics(asked)
        counts = event_statistics.read(found.meta, found.total, page_size or event_query.LARGEST_PAGE)
        print_text(event_output.statistics_text(counts, form))
        return
    pages = client.all_pages(asked, sort=sort, size=page_size)
    print_parts(event_output.EVENTS[form](_limited(_shown(pages, sort), limit)))


def _shown(pages: Iterable[EventPage], sort: str) -> Iterator[EventPage]:
    """`pages`, with a progress bar, unless the events themselves scroll by; and where the order ends."""
    from doitui_core.datacite.event_query import WINDOW

    scrolls = sys.stdout is not None and sys.stdout.isatty()
    read = 0
    with nullcontext() if scrolls else progress("reading", 0) as bar:
        for page in pages:
            if sort and read <= WINDOW < read + len(page.events):
                say(f"only the first {read:,} of {page.total:,} events are sorted: the server sorts no more")
            read += len(page.events)
            if bar is not None:
                bar.length = page.total
                bar.update(len(page.events))
            yield page


def _limited(pages: Iterable[EventPage], limit: int) -> Iterator[EventPage]:
    """`pages` until there are `limit` events (0: all)."""
    left = limit
    for page in pages:
        yield replace(page, events=page.events[:left]) if limit else page
        left -= len(page.events)
        if limit and left <= 0:
            return


@click.command()
@owner_option
@click.option("--full", is_flag=True, help="Read all events again, from the beginning.")
@url_option
@writes_database
def pull(session: Session, code: str | None, full: bool, url: str) -> None:
    """Store what others reported about your DOIs, such as citations. It is shown, and never sent.

    Reads what is new since the last pull, also if that was interrupted. Your own events are ignored, whether you sent
    them or DataCite made them from your metadata and usage reports; so are views and downloads.

    Example: doitui event pull --repository h
    """
    from doitui_core.config import repositories
    from doitui_core.events import pulling

    repository = repositories.find_or_only(code)
    client, own = _client(session, url, repository), pulling.own_events(repositories.config(repository))
    with progress(
        "reading", 0, lambda done: f"{plural(done, 'event')} read before; what is about your DOIs is stored"
    ) as bar:
        result = pulling.pull(client, repository, own, full=full, dry_run=session.dry_run, step=bar.update)
    ignored = sum(result.ignored.values())
    counts = {"stored": result.stored, "updated": result.updated, "unchanged": result.unchanged, "ignored": ignored}
    line = ", ".join(f"{number} {name}" for name, number in counts.items())
    document = counts | {"ignored_by_reason": dict(result.ignored), "dry_run": session.dry_run}
    session.show(document, [f"{session.would}{line}" if session.dry_run else line])


def _canonical(name: str, text: str) -> str:
    """A filter in DataCite's form: bare DOIs in lower case, ids as URLs, bare ORCID ids, relations in kebab-case."""
    from doitui_core.domain.event import RELATIONS

    if name in ("subj_id", "obj_id"):
        return event_ids.canonical(text)
    if name == "year_month":
        return months.parse(text, clock.system().date())
    parts: dict[str, Callable[[str], str]] = {
        "doi": identifiers.fold,
        "prefix": identifiers.fold,
        "orcid": lambda part: event_ids.orcid_id(part).removeprefix(event_ids.ORCID) or part,
        "relation_type_id": lambda part: RELATIONS.get(part, part),
    }
    return ",".join(parts[name](part.strip()) for part in text.split(",")) if name in parts else text


def _client(session: Session, url: str, repository: Any = None) -> EventQueryClient:
    from doitui_core.config import repositories, setting_parsers, settings
    from doitui_core.datacite.event_query import EventQueryClient

    try:
        # A query sends no credentials, so HTTP is allowed.
        contact, url = "", setting_parsers.address(url) if url else ""
    except ValueError as error:
        raise BadInput(f"--url {settings.without_user(url)!r}: {error}") from error
    if repository is not None:
        config = repositories.config(repository)
        url, contact = url or config.events_url, config.text("contact_email")
    url = url or _global_url(session) or environments.REST_URL["production"]
    if environments.is_test_system(url):
        production = environments.REST_URL["production"]
        say(f"{url} is DataCite's test system, which has no Event Data: use --url {production}")
    return EventQueryClient(url, deadline=DEADLINE, contact_email=contact)


def _global_url(session: Session) -> str:
    """The global events_url, or that of the only active repository if it uses a sandbox; "" without a database."""
    from doitui_core.config import repositories, settings

    try:
        with session.database(read_only=True):
            configs = [repositories.config(row) for row in repositories.all_repositories() if row.active]
            if len(configs) == 1 and environments.is_loopback(configs[0].url):
                return configs[0].events_url
            return str(settings.load().get("events_url"))
    except DatabaseNotReady:
        return ""
