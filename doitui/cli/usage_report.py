"""`doitui usage-report`: a month's counts for DataCite's report store or a hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from doitui.cli import exits
from doitui.cli.output import progress, say, show, table
from doitui.cli.paging import paging_options, say_next
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui_core.config.actor import actor
from doitui_core.errors import UnreadableDocument
from doitui_core.text import plural

if TYPE_CHECKING:
    from doitui_core.db.models import Repository
    from doitui_core.operations.submit_reports import SubmittedReport
    from doitui_core.usage_reports.building import BuiltReport
    from doitui_core.usage_reports.reconcile import Reconciled
    from doitui_core.usage_reports.validating import Checked

month_option = click.option("--month", required=True, metavar="YYYY-MM", help="Which month.")
repository_option = click.option(
    "--repository", "code", default="", metavar="CODE", help="Only that repository; without it all with counts."
)

#: Sentences shown of a file in which every dataset is wrong, and of DOIs that differ.
SHOWN = 100


@click.group("usage-report")
def usage_report() -> None:
    """Build, check and submit the monthly usage reports (SUSHI, release rd1), and compare them with what is held.

    Example: doitui usage-report submit --month 2026-10
    """


@usage_report.command()
@month_option
@click.option(
    "--out", "folder", default=Path(), type=click.Path(path_type=Path), metavar="DIR", help="Where to (here)."
)
@click.option("--gzip", "compress", is_flag=True, help="Compress also a report that is small enough to go as it is.")
@click.option("--format", "form", default="json", type=click.Choice(["json", "tsv"]), help="JSON, or COUNTER's table.")
@repository_option
@json_option
@dry_run_option
@pass_session
def build(
    session: Session, month: str, folder: Path, compress: bool, form: str, code: str, as_json: bool, dry_run: bool
) -> None:
    """Write the report of a month into files, just as it would be sent: at most 50,000 datasets each.

    Example: doitui usage-report build --month 2026-10 --out reports
    """
    from doitui_core.usage_reports import building

    if compress and form == "tsv":
        raise click.UsageError("--gzip is for JSON: DataCite takes no table")
    with session.database(read_only=True):
        reports = [report for _, report in building.for_month(month, code)]
        built = [_built(report, folder, compress, form, dry_run) for report in reports]
    show({"reports": built}, as_json, [line for row in built for line in _build_lines(row, dry_run)])
    exits.leave(exits.DONE if any(row["datasets"] for row in built) else exits.SOME_FAILED)


def _built(report: BuiltReport, folder: Path, compress: bool, form: str, dry_run: bool) -> dict[str, Any]:
    from doitui_core.usage_reports import files

    paths: list[Path] = []
    number = 0
    if dry_run:
        number = sum(1 for _ in (report.parts(compress=compress) if form == "json" else report.lines()))
        number = min(number, 1) if form == "tsv" else number
    elif form == "tsv":
        paths = files.write_lines(folder, report.name, report.lines())
    else:
        paths = files.write_parts(folder, report.name, report.parts(compress=compress))
    if report.left_out.dois:
        told = plural(report.left_out.dois, "DOI")
        say(
            f"{report.reporter.code}: {told} left out: not registered or findable, or of a record that is not published"
        )
    return {
        **_about(report),
        "files": [str(path) for path in paths],
        "parts": len(paths) or number,
        "datasets": report.datasets,
        "left_out": report.left_out.dois,
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


def _build_lines(row: Mapping[str, Any], dry_run: bool) -> Iterator[str]:
    partial = ", which is not over or not counted to its end" if row["partial"] else ""
    told = f"{row['repository']}: {plural(row['datasets'], 'dataset')} of {row['month']}{partial}"
    yield f"{told}, {plural(row['parts'], 'file')} {'would be ' if dry_run else ''}written"
    yield from row["files"]


@usage_report.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def validate(files: tuple[Path, ...], as_json: bool) -> None:
    """Check reports in JSON, plain or gzip, against what DataCite's report store takes. Needs no database.

    Example: doitui usage-report validate usage-report-h-2026-10.json
    """
    from doitui_core.usage_reports import validating

    told: list[dict[str, Any]] = []
    codes: list[int] = []
    with progress("checking", len(files)) as bar:
        for path in files:
            try:
                checked = validating.validate(path)
            except UnreadableDocument as error:
                say(str(error))
                told.append({"path": str(path), "valid": False, "errors": [str(error)]})
                codes.append(exits.USAGE)
            else:
                told.append(_checked(checked))
                codes.append(exits.DONE if checked.valid else exits.SOME_FAILED)
            bar.update(1)
    show({"files": told}, as_json, [line for row in told for line in _validate_lines(row)])
    exits.leave(exits.for_items(codes, [code for code in codes if code]))


def _checked(checked: Checked) -> dict[str, Any]:
    return {
        "path": str(checked.path),
        "valid": checked.valid,
        "compressed": checked.compressed,
        "datasets": checked.datasets,
        "errors": checked.errors,
        "warnings": checked.warnings,
        "more": checked.more,
    }


def _validate_lines(row: Mapping[str, Any]) -> Iterator[str]:
    if "datasets" not in row:
        return
    found = plural(len(row["errors"]), "error") if row["errors"] else "valid"
    yield f"{row['path']}: {found}, {plural(row['datasets'], 'dataset')}"
    yield from (f"{row['path']}: {sentence}" for sentence in row["errors"])
    yield from (f"{row['path']}: warning: {sentence}" for sentence in row["warnings"])
    if row["more"]:
        yield f"{row['path']}: … and {row['more']} more"


@usage_report.command()
@month_option
@repository_option
@click.option("--queue", "queued", is_flag=True, help="Leave it to the worker (`doitui work`).")
@json_option
@dry_run_option
@pass_session
def submit(session: Session, month: str, code: str, queued: bool, as_json: bool, dry_run: bool) -> None:
    """Send the report of a month, here and now; again whenever counts have changed: it replaces the earlier one.

    Interrupted or killed, it is begun again from its first part by the next `doitui work` or the next submit.

    Example: doitui usage-report submit --month 2026-10
    """
    from doitui_core.usage_reports import building

    with session.database(read_only=dry_run):
        if dry_run:
            told = [_would_submit(*one) for one in building.for_month(month, code)]
        else:
            told = _submitted(month, code, queued)
    codes = [row.pop("code", exits.DONE) for row in told]
    for row in told:
        if "error" in row:
            say(f"{row['repository']}: {row['error']}")
    document = {"reports": [{name: value for name, value in row.items() if name != "line"} for row in told]}
    show(document, as_json, [row["line"] for row in told if "line" in row])
    exits.leave(exits.for_items(codes, [code for code in codes if code]))


def _would_submit(repository: Repository, report: BuiltReport) -> dict[str, Any]:
    from doitui_core.usage_reports import report_connection

    url = report_connection.for_repository(repository).url
    line = f"{repository.code}: the report of {report.period.month} would be sent to {url}"
    return {**_about(report), "url": url, "line": line}


def _submitted(month: str, code: str, queued: bool) -> list[dict[str, Any]]:
    """The reports of the month, queued, and unless they are only to be `queued` sent."""
    from doitui.cli.work import stopping
    from doitui_core.operations import submit_reports

    found = submit_reports.queue(month, actor=actor(), repository=code)
    if not queued:
        with stopping() as stop:
            found = submit_reports.send(found, stop)
    return [_about(one.built) | _became(one) for one in found]


def _became(one: SubmittedReport) -> dict[str, Any]:
    if one.error is not None:
        return {"error": str(one.error), "code": exits.for_error(one.error)}
    job, code, month = {"job": one.job_id}, one.built.reporter.code, one.built.period.month
    if one.row is not None:
        parts, datasets = plural(one.row.parts, "part"), plural(one.row.datasets, "dataset")
        line = f"{code}: {month} is submitted: {datasets} in {parts}, as {one.row.uuid}"
        return {**job, "parts": one.row.parts, "datasets": one.row.datasets, "line": line}
    if not one.message:
        return {**job, "line": f"{code}: the report of {month} is queued: `doitui work` sends it"}
    waits = one.outcome == "queued"
    exit_code = exits.SOME_FAILED if waits else exits.EXIT_OF_CAUSE.get(one.cause, exits.SOME_FAILED)
    return {**job, "error": one.message, "cause": one.cause, "code": exit_code}


@usage_report.command("list")
@paging_options
@json_option
@pass_session
def list_(session: Session, limit: int, after: str, as_json: bool) -> None:
    """List the reports that were asked for, newest month first, and how far each is.

    Example: doitui usage-report list --json
    """
    from doitui_core.usage_reports import report_list

    with session.database(read_only=True):
        page = report_list.reports(limit=limit, after=after)
    columns = ("month", "repository", "state", "submitted_at", "datasets", "parts", "attempts", "uuid", "last_error")
    show({"reports": page.rows, "next": page.next}, as_json, table(page.rows, columns, "no reports"))
    say_next(page.next, as_json)


@usage_report.command()
@month_option
@repository_option
@click.option("--limit", default=SHOWN, type=click.IntRange(0, 1_000_000_000), help="DOIs shown; 0 = all (100).")
@json_option
@pass_session
def reconcile(session: Session, month: str, code: str, limit: int, as_json: bool) -> None:
    """Compare what was counted with the report that the other side holds, DOI by DOI; exit 1 where they differ.

    Example: doitui usage-report reconcile --month 2026-10
    """
    from doitui_core.usage_reports import building, report_connection
    from doitui_core.usage_reports import reconcile as reconciling

    with session.database():  # how fast we ask is noted there
        found = [
            reconciling.reconcile(report, report_connection.for_repository(repository), limit)
            for repository, report in building.for_month(month, code)
        ]
    document = {"reports": [_reconciled(one) for one in found]}
    show(document, as_json, [line for one in found for line in _reconcile_lines(one)])
    exits.leave(exits.DONE if all(one.same for one in found) else exits.SOME_FAILED)


def _reconciled(found: Reconciled) -> dict[str, Any]:
    return {
        **_about(found.report),
        "held": found.is_stored,
        "same": found.same,
        "datasets": {"ours": found.our_dois, "theirs": found.their_dois},
        "totals": {"ours": _in_order(found.ours), "theirs": _in_order(found.theirs)},
        "differing": found.differing,
        "differences": [
            {"doi": one.doi, "ours": dict(one.ours), "theirs": dict(one.theirs), "times": one.times}
            for one in found.differences
        ],
    }


def _reconcile_lines(found: Reconciled) -> Iterator[str]:
    from doitui_core.usage_reports.reconcile import RELATIONS

    about = f"{found.report.reporter.code}, {found.report.period.month}"
    if not found.is_stored:
        yield f"{about}: no such report is held: `doitui usage-report submit --month {found.report.period.month}`"
        return
    yield f"{about}: {'the same on both sides' if found.same else plural(found.differing, 'DOI') + ' differ'}"
    rows = [{"": "DOIs", "ours": found.our_dois, "theirs": found.their_dois}]
    named = [relation for relation in RELATIONS if found.ours[relation] or found.theirs[relation]]
    rows += [{"": name, "ours": found.ours[name], "theirs": found.theirs[name]} for name in named]
    yield from table(rows, ("", "ours", "theirs"), "")
    for one in found.differences:
        yield f"{one.doi}: {_different(one.ours, one.theirs, one.times)}"
    if found.differing > len(found.differences):
        yield f"… and {found.differing - len(found.differences)} more: --limit 0 shows all"


def _different(ours: Mapping[str, int], theirs: Mapping[str, int], times: int) -> str:
    if not times:
        return "not held"
    if not ours:
        return "held, and not counted here"
    names = [name for name in {**ours, **theirs} if ours.get(name, 0) != theirs.get(name, 0)]
    told = ", ".join(f"{name} {ours.get(name, 0)} here, {theirs.get(name, 0)} there" for name in names)
    return told if times == 1 else f"held {times} times" + (f": {told}" if told else "")
