"""A dataset as existing clients write it, brought into the form of the schema, with a sentence for what is off. Pure.

DataCite's store takes compressed reports with names in any style, and its own sample has the access method in the
dataset instead of its instances (usage.md 1.4, 1.5). What cannot be understood is left to the schema.
"""

from __future__ import annotations

from typing import Any

from doitui_core.usage_reports.rules import PUBLISHER_IDS

_METHOD = "access-method"


def adapt(dataset: Any) -> tuple[Any, list[str]]:
    """The dataset and what was changed; `dataset` itself stays as it is. Any JSON may come in."""
    if not isinstance(dataset, dict):
        return dataset, []
    off: list[str] = []
    found: dict[str, Any] = _dashed(dataset, off)
    if _METHOD in found:
        found = _with_method(found, off)
    for one in found.get("publisher-id") or () if isinstance(found.get("publisher-id"), list) else ():
        if isinstance(one, dict) and one.get("type") == "ror":
            off.append(f"publisher-id/type: 'ror' is not one of DataCite's: {', '.join(PUBLISHER_IDS)}")
    return found, off


def dashed_names(header: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """`header` with dashes in its names, and a sentence for each that had underscores."""
    off: list[str] = []
    return _dashed(header, off), off


def _dashed(value: Any, off: list[str]) -> Any:
    if isinstance(value, list):
        return [_dashed(one, off) for one in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, inner in value.items():
        dashed = name
        if "_" in name:
            dashed = name.replace("_", "-")
            off.append(underscored(name))
        # The names in `country-counts` are countries.
        found[dashed] = inner if dashed == "country-counts" else _dashed(inner, off)
    return found


def underscored(name: str) -> str:
    """What is said of a name with underscores."""
    return f"found unpermitted parameter: :{name[:60]} (write {name[:60].replace('_', '-')})"


def _with_method(dataset: dict[str, Any], off: list[str]) -> dict[str, Any]:
    """The access method of the dataset in those instances that have none."""
    off.append(f"found unpermitted parameter: :{_METHOD} (in the dataset; it belongs into each instance)")
    found = {name: value for name, value in dataset.items() if name != _METHOD}
    performance = found.get("performance")
    if isinstance(performance, list):
        found["performance"] = [_performance(one, dataset[_METHOD]) for one in performance]
    return found


def _performance(performance: Any, method: Any) -> Any:
    if not isinstance(performance, dict) or not isinstance(performance.get("instance"), list):
        return performance
    instances = [{_METHOD: method, **one} if isinstance(one, dict) else one for one in performance["instance"]]
    return {**performance, "instance": instances}
