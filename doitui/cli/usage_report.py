"""`doitui usage-report`: monthly usage reports for DataCite's report store or a hub."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from doitui.cli import exits
from doitui.cli.items import show_results
from doitui.cli.options import LIMIT_OR_ALL, files_argument, month_option, paging_options, repository_option, show_list
from doitui.cli.output import say
from doitui.cli.progress import progress
from doitui.cli.session import Session, reads, reads_database, writes
from doitui.cli.tables import table
from doitui_core.errors import UnreadableDocument
from doitui_core.text import plural

if TYPE_CHECKING:
    from doitui_core.operations.submit_reports import SubmittedReport
    from doitui_core.usage_reports.building import BuiltReport
    from doitui_core.usage_reports.reconcile import Reconciled


@click.group("usage-report")
def usage_report() -> None:
    """Build, check and submit monthly usage reports (SUSHI, release rd1), and compare them with the stored ones.

    Example: doitui usage-report submit --month last
    """


@usage_report.command()
@month_option
@click.option(
    "--out", "folder", default=Path(), type=click.Path(path_type=Path), metavar="DIR", help="Directory (default .)."
)
@click.option("--gzip", "compress", is_flag=True, help="Compress small reports too.")
@click.option(
    "--format", "form", default="json", type=click.Choice(["json", "tsv"]), help="JSON (default) or COUNTER's table."
)
@repository_option
@writes
def build(session: Session, month: str, folder: Path, compress: bool, form: str, code: str) -> None:
    """Write the report of a month into files as it would be sent: at most 50,000 datasets in each.

    Example: doitui usage-report build --month 2026-10 --out reports
    """
    from doitui_core.usage_reports import building

    if compress and form == "tsv":
        raise click.UsageError("--gzip needs --format json: DataCite does not accept tables")
    with session.database(read_only=True):
        reports = [report for _, report in building.for_month(month, code)]
        built = [_build(session, report, folder, compress, form) for report in reports]
    session.show({"reports": built}, [line for row in built for line in _build_lines(session, row)])
    exits.leave(exits.DONE if any(row["datasets"] for row in built) else exits.SOME_FAILED)


def _build(session: Session, report: BuiltReport, folder: Path, compress: bool, form: str) -> dict[str, Any]:
    from doitui_core.usage_reports import files

    write: Any = files.write_lines if form == "tsv" else files.write_parts
    content: Iterable[Any] = report.lines() if form == "tsv" else report.parts(compress=compress)
    if session.dry_run:
        paths, number = [], sum(1 for _ in content)
        parts = min(number, 1) if form == "tsv" else number
    else:
        paths = write(folder, report.name, content)
        parts = len(paths)
    if report.skipped:
        dois = plural(report.skipped, "DOI")
        say(f"{report.reporter.code}: {dois} left out: not registered or findable, or the record is not published")
    return {
        **_about(report),
        "files": [str(path) for path in paths],
        "parts": parts,
        "datasets": report.datasets,
        "left_out": report.skipped,
        "totals": _in_order(report.totals),
    }


def _about(report: BuiltReport) -> dict[str, Any]:
    return {
        "repository": report.reporter.code,
        "month": report.period.month,
        "uuid": report.uuid,
        "created_by": report.reporter.created_by,
        "partial": report.period.partial,
    }


def _in_order(totals: Mapping[str, int]) -> dict[str, int]:
    from doitui_core.usage_reports.reconcile import RELATIONS

    return {relation: totals[relation] for relation in RELATIONS if totals.get(relation)}


def _build_lines(session: Session, row: Mapping[str, Any]) -> Iterator[str]:
    partial = " (partial: not over, or not fully counted)" if row["partial"] else ""
    datasets = f"{row['repository']}: {plural(row['datasets'], 'dataset')} of {row['month']}{partial}"
    yield f"{datasets}, {plural(row['parts'], 'file')} {session.would}written"
    yield from row["files"]


@usage_report.command()
@files_argument
@click.option("--lenient", is_flag=True, help="Accept what DataCite's store or a lenient hub accepts, with warnings.")
@reads
def validate(session: Session, files: tuple[Path, ...], lenient: bool) -> None:
    """Check JSON reports, plain or gzipped, against the rules of DataCite's report store. Needs no database.

    Example: doitui usage-report validate usage-report-h-2026-10.json
    """
    rows: list[dict[str, Any]] = []
    with progress("checking", len(files)) as bar:
        for path in files:
            rows.append(_validate(path, lenient))
            bar.update(1)
    session.show({"files": rows}, [line for row in rows for line in _validate_lines(row)])
    invalid = [row for row in rows if not row["valid"]]
    exits.leave_items([exits.SOME_FAILED if "datasets" in row else exits.USAGE for row in invalid], len(rows))


def _validate(path: Path, lenient: bool) -> dict[str, Any]:
    """The result; without `datasets` for a file that cannot be read."""
    from doitui_core.usage_reports import validating

    try:
        checked = validating.validate(path, is_lenient=lenient)
    except UnreadableDocument as error:
        say(str(error))
        return {"path": str(path), "valid": False, "errors": [str(error)]}
    return dataclasses.asdict(checked) | {"path": str(checked.path), "valid": checked.valid}


def _validate_lines(row: Mapping[str, Any]) -> Iterator[str]:
    if "datasets" not in row:
        return
    result = plural(len(row["errors"]), "error") if row["errors"] else "valid"
    yield f"{row['path']}: {result}, {plural(row['datasets'], 'dataset')}"
    yield from (f"{row['path']}: {message}" for message in row["errors"])
    yield from (f"{row['path']}: warning: {message}" for message in row["warnings"])
    if row["more"]:
        yield f"{row['path']}: … and {row['more']} more"


@usage_report.command()
@month_option
@repository_option
@click.option("--queue", "queued", is_flag=True, help="Let the worker (`doitui work`) send it.")
@click.option("--partial", is_flag=True, help="Also where the month is not over: its counts will grow.")
@writes
def submit(session: Session, month: str, code: str, queued: bool, partial: bool) -> None:
    """Send the report of a month now. Send it again when counts have changed: it replaces the earlier one.

    A month that is not over is refused without --partial.

    After an interruption the next `doitui work` or submit starts again with its first part.

    Example: doitui usage-report submit --month last
    """
    from doitui_core.operations import submit_reports
    from doitui_core.usage_reports import building, report_connection

    with session.database():
        if not partial:
            submit_reports.check_over(month)
        if session.dry_run:
            rows = []
            for repository, report in building.for_month(month, code):
                url = report_connection.for_repository(repository).url
                line = f"{repository.code}: the report of {report.period.month} would be sent to {url}"
                rows.append({**_about(report), "url": url, "line": line})
        else:
            rows = _submit(month, code, queued, session.actor)
    show_results(session, "reports", rows)
    exits.leave_items([row["code"] for row in rows if "code" in row], len(rows))


def _submit(month: str, code: str, queued: bool, actor: str) -> list[dict[str, Any]]:
    """Queue the reports of the month and, unless `queued`, send them."""
    from doitui.cli.work import stopping
    from doitui_core.operations import submit_reports

    found = submit_reports.queue(month, actor=actor, repository=code)
    if not queued:
        with stopping() as stop:
            found = submit_reports.send(found, stop)
    return [_about(one.built) | _result(one) for one in found]


def _result(one: SubmittedReport) -> dict[str, Any]:
    if one.error is not None:
        return {"error": str(one.error), "code": exits.for_error(one.error)}
    job, code, month = {"job": one.job_id}, one.built.reporter.code, one.built.period.month
    if one.row is not None:
        parts, datasets = plural(one.row.parts, "part"), plural(one.row.datasets, "dataset")
        line = f"{code}: {month} submitted: {datasets} in {parts}, as {one.row.uuid}"
        return {**job, "parts": one.row.parts, "datasets": one.row.datasets, "line": line}
    if not one.message:
        return {**job, "line": f"{code}: the report of {month} is queued: `doitui work` sends it"}
    exit_code = exits.SOME_FAILED if one.outcome == "queued" else exits.for_cause(one.cause)
    return {**job, "error": one.message, "cause": one.cause, "code": exit_code}


@usage_report.command("list")
@paging_options
@reads_database
def list_(session: Session, limit: int, after: str) -> None:
    """List requested reports, newest month first, with their state.

    Example: doitui usage-report list --json
    """
    from doitui_core.usage_reports import report_list

    read = report_list.reports
    columns = ("month", "repository", "state", "submitted_at", "datasets", "parts", "attempts", "uuid", "last_error")
    show_list(session, "reports", read, dict, columns, "no reports", limit=limit, after=after)


@usage_report.command()
@month_option
@repository_option
@click.option("--limit", default=100, type=LIMIT_OR_ALL, help="Maximum DOIs (default 100; 0: all).")
@reads
def reconcile(session: Session, month: str, code: str, limit: int) -> None:
    """Compare the counts with the report stored at DataCite or the hub, DOI by DOI. Exit code 1 if they differ.

    Example: doitui usage-report reconcile --month 2026-10
    """
    from doitui_core.usage_reports import building, reconcile, report_connection

    with session.database(keeps_pace=True):
        found = [
            reconcile.reconcile(report, report_connection.for_repository(repository), limit)
            for repository, report in building.for_month(month, code)
        ]
    document = {"reports": [_reconciled(one) for one in found]}
    session.show(document, [line for one in found for line in _reconcile_lines(one)])
    exits.leave(exits.DONE if all(one.same for one in found) else exits.SOME_FAILED)


def _reconciled(found: Reconciled) -> dict[str, Any]:
    return {
        **_about(found.report),
        "held": found.is_stored,
        "same": found.same,
        "datasets": {"ours": found.our_dois, "theirs": found.their_dois},
        "totals": {"ours": _in_order(found.ours), "theirs": _in_order(found.theirs)},
        "differing": found.differing,
        "differences": list(map(dataclasses.asdict, found.differences)),
    }


def _reconcile_lines(found: Reconciled) -> Iterator[str]:
    from doitui_core.usage_reports.reconcile import RELATIONS

    month = found.report.period.month
    about = f"{found.report.reporter.code}, {month}"
    if not found.is_stored:
        yield f"{about}: no stored report: submit it with `doitui usage-report submit --month {month}`"
        return
    yield f"{about}: {'no differences' if found.same else 'differences: ' + plural(found.differing, 'DOI')}"
    rows = [{"": "DOIs", "here": found.our_dois, "stored": found.their_dois}]
    relations = [relation for relation in RELATIONS if found.ours[relation] or found.theirs[relation]]
    rows += [{"": name, "here": found.ours[name], "stored": found.theirs[name]} for name in relations]
    yield from table(rows, ("", "here", "stored"), "")
    for one in found.differences:
        yield f"{one.doi}: {_difference(one.ours, one.theirs, one.times)}"
    if found.differing > len(found.differences):
        yield f"… and {found.differing - len(found.differences)} more: --limit 0 shows all"


def _difference(ours: Mapping[str, int], theirs: Mapping[str, int], times: int) -> str:
    if not times:
        return "not stored"
    if not ours:
        return "stored, but not counted here"
    names = [name for name in {**ours, **theirs} if ours.get(name, 0) != theirs.get(name, 0)]
    counts = ", ".join(f"{name} {ours.get(name, 0)} here, {theirs.get(name, 0)} stored" for name in names)
    return counts if times == 1 else f"stored {times} times" + (f": {counts}" if counts else "")
