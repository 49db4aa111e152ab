"""`doitui record`: import, list, publish and delete records."""

from __future__ import annotations

import dataclasses
import json
from functools import partial
from pathlib import Path
from typing import Any

import click

from doitui.cli import exits, harvest, import_report, record_set, row_json
from doitui.cli.items import each
from doitui.cli.options import files_argument, ids_argument, owner_option, paging_options, repository_option, show_list
from doitui.cli.output import fields
from doitui.cli.progress import progress
from doitui.cli.session import Session, reads_database, writes, writes_database
from doitui.cli.tombstone_page import warn_of_old_page
from doitui_core.text import plural


@click.group()
def record() -> None:
    """Import records and show them.

    Example: doitui record import records/*.xml
    """


record.add_command(harvest.harvest)
record.add_command(record_set.set_)


@record.command("import")
@files_argument
@click.option(
    "--format",
    default="auto",
    type=click.Choice(["auto", "datacite-json", "datacite-xml", "jsonl", "csv", "isad-csv"]),
    help="Format of the files (default auto: detect).",
)
@owner_option
@click.option("--doi", default="keep", type=click.Choice(["keep", "ignore"]), help="Keep or ignore a document's DOI.")
@click.option("--object-id", default="auto", metavar="auto|filename|FIELD", help="Where the object id comes from.")
@click.option(
    "--published/--unpublished",
    default=None,
    help="Override the documents (default: new records are published, others stay as they are).",
)
@click.option("--overwrite", is_flag=True, help="Take the documents' values also where a person set others.")
@click.option("--owner-name", default="", metavar="N", help="Owner of documents that name none.")
@click.option("--owner-email", default="", metavar="A", help="The owner's mail address.")
@writes_database
def import_(session: Session, files: tuple[Path, ...], code: str | None, doi: str, **how: Any) -> None:
    """Import DataCite XML, DataCite JSON, JSON lines, CSV or AtoM's ISAD CSV, or update records from them.

    A document's DOI under your prefix is reserved; any other DOI is foreign and never registered. What a document omits
    does not change. What a person set (landing page, publication state, owner, auto_create, an assigned DOI) does not
    change either: differences are reported, and --overwrite takes the documents' values.

    The object id is the document's object_id, else its first alternate identifier of type Local, else its DOI. A
    document updates the record that has its DOI, whatever its object id. If a record is only called by its DOI, import
    its document again with --object-id filename (or FIELD) to change that.

    A record that becomes published by the import may get a DOI: settings auto_create, register_at_publish, auto_mint.

    CSV files have a first line with the columns object_id, title and any of subtitle, translated_title, creators
    ("Brandt, Ida (ORCID); …"), creator_organisations, publisher, publication_year, resource_type, resource_type_text,
    subjects, date_created, date_issued, language, alternate_identifiers, related_identifiers
    ("IsPartOf DOI 10.5072/x"), sizes, formats, version, rights, rights_uri, abstract, description, place, doi, url,
    owner_name, owner_email, published, auto_create. Several values in a cell are separated by semicolons.

    ISAD CSV files are exports of AtoM, or its template with one description a row: object id legacyId (or --object-id
    identifier), its parent parentId, several values in a cell separated by "|". Its columns may be followed by doi,
    url, owner_name and owner_email.

    Example: doitui record import --repository h records/*.xml
    """
    from doitui_core.config import repositories
    from doitui_core.records import importing

    options = importing.ImportOptions(use_own_doi=doi == "keep", dry_run=session.dry_run, actor=session.actor, **how)
    config = repositories.config(repositories.find_or_only(code))
    report = import_report.ImportReport(session, config)

    def done(_files: int) -> str:
        return f"{plural(report.stored, 'record')} stored before; import the same files again to continue"

    with progress("importing", len(files), done) as bar:
        for result in importing.files(files, config, options, bar.update):
            report.add(result)
    if not session.dry_run:
        _record_digest(session, code or config.code, report)
    report.show()


def _record_digest(session: Session, code: str, report: import_report.ImportReport) -> None:
    """One mail on the DOIs that the import has queued, if digests are enabled."""
    from doitui_core.notify import bulk_digests

    failed = report.not_registered
    bulk_digests.record("DOI registration", report.jobs, actor=session.actor, repository=code, refused=failed)


@record.command("list")
@repository_option
@paging_options
@reads_database
def list_(session: Session, code: str, limit: int, after: str) -> None:
    """List records, newest first.

    Example: doitui record list --limit 20
    """
    from doitui_core.views import lists

    read = partial(lists.records, repository=code)
    columns = ("object_id", "repository", "doi", "status", "published", "title")
    show_list(session, "records", read, row_json.record, columns, "no records", limit=limit, after=after)


@record.command("show")
@ids_argument
@reads_database
def show_(session: Session, ids: tuple[str, ...]) -> None:
    """Show records, with the errors and warnings for a mint.

    Example: doitui record show MS-0112
    """
    from doitui_core.dois import targets
    from doitui_core.domain import strict_json
    from doitui_core.records import record_lookup
    from doitui_core.views import lists

    found = []
    for row in map(record_lookup.find, ids):
        more = {
            "owner_name": row.owner_name,
            "owner_email": row.owner_email,
            "auto_create": row.auto_create or "default",
            "metadata": strict_json.tolerant_loads(row.metadata),
            "findings": list(map(dataclasses.asdict, targets.check(row))),
        }
        found.append(row_json.record(lists.record(row.id)) | more)
    session.show(found[0] if len(found) == 1 else {"records": found}, [line for row in found for line in _lines(row)])


def _lines(row: dict[str, Any]) -> list[str]:
    metadata = json.dumps(row["metadata"], ensure_ascii=False, indent=2).splitlines()
    findings = [f"{found['level']}: {found['message']} ({found['code']})" for found in row["findings"]]
    return [
        *fields({name: value for name, value in row.items() if name not in ("metadata", "findings")}),
        "metadata",
        *[f"  {line}" for line in metadata],
        *(findings or ["no errors or warnings"]),
    ]


@record.command()
@click.argument("ids", nargs=-1, metavar="[ID...]")
@click.option("--all", "all_records", is_flag=True, help="Check all records.")
@repository_option
@reads_database
def check(session: Session, ids: tuple[str, ...], all_records: bool, code: str) -> None:
    """Check records as for a mint, and group what is found: errors, which DataCite would reject, then warnings.

    The exit code is 1 if DataCite would reject any of them.

    Example: doitui record check --all
    """
    from doitui_core.config import repositories
    from doitui_core.operations import record_check
    from doitui_core.records import record_lookup

    if bool(ids) == all_records or (ids and code):
        raise click.UsageError("give IDs or --all (--repository only with --all)", click.get_current_context())
    if ids:
        found = record_check.check(map(record_lookup.find, ids))
    else:
        found = record_check.check(record_check.all_records(repositories.find(code).id if code else 0))
    lines = [line for group in found.groups for line in _group_lines(group)]
    lines.append(f"{plural(found.records, 'record')} checked, {found.refused} would be rejected")
    session.show(dataclasses.asdict(found), lines)
    exits.leave(exits.SOME_FAILED if found.refused else exits.DONE)


def _group_lines(group: Any) -> list[str]:
    more = f" and {group.records - len(group.object_ids)} more" if group.records > len(group.object_ids) else ""
    where = f"{group.level} in {plural(group.records, 'record')}: {group.message} ({group.code})"
    return [where, f"  {', '.join(group.object_ids)}{more}"]


@record.command()
@ids_argument
@writes
def publish(session: Session, ids: tuple[str, ...]) -> None:
    """Mark records as published. The settings auto_create, register_at_publish and auto_mint say whether this creates
    their DOIs and queues their registration; else use `doi mint`, `batch mint` or `cron register-local`.

    Example: doitui record publish MS-0112
    """
    _publish(session, ids, on=True)


@record.command()
@ids_argument
@writes
def unpublish(session: Session, ids: tuple[str, ...]) -> None:
    """Mark records as unpublished. Their DOIs do not change: use `doi deactivate` for that.

    Example: doitui record unpublish MS-0112
    """
    _publish(session, ids, on=False)


def _publish(session: Session, ids: tuple[str, ...], *, on: bool) -> None:
    from doitui_core.records import publish_rules, record_lookup

    state = "published" if on else "unpublished"

    def act(text: str) -> dict[str, Any]:
        row = record_lookup.find(text)
        if session.dry_run:
            change = publish_rules.preview(row, on=on)
        else:
            change = publish_rules.publish(row, on=on, actor=session.actor)
        effect = change.effect
        line = f"{row.object_id} {session.would or 'is '}{state}"
        line = f"{line}; {effect.message}" if effect.message else line
        found = {"object_id": row.object_id, "changed": change.changed}
        if not change.changed:
            return found | {"line": f"{row.object_id} was already {state}"}
        if not on:
            return found | {"line": line}
        found |= {name: getattr(effect, name) or None for name in ("doi", "created_by", "registered_by")}
        found |= {"job": effect.job_id or None, "line": line}
        if not effect.error:
            return found
        error = f"{row.object_id} {session.would or 'is '}{state}, but no DOI was registered: {effect.error}"
        return found | {"id": row.object_id, "error": error, "code": exits.SOME_FAILED}

    each(session, ids, act)


@record.command()
@ids_argument
@click.option("--reason", default="", metavar="TEXT", help="Reason on the tombstone page (has a default).")
@writes
def delete(session: Session, ids: tuple[str, ...], reason: str) -> None:
    """Delete records. A registered DOI becomes a tombstone, which keeps its record; any other DOI is abandoned and
    never used again.

    Example: doitui record delete MS-0112 --reason "withdrawn by its author"
    """
    from doitui_core.dois import reservations
    from doitui_core.records import publish_rules, record_lookup

    effects = {"tombstone": "; its DOI becomes a tombstone", "abandon": "; its DOI is abandoned", "nothing": ""}

    def act(text: str) -> dict[str, Any]:
        row = record_lookup.find(text)
        doi = reservations.for_record(row)
        if session.dry_run:
            effect = publish_rules.effect_on_doi(row)
        else:
            effect = publish_rules.delete(row, reason=reason or publish_rules.REASON, actor=session.actor)
        if doi is not None and effect == "tombstone":
            warn_of_old_page(doi)
        line = f"{row.object_id} {session.would or 'is '}deleted{effects[effect]}"
        return {"object_id": row.object_id, "doi": effect, "line": line}

    each(session, ids, act)
