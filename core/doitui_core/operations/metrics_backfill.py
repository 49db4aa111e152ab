"""Accuracy by collection from CSV, merged into the registry of AI models."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from doitui_core import clock, csv_files
from doitui_core.db import audit, database
from doitui_core.db.models import ModelRegistry
from doitui_core.domain import accuracy_metrics, strict_json
from doitui_core.domain.accuracy_metrics import COLUMNS, Measurement
from doitui_core.errors import BadInput
from doitui_core.operations import model_registry
from doitui_core.text import NAMED, list_names, plural

REMEDY = f"its first line must name {', '.join(COLUMNS)}"


@dataclass
class BackfillResult:
    """Rows of the file: `stored`, `unchanged` since every active model had them, and `rejected`: (place, why).

    `models`: (service, version, how many collections changed) of each active model of the file's services.
    """

    stored: int = 0
    unchanged: int = 0
    models: list[tuple[str, str, int]] = field(default_factory=list)
    rejected: list[tuple[str, str]] = field(default_factory=list)


def backfill(path: Path, *, actor: str, dry_run: bool = False) -> BackfillResult:
    """Merge the rows of a CSV file with the columns of `COLUMNS` into every active model of their services, in one
    transaction. A row that cannot be used is rejected, and the others are stored.

    Raises `UnreadableDocument` for a file that is no such CSV: then nothing is stored.
    """
    result, rejected = BackfillResult(), list[tuple[int, str]]()
    measured = _read(path, rejected)
    with database.read() if dry_run else database.write():
        # In one order everywhere: two at the same time then wait for each other without a deadlock.
        for service in sorted(measured):
            try:
                _merge(service, measured[service], result, dry_run)
            except BadInput as error:
                rejected += [(found.line, str(error)) for found in measured[service]]
        if result.stored and not dry_run:
            services = [service for service in sorted(measured) if any(m[0] == service and m[2] for m in result.models)]
            audit.note(actor, "backfill", plural(result.stored, "accuracy", "accuracies"), list_names(services, NAMED))
    result.rejected += [(f"{path}:{line}", why) for line, why in sorted(rejected)]
    return result


def _read(path: Path, rejected: list[tuple[int, str]]) -> dict[str, list[Measurement]]:
    """The rows that can be used, by service. The others are added to `rejected`."""
    measured: dict[str, list[Measurement]] = {}
    firsts: dict[tuple[str, str], Measurement] = {}
    for line, row in csv_files.rows(path, COLUMNS, COLUMNS, REMEDY):
        try:
            found = accuracy_metrics.measurement(line, csv_files.cells(row))
            accuracy_metrics.refuse_contradiction(firsts.setdefault((found.service, found.collection), found), found)
            measured.setdefault(found.service, []).append(found)
        except BadInput as error:
            rejected.append((line, str(error)))
    return measured


def _merge(service: str, measured: list[Measurement], result: BackfillResult, dry_run: bool) -> None:
    """Raises `BadInput`, before anything is changed, for a service without active models, or with unreadable ones."""
    numbers = {found.collection: found.accuracy for found in measured}
    models = [(row, model_registry.metrics(row)) for row in _active(service, lock=not dry_run)]
    now, changed = database.now(), set[str]()
    for row, metrics in models:
        changes = accuracy_metrics.changed(metrics, numbers)
        if changes and not dry_run:
            merged = accuracy_metrics.merge(metrics, numbers, clock.iso(now) or "")
            row.accuracy_metrics_json, row.updated_at = strict_json.dumps(merged), now
            row.save(only=[ModelRegistry.accuracy_metrics_json, ModelRegistry.updated_at])
        changed |= changes
        result.models.append((row.service, row.version, len(changes)))
    stored = sum(found.collection in changed for found in measured)
    result.stored += stored
    result.unchanged += len(measured) - stored


def _active(service: str, *, lock: bool) -> list[ModelRegistry]:
    chosen = ModelRegistry.select().where((ModelRegistry.service == service) & (ModelRegistry.active == 1))
    ordered = chosen.order_by(ModelRegistry.id)
    rows = list(database.for_update(ordered) if lock else ordered)
    if not rows:
        raise BadInput(_no_model(service))
    return rows


def _no_model(service: str) -> str:
    known = sorted(row.service for row in ModelRegistry.select(ModelRegistry.service).distinct())
    name = shlex.quote(service)
    if service in known:
        return (
            f"service {service!r} has no active model: `doitui metrics set {name} --version V --active` activates one"
        )
    close = get_close_matches(service, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"registered: {list_names(known, NAMED) or 'none'};"
    return f"unknown service {service!r}: {hint} `doitui metrics set {name}` registers it"
