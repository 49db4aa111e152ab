"""The registry of AI models: list it, create or change a row of it, and what the Annex IV documentation takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from doitui_core import clock
from doitui_core.db import audit, database
from doitui_core.db.models import ModelRegistry
from doitui_core.domain import accuracy_metrics, strict_json
from doitui_core.domain.accuracy_metrics import Metrics
from doitui_core.errors import BadInput


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """One version of the model of a service. `accuracy_metrics`: a JSON object."""

    service: str
    version: str
    active: bool
    accuracy_metrics: Metrics
    created_at: datetime
    updated_at: datetime


def models() -> list[RegisteredModel]:
    """All, by service and version. Raises `BadInput` for a row whose metrics are unreadable."""
    rows = sorted(ModelRegistry.select(), key=lambda row: (row.service, row.version))
    return [_model(row) for row in rows]


def bundle() -> dict[str, Any]:
    """`{"computed_at", "models": [{"service", "version", "active", "accuracy_metrics", "created_at", "updated_at"}]}`:
    by service and version, with sorted keys, so that two exports of the same registry differ in `computed_at` only.
    """
    with database.read():
        found, now = models(), database.now()
    return {"computed_at": clock.iso(now), "models": [document(model) for model in found]}


def document(model: RegisteredModel) -> dict[str, Any]:
    """A model as JSON, its metrics with sorted keys."""
    in_order = strict_json.loads(strict_json.dumps(model.accuracy_metrics, sort_keys=True))
    times = {"created_at": clock.iso(model.created_at), "updated_at": clock.iso(model.updated_at)}
    return {
        "service": model.service,
        "version": model.version,
        "active": model.active,
        "accuracy_metrics": in_order,
        **times,
    }


def save(
    service: str,
    version: str | None,
    active: bool | None,
    values: Mapping[str, str],
    *,
    actor: str,
    dry_run: bool = False,
) -> tuple[str, RegisteredModel]:
    """(`created`, `updated` or `unchanged`, the model). A new one is active.

    `version` None: the only one of the service; None of `active`: unchanged. `values`: other accuracy metrics, see
    `accuracy_metrics.with_values`. Raises `BadInput` for an unusable value, or without a version if there are several.
    """
    service = accuracy_metrics.name("service", service)
    with database.read() if dry_run else database.write():
        version, now = _version(service, version), database.now()
        row, is_new = _row(service, version, now, lock=not dry_run)
        before = (row.active, row.accuracy_metrics_json)
        if active is not None:
            row.active = active
        if values:
            row.accuracy_metrics_json = strict_json.dumps(accuracy_metrics.with_values(metrics(row), values))
        is_changed = (row.active, row.accuracy_metrics_json) != before
        outcome = "created" if is_new else "updated" if is_changed else "unchanged"
        if is_changed:
            row.updated_at = now
        if outcome != "unchanged" and not dry_run:
            row.save()
            audit.note(actor, "set", f"model {label(row)}", outcome)
    return outcome, _model(row)


def label(model: ModelRegistry | RegisteredModel) -> str:
    """A model by its service and version, for people."""
    return f"{model.service} {model.version}".strip()


def _version(service: str, version: str | None) -> str:
    if version is not None:
        return accuracy_metrics.name("version", version, may_be_empty=True)
    known = sorted(row.version for row in ModelRegistry.select().where(ModelRegistry.service == service))
    if len(known) > 1:
        raise BadInput(
            f"service {service!r} has several versions: use --version with one of {', '.join(map(repr, known))}"
        )
    return known[0] if known else ""


def _row(service: str, version: str, now: datetime, *, lock: bool) -> tuple[ModelRegistry, bool]:
    """The row, locked, and whether it is new."""
    chosen = ModelRegistry.select().where((ModelRegistry.service == service) & (ModelRegistry.version == version))
    new = ModelRegistry(service=service, version=version, created_at=now, updated_at=now)
    if not lock:
        found = chosen.get_or_none()
        return found or new, found is None
    is_new = not chosen.exists()
    if is_new:  # or somebody else creates it now
        ModelRegistry.insert(new.__data__).on_conflict_ignore().execute()
    return database.for_update(chosen).get(), is_new


def metrics(row: ModelRegistry) -> Metrics:
    """The accuracy metrics of a row. Raises `BadInput`, which names it, where they are unreadable."""
    try:
        return accuracy_metrics.load(row.accuracy_metrics_json)
    except BadInput as error:
        raise BadInput(f"model {label(row)}: {error}") from error


def _model(row: ModelRegistry) -> RegisteredModel:
    return RegisteredModel(row.service, row.version, row.active, metrics(row), row.created_at, row.updated_at)
