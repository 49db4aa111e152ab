"""`doitui usage`: count views and downloads of sites and access logs by the COUNTER rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from doitui.cli import exits
from doitui.cli.options import LIMIT_OR_ALL, files_argument, owner_option, repository_option, stack
from doitui.cli.output import say
from doitui.cli.progress import adds_progress, progress
from doitui.cli.session import Session, reads, reads_database, writes, writes_database
from doitui.cli.tables import on_terminal, table
from doitui.cli.usage_drain import drain, late_lines, reason_lines, refresh_events
from doitui_core import clock
from doitui_core.domain import months
from doitui_core.domain.counter_terms import LABELS, METRICS
from doitui_core.errors import BadInput
from doitui_core.text import plural

#: Columns of the longest bar.
WIDEST_BAR = 40

#: Result of a log line -> its name for people.
LINE_RESULTS = {
    "counted": "counted",
    "double_click": "double clicks",
    "robot": "by robots",
    "taken_back": "withdrawn",
    "other": "not matched by a pattern",
    "bad": "unreadable",
}


@click.group()
def usage() -> None:
    """Count views and downloads by the COUNTER Code of Practice for Research Data.

    Example: doitui usage show --month 2026-11
    """


usage.add_command(drain)


#: The options of `access_log.ReadOptions`, by the names of its fields.
log_options = stack(
    click.option(
        "--trusted-hops",
        default=0,
        type=click.IntRange(0, 100),
        metavar="N",
        help="Number of your proxies that add to a list of addresses (default 0: lines with a list are rejected).",
    ),
    click.option(
        "--log-format",
        "form",
        default="auto",
        type=click.Choice(["auto", "counter-processor", "combined", "combined-forwarded", "spool"]),
        help="Format of lines (default auto: detect). combined-forwarded: X-Forwarded-For is the last field.",
    ),
    click.option(
        "--view-pattern",
        "views",
        default="",
        metavar="RE",
        help="Paths that are investigations, tried first. With combined: include a group doi or object_id.",
    ),
    click.option("--download-pattern", "downloads", default="", metavar="RE", help="Paths that are requests."),
    click.option(
        "--anonymous-user",
        "anonymous",
        multiple=True,
        metavar="NAME",
        callback=lambda _context, _option, names: frozenset(names),
        help='A user id that means "not signed in", repeatable.',
    ),
)


@usage.command()
@files_argument
@log_options
@click.option("--month", default="", metavar="MONTH", help="Only this month: YYYY-MM, last or current.")
@click.option("--robots", type=click.Path(path_type=Path), metavar="FILE", help="List of robots (default: built in).")
@click.option("--machines", type=click.Path(path_type=Path), metavar="FILE", help="List of tools (default: built in).")
@reads
def count(
    session: Session, files: tuple[Path, ...], month: str, robots: Path | None, machines: Path | None, **log: Any
) -> None:
    """Count access logs, plain or compressed (gzip, zstd), as one log. Nothing is stored.

    The address field of a line must be one IP address or host name, or `-`. Lines that do not match the format are
    rejected with their number.

    Example: doitui usage count --log-format combined --view-pattern '^/records/(?P<doi>10[.][^/]+/.+)$' access.log*
    """
    from doitui_core.usage import agents, count_logs

    month = months.parse(month, clock.system().date()) if month else ""
    known = agents.load(robots=robots, tools=machines)
    with progress("counting", sum(path.stat().st_size for path in files if path.is_file())) as bar:
        found = count_logs.count(files, known, count_logs.CountOptions(month=month, **log), bar.update)
    _say_bad(found.bad, found.lines["bad"])
    if found.warning:
        say(found.warning)
    rows = [
        {"doi": doi, "by": method} | _labelled(numbers)
        for doi, methods in found.counts.items()
        for method, numbers in methods.items()
    ]
    session.show(found.counts, table(rows, ("doi", "by", *LABELS), "nothing was counted"))
    if not session.as_json:
        results = [f"{found.lines[name]} {label}" for name, label in LINE_RESULTS.items() if found.lines.get(name)]
        say(f"{plural(sum(found.lines.values()), 'line')}: {', '.join(results) or 'none'}")
    exits.leave(exits.SOME_FAILED if found.bad else exits.DONE)


def _labelled(numbers: Mapping[str, int]) -> dict[str, int]:
    return {label: numbers.get(metric, 0) for label, metric in zip(LABELS, METRICS, strict=True)}


def _say_bad(bad: list[tuple[str, str]], number: int) -> None:
    for place, why in bad:
        say(f"{place}: {why}")
    if number > len(bad):
        say(f"… and {number - len(bad)} more unreadable lines")


@usage.command("import-log")
@files_argument
@log_options
@owner_option
@click.option("--again", is_flag=True, help="Import known lines too, because other patterns are given.")
@writes
def import_log(session: Session, files: tuple[Path, ...], code: str | None, again: bool, **log: Any) -> None:
    """Count access logs into the database. Lines that were imported before are skipped, also if a log has grown.

    Each day of a repository has one source: lines of a day that the middleware covers are rejected. Hits of ids without
    a record or DOI are kept and named; each later import counts those whose DOIs are minted by then.

    Example: doitui usage import-log --view-pattern '^/records/(?P<object_id>[0-9]+)$' /var/log/nginx/access.log*
    """
    from platformdirs import user_config_path

    from doitui_core.config import repositories
    from doitui_core.usage import import_log, late_hits, recount

    if log["form"] == "spool":
        raise BadInput("a spool cannot be imported as a log: use `doitui usage drain --spool DIR`")
    key = import_log.read_key(user_config_path("doitui") / "secrets" / "usage-log.key", make=not session.dry_run)
    options = import_log.LogImportOptions(key=key, dry_run=session.dry_run, again=again, **log)
    with session.database():
        repository = repositories.find_or_only(code)
        with progress(
            "importing",
            len(files),
            lambda done: f"{plural(done, 'log')} imported before; import the same files again to continue",
        ) as bar:
            results = import_log.import_logs(files, repository, options, bar.update)
        late = 0 if session.dry_run else late_hits.find()
        hours = 0 if session.dry_run else recount.due()
        if hours:
            refresh_events()
    for result in results:
        _say_problems(result)
    warnings = [f"{result.path}: {result.warning}" for result in results if result.warning]
    document = {"files": [_imported(result) for result in results], "hours": hours, "late": late, "warnings": warnings}
    lines = [line for result in results for line in _import_lines(session, result)]
    session.show(document, [*lines, *late_lines(late)])
    failed = any(result.refused or result.rejected for result in results)
    exits.leave(exits.SOME_FAILED if failed else exits.DONE)


def _say_problems(result: Any) -> None:
    _say_bad(result.bad, result.rejected)
    if result.warning:
        say(f"{result.path}: {result.warning}")
    for day, number in sorted(result.refused.items()):
        say(f"{result.path}: {plural(number, 'line')} of {day} rejected: that day has another source")


def _imported(result: Any) -> dict[str, Any]:
    return {
        "path": str(result.path),
        "imported_before": result.already,
        "lines": result.lines,
        "other": result.other,
        "hits": dict(result.hits),
        "ids": result.unmatched.ids,
        "refused": dict(result.refused),
        "rejected": result.rejected,
        "rejected_lines": [{"place": place, "error": why} for place, why in result.bad],
    }


def _import_lines(session: Session, result: Any) -> Iterator[str]:
    before = f" ({result.already} bytes were imported before)" if result.already else ""
    hits = f"{plural(result.hits.total(), 'hit')} of {plural(result.lines, 'line')}"
    yield f"{result.path}: {hits} {session.would}imported{before}"
    yield from reason_lines(result.hits, result.unmatched)


@usage.command("import-counts")
@files_argument
@owner_option
@writes_database
def import_counts(session: Session, files: tuple[Path, ...], code: str | None) -> None:
    """Import totals that were counted elsewhere, from CSV: doi,month,metric_type,access_method,count.

    They are historical usage metrics, stored separately with source `import`. A month that is counted here is rejected.
    (Accuracy of AI models by collection: `doitui metrics backfill`.)

    Example: doitui usage import-counts --repository h legacy.csv
    """
    from doitui_core.config import repositories
    from doitui_core.usage import import_counts

    repository, result = repositories.find_or_only(code), import_counts.CountImportResult()
    with adds_progress(lambda: f"{plural(result.stored, 'count')} stored before; import the same files again"):
        import_counts.import_counts(files, repository, result, dry_run=session.dry_run)
    if result.stored and not session.dry_run:
        refresh_events()
    for place, why in result.rejected:
        say(f"{place}: {why}")
    rejected = [{"place": place, "error": why} for place, why in result.rejected]
    line = f"{plural(result.stored, 'count')} {session.would}imported, {len(rejected)} rejected"
    session.show({"imported": result.stored, "rejected": rejected}, [line])
    exits.leave_items([exits.USAGE] * len(rejected), len(rejected) + result.stored)


@usage.command("show")
@click.option("--month", default="", metavar="MONTH", help="Only this month, by day: YYYY-MM, last or current.")
@click.option("--doi", default="", metavar="DOI", help="Only this DOI.")
@repository_option
@click.option("--limit", default=100, type=LIMIT_OR_ALL, help="Maximum DOIs (default 100; 0: all).")
@reads_database
def show_(session: Session, month: str, doi: str, code: str, limit: int) -> None:
    """Show counts: on a terminal a plot over time, then the DOIs with the most investigations.

    Example: doitui usage show --month 2026-11
    """
    from doitui_core.records import doi_lookup
    from doitui_core.usage import show

    doi = doi and doi_lookup.find(doi).doi
    found = show.shown(month=month, doi=doi, repository=code, limit=limit)
    rows = [
        {"doi": row["doi"], "by": row["access_method"], "source": row["source"]} | _labelled(row)
        for row in found["counts"]
    ]
    lines = table(rows, ("doi", "by", "source", *LABELS), "nothing was counted")
    plot = _plot(found.get("days") or found["months"]) if on_terminal() else ()
    session.show(found, [*plot, *lines])
    if found["more"] and not session.as_json:
        say(f"only the first {limit}: --limit 0 shows all")


def _plot(series: list[dict[str, Any]]) -> Iterator[str]:
    """A bar of investigations for each day or month, of which the requests are `=`."""
    most = max((row[METRICS[0]] for row in series), default=0)
    for row in series:
        total, requests = (round(row[metric] * WIDEST_BAR / most) if most else 0 for metric in (METRICS[0], METRICS[2]))
        bar = "=" * requests + "-" * (total - requests)
        yield f"{row.get('day') or row['month']:<10}  {bar:<{WIDEST_BAR}}  {row[METRICS[0]]}"
    if series:
        yield "            = requests, - other investigations"
        yield ""
