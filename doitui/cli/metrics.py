"""`doitui metrics`: the registry of AI models and their accuracy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from doitui.cli import exits
from doitui.cli.output import say
from doitui.cli.session import Session, reads_database, writes_database
from doitui.cli.tables import table
from doitui_core.text import plural


@click.group()
def metrics() -> None:
    """Keep the accuracy of AI models, by service and collection, for the documentation that Annex IV of the EU AI Act
    requires.

    Example: doitui metrics list
    """


@metrics.command()
@click.argument("file", metavar="CSV", type=click.Path(path_type=Path))
@writes_database
def backfill(session: Session, file: Path) -> None:
    """Merge accuracy by collection into the model registry, from CSV: service,collection,accuracy.

    Accuracy is a number from 0 to 100 (a fraction or in percent). Every active model of the service gets it under
    per_collection; its other metrics and collections stay. Lines that cannot be used are named, the others are stored.
    (Historical usage metrics, views and downloads: `doitui usage import-counts`.)

    Example: doitui metrics backfill accuracy.csv --dry-run
    """
    from doitui_core.operations import metrics_backfill

    result = metrics_backfill.backfill(file, actor=session.actor, dry_run=session.dry_run)
    for place, why in result.rejected:
        say(f"{place}: {why}")
    models = [dict(zip(("service", "version", "changed"), found, strict=True)) for found in result.models]
    rejected = [{"place": place, "error": why} for place, why in result.rejected]
    document = {"stored": result.stored, "unchanged": result.unchanged, "models": models, "rejected": rejected}
    changed = plural(sum(bool(model["changed"]) for model in models), "model")
    stored = f"{plural(result.stored, 'accuracy', 'accuracies')} {session.would}stored in {changed}"
    session.show(document, [f"{stored}, {result.unchanged} unchanged, {len(rejected)} rejected"])
    exits.leave(exits.SOME_FAILED if rejected else exits.DONE)


@metrics.command("list")
@reads_database
def list_(session: Session) -> None:
    """List the models: service, version, whether it is active, and of how many collections the accuracy is known.

    Example: doitui metrics list --json
    """
    from doitui_core.operations import model_registry

    models = [model_registry.document(model) for model in model_registry.models()]
    rows = [model | {"collections": _collections(model)} for model in models]
    columns = ("service", "version", "active", "collections", "updated_at")
    session.show({"models": models}, table(rows, columns, "no model: register one with `doitui metrics set SERVICE`"))


@metrics.command()
@reads_database
def export(session: Session) -> None:
    """Print the registry as one JSON document for the Annex IV bundle, sorted: computed_at, and models, each with
    service, version, active, accuracy_metrics, created_at and updated_at.

    Example: doitui metrics export
    """
    from doitui_core.operations import model_registry

    replace(session, as_json=True).show(model_registry.bundle(), ())


def _named(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE as a dictionary."""
    for text in given:
        if "=" not in text:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE, such as cer=0.042")
    return {name.strip(): value.strip() for name, _, value in (text.partition("=") for text in given)}


@metrics.command("set")
@click.argument("service")
@click.option("--version", metavar="V", help="Version of the model (default: the only one of the service).")
@click.option("--active/--inactive", default=None, help="Whether it is in use (default of a new one: active).")
@click.option(
    "--metric",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_named,
    help="Another accuracy metric, a number or text, repeatable. An empty VALUE removes it.",
)
@writes_database
def set_(session: Session, service: str, version: str | None, active: bool | None, values: dict[str, str]) -> None:
    """Register a model of SERVICE, or change it. Other versions of the service stay as they are.

    Example: doitui metrics set htr --version 2026-11 --metric cer=0.042
    """
    from doitui_core.operations import model_registry

    outcome, model = model_registry.save(service, version, active, values, actor=session.actor, dry_run=session.dry_run)
    state = "active" if model.active else "inactive"
    would = "" if outcome == "unchanged" else session.would
    document = {"outcome": outcome, "model": model_registry.document(model)}
    session.show(document, [f"model {model_registry.label(model)} ({state}) {would}{outcome}"])


def _collections(model: dict[str, Any]) -> int:
    return len(model["accuracy_metrics"].get("per_collection", {}))
