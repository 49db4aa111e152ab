"""What `doitui record import` prints: counts, and what a person has to look at."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from doitui.cli import exits
from doitui.cli.output import say, say_first
from doitui.cli.session import Session
from doitui_core.text import plural

if TYPE_CHECKING:
    from doitui_core.records.importing import ImportResult

#: Records named on stderr, for each kind of remark.
NAMED = 10


def show(session: Session, results: Sequence[ImportResult]) -> None:
    """Print the report of an import, and leave with its exit code."""
    stored = [result for result in results if not result.error]
    rejected = [result for result in results if result.error]
    document = _document(stored, rejected)
    for result in rejected:
        say(f"{result.place}: {result.error}")
    for row in stored:
        for found in row.findings:
            if found.level == "error":
                say(f"{row.place}: record {row.object_id} cannot be minted: {found.message} ({found.code})")
    _say_differences(stored)
    session.show(document, _lines(session, stored, document))
    exits.leave_items([exits.USAGE] * len(rejected), len(results))


def _say_differences(stored: Sequence[ImportResult]) -> None:
    kept = [f"record {row.object_id} {field.message}" for row in stored for field in row.protected]
    say_first(kept, NAMED, " values set by hand that differ from the documents: --json lists all")
    overwritten = [f"record {row.object_id} {field.message}" for row in stored for field in row.overwritten]
    say_first(overwritten, NAMED, " values set by hand that were overwritten: --json lists all")
    failed = [row for row in stored if row.published.error]
    lines = [f"{row.place}: no DOI was registered for record {row.object_id}: {row.published.error}" for row in failed]
    say_first(lines, NAMED, " records without a registration: --json lists all")


def _document(stored: Sequence[ImportResult], rejected: Sequence[ImportResult]) -> dict[str, Any]:
    created = sum(row.created for row in stored)
    return {
        "imported": len(stored),
        "created": created,
        "updated": len(stored) - created,
        "rejected": [{"place": row.place, "error": row.error} for row in rejected],
        "findings": [_located(row, found) for row in stored for found in row.findings],
        "kept": [_located(row, field) for row in stored for field in row.protected],
        "kept_count": sum(len(row.protected) for row in stored),
        "overwritten": [_located(row, field) for row in stored for field in row.overwritten],
        "overwritten_count": sum(len(row.overwritten) for row in stored),
        "dois_created": sum(bool(row.published.created_by) for row in stored),
        "dois_queued": sum(bool(row.published.registered_by) for row in stored),
        "not_registered": [
            {"place": row.place, "object_id": row.object_id, "error": row.published.error}
            for row in stored
            if row.published.error
        ],
    }


def _located(row: ImportResult, found: Any) -> dict[str, Any]:
    """What was found in a document, with its place and record."""
    return {"place": row.place, "object_id": row.object_id} | dataclasses.asdict(found)


def _lines(session: Session, stored: Sequence[ImportResult], document: dict[str, Any]) -> list[str]:
    counts = f"({document['created']} new, {document['updated']} known), {len(document['rejected'])} rejected"
    lines = [f"{plural(len(stored), 'record')} {session.would}imported {counts}"]
    if kept := document["kept_count"]:
        lines.append(f"{plural(kept, 'value')} set by hand not changed: --overwrite takes the documents' values")
    if overwritten := document["overwritten_count"]:
        lines.append(f"{plural(overwritten, 'value')} set by hand {session.would}overwritten")
    if (created := document["dois_created"]) | (queued := document["dois_queued"]):
        lines.append(f"{plural(created, 'DOI')} {session.would}created, {queued} queued for registration")
    errors, warnings = (
        sum(any(found.level == level for found in row.findings) for row in stored) for level in ("error", "warning")
    )
    if errors:
        lines.append(f"{errors} of them cannot be minted yet: see above")
    if warnings:
        lines.append(f"{warnings} with warnings: see `doitui record show ID`")
    return lines
