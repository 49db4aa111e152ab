"""`doitui record`: records in, and a look at them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from doitui.cli import exits, row_json
from doitui.cli.items import each
from doitui.cli.output import fields, progress, say, show, table
from doitui.cli.paging import paging_options, say_next
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui.cli.so_far import says_how_far
from doitui_core.config.actor import actor
from doitui_core.text import plural

#: Values set by hand that are reported one by one.
NAMED = 10


@click.group()
def record() -> None:
    """Bring records in and look at them.

    Example: doitui record import records/*.xml
    """


@record.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    default="auto",
    type=click.Choice(["auto", "datacite-json", "datacite-xml", "jsonl"]),
    help="What the files are; auto looks into them.",
)
@click.option("--repository", "code", metavar="CODE", help="Whose records they are; needed when there are several.")
@click.option(
    "--doi", "doi", default="keep", type=click.Choice(["keep", "ignore"]), help="What to do with a document's own DOI."
)
@click.option("--object-id", default="auto", metavar="auto|filename|FIELD", help="Where the object id comes from.")
@click.option(
    "--published/--unpublished",
    default=None,
    help="Whether the records are public, whatever their documents say (new ones are, known ones stay as they are).",
)
@json_option
@dry_run_option
@pass_session
def import_(
    session: Session,
    files: tuple[Path, ...],
    form: str,
    code: str | None,
    doi: str,
    object_id: str,
    published: bool | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Import DataCite XML, DataCite JSON or JSON lines; importing again updates.

    A document's own DOI under our prefix is reserved as ours; any other is foreign and never registered. What a
    document does not say stays as it is. What a person set (landing page, publication state, owner) stays too, and is
    reported where the document says something else.

    Example: doitui record import --repository h records/*.xml
    """
    from doitui_core.config import repositories
    from doitui_core.records import importing

    options = importing.ImportOptions(form, doi == "keep", object_id, published, dry_run, actor())
    results: list[Any] = []
    with session.database(read_only=dry_run), progress("importing", len(files)) as bar:
        config = repositories.config(repositories.find_or_only(code))
        with says_how_far(lambda: _reached(results)):
            for result in importing.files(files, config, options, bar.update):
                results.append(result)
    _report(results, as_json, dry_run)


def _reached(results: list[Any]) -> str:
    """How far an import came that was stopped."""
    stored = sum(not result.error for result in results)
    return f"{plural(stored, 'record')} stored before; import the same files again to go on"


def _report(results: list[Any], as_json: bool, dry_run: bool) -> None:
    stored = [result for result in results if not result.error]
    rejected = [result for result in results if result.error]
    wrong = {id(result): [f for f in result.findings if f.level == "error"] for result in stored}
    warned = sum(any(f.level == "warning" for f in result.findings) for result in stored)
    created = sum(result.created for result in stored)
    document = {
        "imported": len(stored),
        "created": created,
        "updated": len(stored) - created,
        "rejected": [{"place": result.place, "error": result.error} for result in rejected],
        "findings": [
            {
                "place": r.place,
                "object_id": r.object_id,
                "level": f.level,
                "code": f.code,
                "path": f.path,
                "message": f.message,
            }
            for r in stored
            for f in r.findings
        ],
        "kept": [
            {"object_id": r.object_id, "place": r.place} | dataclasses.asdict(kept) for r in stored for kept in r.kept
        ],
    }
    would = "would be " if dry_run else ""
    not_yet = sum(bool(found) for found in wrong.values())
    known = len(stored) - created
    told = f"{plural(len(stored), 'record')} {would}imported ({created} new, {known} known), {len(rejected)} rejected"
    lines = [told]
    if not_yet:
        lines.append(f"{not_yet} of them cannot be minted yet: see above")
    if warned:
        lines.append(f"{warned} with warnings: `doitui record show ID` tells them")
    for result in rejected:
        say(f"{result.place}: {result.error}")
    for result in stored:
        for finding in wrong[id(result)]:
            say(f"{result.place}: record {result.object_id} cannot be minted: {finding.message} ({finding.code})")
    _report_protected(stored)
    show(document, as_json, lines)
    codes = [exits.USAGE] * len(rejected)
    exits.leave(exits.for_items([*codes, *[exits.DONE] * len(stored)], codes))


def _report_protected(stored: list[Any]) -> None:
    """What people set and documents do not agree with, the first ones by name."""
    kept = [f"record {result.object_id} {kept.message}" for result in stored for kept in result.kept]
    for line in kept[:NAMED]:
        say(line)
    if len(kept) > NAMED:
        say(f"{len(kept) - NAMED} more values set by hand differ from the documents: --json lists them")


@record.command("list")
@click.option("--repository", "code", default="", metavar="CODE", help="Only that repository's.")
@paging_options
@json_option
@pass_session
def list_(session: Session, code: str, limit: int, after: str, as_json: bool) -> None:
    """List records, newest first.

    Example: doitui record list --limit 20
    """
    from doitui_core.views import lists

    with session.database(read_only=True):
        page = lists.records(repository=code, limit=limit, after=after)
    columns = ("object_id", "repository", "doi", "status", "published", "title")
    rows = [row_json.record(row) for row in page.rows]
    show({"records": rows, "next": page.next}, as_json, table(rows, columns, "no records"))
    say_next(page.next, as_json)


@record.command("show")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@json_option
@pass_session
def show_(session: Session, ids: tuple[str, ...], as_json: bool) -> None:
    """Show a record: what is kept, and what DataCite would say to it.

    Example: doitui record show MS-0112
    """
    from doitui_core.dois import targets
    from doitui_core.domain import strict_json
    from doitui_core.records import record_lookup
    from doitui_core.views import lists

    with session.database(read_only=True):
        found = []
        for text in ids:
            row = record_lookup.find(text)
            findings = [
                {"level": f.level, "code": f.code, "path": f.path, "message": f.message} for f in targets.check(row)
            ]
            owner = {"owner_name": row.owner_name, "owner_email": row.owner_email}
            content = {"metadata": strict_json.tolerant_loads(row.metadata), "findings": findings}
            found.append(row_json.record(lists.record(row.id)) | owner | content)
    show(found[0] if len(found) == 1 else {"records": found}, as_json, [line for row in found for line in _lines(row)])


def _lines(row: dict[str, Any]) -> list[str]:
    told = fields({name: found for name, found in row.items() if name not in ("metadata", "findings")})
    metadata = json.dumps(row["metadata"], ensure_ascii=False, indent=2).splitlines()
    findings = [f"{f['level']}: {f['message']} ({f['code']})" for f in row["findings"]] or ["DataCite would take it"]
    return [*told, "metadata", *[f"  {line}" for line in metadata], *findings]


@record.command("publish")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@json_option
@dry_run_option
@pass_session
def publish(session: Session, ids: tuple[str, ...], as_json: bool, dry_run: bool) -> None:
    """Mark records as published. Their DOIs are minted by `doi mint`, `batch mint` or `cron register-local`.

    Example: doitui record publish MS-0112
    """
    _publish(session, ids, as_json, dry_run, on=True)


@record.command("unpublish")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@json_option
@dry_run_option
@pass_session
def unpublish(session: Session, ids: tuple[str, ...], as_json: bool, dry_run: bool) -> None:
    """Mark records as not published. That does nothing to their DOIs: `doi deactivate` does.

    Example: doitui record unpublish MS-0112
    """
    _publish(session, ids, as_json, dry_run, on=False)


def _publish(session: Session, ids: tuple[str, ...], as_json: bool, dry_run: bool, *, on: bool) -> None:
    from doitui_core.records import publish_rules, record_lookup

    word = "published" if on else "unpublished"

    def act(text: str) -> dict[str, Any]:
        row = record_lookup.find(text)
        changed = bool(row.published) != on if dry_run else publish_rules.publish(row, on=on, actor=actor())
        becomes = f"{'would be ' if dry_run else 'is '}{word}" if changed else f"was {word} already"
        return {"object_id": row.object_id, "changed": changed, "line": f"{row.object_id} {becomes}"}

    with session.database(read_only=dry_run):
        each(ids, act, as_json)


@record.command("delete")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--reason", default="", metavar="TEXT", help="What the tombstone says (The record was deleted.).")
@json_option
@dry_run_option
@pass_session
def delete(session: Session, ids: tuple[str, ...], reason: str, as_json: bool, dry_run: bool) -> None:
    """Delete records. A DOI that was registered becomes a tombstone, and its record stays as what the tombstone tells
    of; any other DOI is given up, and its string is never used again.

    Example: doitui record delete MS-0112 --reason "withdrawn by its author"
    """
    from doitui_core.records import publish_rules, record_lookup

    def act(text: str) -> dict[str, Any]:
        row = record_lookup.find(text)
        done = (
            publish_rules.effect_on_doi(row)
            if dry_run
            else publish_rules.delete(row, reason=reason or publish_rules.REASON, actor=actor())
        )
        fate = {"tombstone": "its DOI becomes a tombstone", "abandon": "its DOI is given up", "nothing": ""}[done]
        line = f"{row.object_id} {'would be' if dry_run else 'is'} deleted" + (f"; {fate}" if fate else "")
        return {"object_id": row.object_id, "doi": done, "line": line}

    with session.database(read_only=dry_run):
        each(ids, act, as_json)
