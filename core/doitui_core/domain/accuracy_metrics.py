"""Accuracy metrics of AI models: what a row of CSV measures, and how it joins the metrics that a model has. Pure."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from doitui_core.domain import strict_json
from doitui_core.errors import BadInput

COLUMNS = ("service", "collection", "accuracy")

#: Keys of a model's metrics, as Heratio names them.
PER_COLLECTION, LAST_UPDATED = "per_collection", "per_collection_last_updated"

#: Measured as a fraction or in percent.
MOST = 100

#: Characters of a name. A longer one is a broken file, such as one without a closing quote.
LONGEST = 255

Metrics = dict[str, Any]

_NUMBER = re.compile(r"[0-9]*[.,]?[0-9]+([eE][+-]?[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Measurement:
    """The accuracy of a service's models for one collection; `line` of the file that says so."""

    line: int
    service: str
    collection: str
    accuracy: float


def measurement(line: int, row: Mapping[str, str]) -> Measurement:
    """What a row of the columns `COLUMNS` says. Raises `BadInput` for a value that cannot be used."""
    return Measurement(
        line, name("service", row["service"]), name("collection", row["collection"]), accuracy(row["accuracy"])
    )


def name(what: str, text: str, *, may_be_empty: bool = False) -> str:
    """`text` as the name of `what`. Raises `BadInput` for one that is empty, too long or has control characters."""
    text = text.strip()
    if not text and not may_be_empty:
        raise BadInput(f"{what} is empty: give its name")
    if len(text) > LONGEST or any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise BadInput(f"{what} is {text[:40]!r}: use at most {LONGEST} characters, and no control characters")
    return text


def accuracy(text: str) -> float:
    """A number from 0 to 100, with a decimal point or comma. Raises `BadInput` for anything else."""
    number = float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else math.nan
    if not 0 <= number <= MOST:  # nan is neither
        raise BadInput(f"accuracy is {text[:40]!r}: it must be a number from 0 to {MOST}, such as 0.942 or 94.2")
    return number


def refuse_contradiction(first: Measurement, found: Measurement) -> None:
    """Raise `BadInput` if a later row of the same service and collection has another accuracy."""
    if first.accuracy != found.accuracy:
        raise BadInput(
            f"accuracy of {found.collection!r} is {found.accuracy:g}, but {first.accuracy:g} in line {first.line}:"
            " remove the wrong one"
        )


def load(text: str) -> Metrics:
    """The metrics of a model from its JSON; empty text is none. Raises `BadInput` for what is not such an object."""
    try:
        found = strict_json.loads(text or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get(PER_COLLECTION, {}), dict):
        raise BadInput(f"accuracy_metrics_json is not a JSON object whose {PER_COLLECTION} is an object: correct it")
    return found


def merge(metrics: Metrics, measured: Mapping[str, float], now: str) -> Metrics:
    """`metrics` with the accuracy of the collections `measured`, as of `now`. Every other key and collection stays; if
    all are as measured, nothing changes.
    """
    if not changed(metrics, measured):
        return metrics
    return metrics | {PER_COLLECTION: metrics.get(PER_COLLECTION, {}) | measured, LAST_UPDATED: now}


def changed(metrics: Metrics, measured: Mapping[str, float]) -> set[str]:
    """The collections whose accuracy is not as `measured`."""
    known = metrics.get(PER_COLLECTION, {})
    return {collection for collection, number in measured.items() if known.get(collection) != number}


def with_values(metrics: Metrics, values: Mapping[str, str]) -> Metrics:
    """`metrics` with other metrics by their names: a number, or any text; an empty one removes it.

    Raises `BadInput` for an unusable name.
    """
    result = dict(metrics)
    for key, text in values.items():
        if name("metric", key) in (PER_COLLECTION, LAST_UPDATED):
            raise BadInput(f"metric {key} comes from `doitui metrics backfill CSV`: import it there")
        result.pop(key, None)
        if text:
            result[key] = _value(text)
    return {key: result[key] for key in [*(key for key in metrics if key in result), *result]}


def _value(text: str) -> Any:
    try:
        found = strict_json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, int | float) else text
