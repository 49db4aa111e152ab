"""`doitui usage`: what sites and access logs noted, counted by COUNTER's rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from doitui.cli import exits
from doitui.cli.output import progress, say, show, table
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui.cli.so_far import says_how_far
from doitui.cli.usage_drain import drain, reason_lines, refresh_events
from doitui_core.domain.counter_terms import LABELS, METRICS
from doitui_core.errors import BadInput
from doitui_core.text import plural

FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))


@click.group()
def usage() -> None:
    """Count views and downloads by the rules of COUNTER (Code of Practice for Research Data).

    Example: doitui usage show --month 2026-11
    """


usage.add_command(drain)


def _log_options(command: Any) -> Any:
    for option in (
        click.option(
            "--anonymous-user", "anonymous", multiple=True, metavar="NAME", help="A user id that means: not signed in."
        ),
        click.option("--download-pattern", default="", metavar="RE", help="Paths that are requests."),
        click.option(
            "--view-pattern",
            default="",
            metavar="RE",
            help="Paths that are investigations; tried first. With combined: a group doi or object_id in it.",
        ),
        click.option(
            "--log-format",
            "form",
            default="auto",
            type=click.Choice(["auto", "counter-processor", "combined", "combined-forwarded", "spool"]),
            help="How lines are written; auto looks at them. combined-forwarded: X-Forwarded-For is the last field.",
        ),
        click.option(
            "--trusted-hops",
            default=0,
            type=click.IntRange(0, 100),
            metavar="N",
            help="Proxies of yours that add to a list of addresses (0: a line with a list is rejected).",
        ),
    ):
        command = option(command)
    return command


@usage.command()
@FILES
@_log_options
@click.option("--month", default="", metavar="YYYY-MM", help="Only that month.")
@click.option("--robots", type=click.Path(path_type=Path), metavar="FILE", help="Use this list of robots, not ours.")
@click.option("--machines", type=click.Path(path_type=Path), metavar="FILE", help="Use this list of tools, not ours.")
@json_option
def count(
    files: tuple[Path, ...],
    form: str,
    trusted_hops: int,
    view_pattern: str,
    download_pattern: str,
    anonymous: tuple[str, ...],
    month: str,
    robots: Path | None,
    machines: Path | None,
    as_json: bool,
) -> None:
    """Count access logs, plain or compressed (gzip, zstd). Several are counted as one. Nothing is stored.

    A line must have one IP address or host name, or `-`, where the format has the visitor's address. A line with other
    fields than the format says is rejected with its number.

    Example: doitui usage count --log-format combined --view-pattern '^/records/(?P<doi>10[.][^/]+/.+)$' access.log*
    """
    from doitui_core.usage import agents, count_logs

    options = count_logs.CountOptions(
        form, month, view_pattern, download_pattern, frozenset(anonymous), trusted_hops=trusted_hops
    )
    known = agents.load(robots=robots, tools=machines)
    with progress("counting", sum(path.stat().st_size for path in files if path.is_file())) as bar:
        found = count_logs.count(files, known, options, bar.update)
    _say_bad(found.bad, found.lines["bad"])
    if found.warning:
        say(found.warning)
    show(found.counts, as_json, [*table(list(_rows(found.counts)), ("doi", "by", *LABELS), "nothing was counted")])
    if not as_json:
        say(_line_results(found.lines))
    exits.leave(exits.SOME_FAILED if found.bad else exits.DONE)


def _rows(counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Iterator[dict[str, Any]]:
    for doi, methods in counts.items():
        for method, numbers in methods.items():
            told = [numbers.get(metric, 0) for metric in METRICS]
            yield {"doi": doi, "by": method, **dict(zip(LABELS, told, strict=True))}


#: What became of lines, in words.
LINES = {
    "counted": "counted",
    "double_click": "double clicks",
    "robot": "by robots",
    "taken_back": "taken back",
    "other": "of no interest",
    "bad": "unreadable",
}


def _line_results(lines: Mapping[str, int]) -> str:
    told = [f"{lines[name]} {words}" for name, words in LINES.items() if lines.get(name)]
    return f"{plural(sum(lines.values()), 'line')}: {', '.join(told) or 'none'}"


def _say_bad(bad: list[tuple[str, str]], number: int) -> None:
    for place, why in bad:
        say(f"{place}: {why}")
    if number > len(bad):
        say(f"… and {number - len(bad)} more lines that cannot be read")


@usage.command("import-log")
@FILES
@_log_options
@click.option("--repository", "code", metavar="CODE", help="Whose site it was; needed when there are several.")
@click.option("--again", is_flag=True, help="Also what was imported before: records have been added since.")
@json_option
@dry_run_option
@pass_session
def import_log(
    session: Session,
    files: tuple[Path, ...],
    form: str,
    trusted_hops: int,
    view_pattern: str,
    download_pattern: str,
    anonymous: tuple[str, ...],
    code: str | None,
    again: bool,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Count access logs into the database. What was imported before is left out, also of a log that has grown.

    A day that the middleware covers is refused: each day of a repository has one source.

    Example: doitui usage import-log --view-pattern '^/records/(?P<object_id>[0-9]+)$' /var/log/nginx/access.log*
    """
    from platformdirs import user_config_path

    from doitui_core.config import repositories
    from doitui_core.usage import import_log as importing
    from doitui_core.usage import recount

    if form == "spool":
        raise BadInput("a spool is not imported as a log: `doitui usage drain --spool DIR`")
    key = importing.read_key(user_config_path("doitui") / "secrets" / "usage-log.key", make=not dry_run)
    options = importing.LogImportOptions(
        key, form, view_pattern, download_pattern, frozenset(anonymous), dry_run, again, trusted_hops
    )
    with session.database(read_only=dry_run):
        repository = repositories.find_or_only(code)
        with (
            progress("importing", len(files)) as bar,
            says_how_far(lambda: f"{plural(bar.pos, 'whole log')} imported before; import the same again to go on"),
        ):
            results = importing.import_logs(files, repository, options, bar.update)
        hours = 0 if dry_run else recount.due()
        if hours:
            refresh_events(all_days=True)
    for result in results:
        _say_bad(result.bad, result.rejected)
        if result.warning:
            say(f"{result.path}: {result.warning}")
        for day, number in sorted(result.refused.items()):
            say(f"{result.path}: {plural(number, 'line')} of {day} refused: that day is counted from another source")
        if unknown := result.hits["unknown_id"]:
            told = f"{plural(unknown, 'hit')} of no record here"
            say(f"{result.path}: {told}: import the records, then the log once more with --again")
    warnings = [f"{result.path}: {result.warning}" for result in results if result.warning]
    document = {"files": [_imported(result) for result in results], "hours": hours, "warnings": warnings}
    show(document, as_json, [line for result in results for line in _import_lines(result, dry_run)])
    failed = any(result.refused or result.rejected for result in results)
    exits.leave(exits.SOME_FAILED if failed else exits.DONE)


def _imported(result: Any) -> dict[str, Any]:
    return {
        "path": str(result.path),
        "imported_before": result.already,
        "lines": result.lines,
        "other": result.other,
        "hits": dict(result.hits),
        "refused": dict(result.refused),
        "rejected": result.rejected,
        "rejected_lines": [{"place": place, "error": why} for place, why in result.bad],
    }


def _import_lines(result: Any, dry_run: bool) -> Iterator[str]:
    would = "would be " if dry_run else ""
    before = f" ({result.already} bytes were imported before)" if result.already else ""
    told = f"{plural(result.hits.total(), 'hit')} of {plural(result.lines, 'line')}"
    yield f"{result.path}: {told} {would}imported{before}"
    yield from reason_lines(result.hits)


@usage.command("import-counts")
@FILES
@click.option("--repository", "code", metavar="CODE", help="Whose DOIs they are; needed when there are several.")
@json_option
@dry_run_option
@pass_session
def import_counts(session: Session, files: tuple[Path, ...], code: str | None, as_json: bool, dry_run: bool) -> None:
    """Take over totals that were counted elsewhere, from CSV: doi,month,metric_type,access_method,count.

    They are kept apart, marked `import`. A month that is counted here is refused.

    Example: doitui usage import-counts --repository h legacy.csv
    """
    from doitui_core.config import repositories
    from doitui_core.usage import import_counts as importing

    with session.database(read_only=dry_run):
        repository, result = repositories.find_or_only(code), importing.CountImportResult()
        with says_how_far(lambda: f"{plural(result.stored, 'count')} stored before; import the same files again"):
            importing.import_counts(files, repository, result, dry_run=dry_run)
        if result.stored and not dry_run:
            refresh_events(all_days=True)
    for place, why in result.rejected:
        say(f"{place}: {why}")
    document = {
        "imported": result.stored,
        "rejected": [{"place": place, "error": why} for place, why in result.rejected],
    }
    would = "would be " if dry_run else ""
    told = f"{plural(result.stored, 'count')} {would}imported, {len(result.rejected)} rejected"
    show(document, as_json, [told])
    codes = [exits.USAGE] * len(result.rejected)
    exits.leave(exits.for_items([*codes, *[exits.DONE] * result.stored], codes))


#: Columns of the longest bar.
WIDEST_BAR = 40


@usage.command("show")
@click.option("--month", default="", metavar="YYYY-MM", help="Only that month, day by day.")
@click.option("--doi", default="", metavar="DOI", help="Only that DOI.")
@click.option("--repository", "code", default="", metavar="CODE", help="Only that repository's.")
@click.option("--limit", default=100, type=click.IntRange(0, 1_000_000_000), help="DOIs shown; 0 = all (100).")
@json_option
@pass_session
def show_(session: Session, month: str, doi: str, code: str, limit: int, as_json: bool) -> None:
    """Show what was counted: a plot over time, and the DOIs with most investigations.

    Example: doitui usage show --month 2026-11
    """
    from doitui_core.usage import show as showing

    with session.database(read_only=True):
        found = showing.shown(month=month, doi=doi, repository=code, limit=limit)
    series = found.get("days") or found["months"]
    show(found, as_json, [*_plot(series), *_table(found["counts"])])
    if found["more"] and not as_json:
        say(f"the first {limit} only: --limit 0 shows all")


def _plot(series: list[dict[str, Any]]) -> Iterator[str]:
    """A bar of investigations for each day or month; its beginning in `=` are the requests among them."""
    most = max((row[METRICS[0]] for row in series), default=0)
    for row in series:
        total, requests = (round(row[metric] * WIDEST_BAR / most) if most else 0 for metric in (METRICS[0], METRICS[2]))
        bar = "=" * requests + "-" * (total - requests)
        yield f"{row.get('day') or row['month']:<10}  {bar:<{WIDEST_BAR}}  {row[METRICS[0]]}"
    if series:
        yield "            = requests, - other investigations"
        yield ""


def _table(counts: list[dict[str, Any]]) -> Iterator[str]:
    rows = [
        {"doi": row["doi"], "by": row["access_method"], "source": row["source"]}
        | dict(zip(LABELS, (row[metric] for metric in METRICS), strict=True))
        for row in counts
    ]
    yield from table(rows, ("doi", "by", "source", *LABELS), "nothing was counted")
