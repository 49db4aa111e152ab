"""`doitui report`: numbers for operators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from doitui.cli.options import LIMIT_OR_ALL, chosen_format, format_option
from doitui.cli.output import print_text, show
from doitui.cli.session import Session, reads_database
from doitui_core.clock import iso
from doitui_core.domain import spreadsheets
from doitui_core.text import plain, plural

if TYPE_CHECKING:
    from doitui_core.views.causes import FailureGroup

#: Of CSV.
COLUMNS = (
    *("failures", "cause_group", "service", "cause", "field", "problem", "first_failed_at", "last_failed_at"),
    *("error", "advice", "retry", "examples"),
)


@click.group()
def report() -> None:
    """Show numbers about the archive.

    Example: doitui report causes
    """


@report.command()
@format_option
@click.option("--limit", default=100, type=LIMIT_OR_ALL, metavar="N", help="Maximum causes (default 100; 0: all).")
@reads_database
def causes(session: Session, form: str, limit: int) -> None:
    """Group failed jobs by what went wrong, whatever the record: what to do, and the command that retries the group.

    Jobs are in one cause group if cause, field and error are the same, apart from DOIs, values and positions.

    Example: doitui report causes --format csv
    """
    from doitui_core.views import causes as view

    form = chosen_format(session, form)
    failures, number, groups = view.report(limit or None)
    if form == "csv":
        lines = [[_cell(row[name]) for name in COLUMNS] for row in map(_json, groups)]
        print_text(spreadsheets.csv_text([COLUMNS, *lines]))
        return
    document = {"failures": failures, "cause_groups": number, "causes": [_json(group) for group in groups]}
    show(document, form == "json", _lines(failures, number, groups))


def _json(group: FailureGroup) -> dict[str, Any]:
    return {
        "cause_group": group.name,
        "failures": group.number,
        "service": str(group.service),
        "cause": group.cause,
        "field": group.field,
        "problem": group.summary,
        "first_failed_at": iso(group.first_failed_at),
        "last_failed_at": iso(group.last_failed_at),
        "error": group.error,
        "advice": group.advice,
        "retry": group.retry,
        "examples": [{"id": job.id, "doi": job.doi, "object_id": job.object_id} for job in group.examples],
    }


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(plain(_example(one)) for one in value)
    return plain(value) if isinstance(value, str) else value


def _example(job: dict[str, Any]) -> str:
    return str(job["doi"] or f"job {job['id']}")


def _lines(failures: int, number: int, groups: Sequence[FailureGroup]) -> Iterator[str]:
    if not failures:
        yield "no failures"
        return
    yield f"{plural(failures, 'failure', grouped=True)}, {plural(number, 'cause', grouped=True)}"
    for row in map(_json, groups):
        since = row["first_failed_at"]
        last = f", last {row['last_failed_at']}" if row["last_failed_at"] != since else ""
        more = " …" if row["failures"] > len(row["examples"]) else ""
        named = [
            f"{_example(job)} ({job['object_id']})" if job["object_id"] else _example(job) for job in row["examples"]
        ]
        yield ""
        yield f"{row['failures']:,} failed: {row['problem']}"
        yield f"  error:  {row['error']}"
        yield f"  to do:  {row['advice']}"
        yield f"  since:  {since}{last}"
        yield f"  of:     {', '.join(named)}{more}"
        yield f"  retry:  {row['retry']}"
    if number > len(groups):
        yield ""
        yield f"… and {plural(number - len(groups), 'more cause', grouped=True)}: --limit 0 shows all"
