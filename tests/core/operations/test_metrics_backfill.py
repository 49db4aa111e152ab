"""Accuracy by collection from CSV, merged into the registry of AI models."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

import doitui_core
from doitui_core.clock import iso
from doitui_core.db import audit, database
from doitui_core.db.models import ModelRegistry
from doitui_core.errors import BadInput, UnreadableDocument
from doitui_core.operations import metrics_backfill, model_registry
from doitui_core.operations.metrics_backfill import BackfillResult
from tests.conftest import Clock

Backfill = Callable[..., BackfillResult]

#: A key of somebody else, as somebody else writes it.
OTHERS = '{"cer": 0.10, "per_collection": {"Old": 0.5}, "notes": ["a"]}'


@pytest.fixture
def models(store: str) -> None:
    """Two active models and a retired one do htr, one active model does ner, a retired one ocr."""
    now = database.now()
    for service, version, active, metrics in (
        ("htr", "1", False, "{}"),
        ("htr", "2", True, OTHERS),
        ("htr", "3", True, "{}"),
        ("ner", "", True, "{}"),
        ("ocr", "", False, "{}"),
    ):
        ModelRegistry.create(
            service=service,
            version=version,
            active=active,
            accuracy_metrics_json=metrics,
            created_at=now,
            updated_at=now,
        )


@pytest.fixture
def backfill(models: None, tmp_path: Path) -> Backfill:
    def run(*rows: str, header: str = "service,collection,accuracy", **options: Any) -> BackfillResult:
        path = tmp_path / "a.csv"
        path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
        return metrics_backfill.backfill(path, actor="me", **options)

    return run


def stored() -> dict[str, Any]:
    return {model_registry.label(model): model.accuracy_metrics for model in model_registry.models()}


def rows() -> list[dict[str, Any]]:
    return list(ModelRegistry.select().order_by(ModelRegistry.id).dicts())


def test_every_active_model_of_the_service_gets_it_and_keeps_its_other_keys(backfill: Backfill, clock: Clock) -> None:
    result = backfill("htr,Mission Archive,0.942", "ner,Mission Archive,0.8")
    assert (result.stored, result.unchanged, result.rejected) == (2, 0, [])
    assert result.models == [("htr", "2", 1), ("htr", "3", 1), ("ner", "", 1)]
    updated = {"per_collection_last_updated": iso(clock())}
    assert stored() == {
        "htr 1": {},
        "htr 2": {"cer": 0.1, "per_collection": {"Old": 0.5, "Mission Archive": 0.942}, "notes": ["a"]} | updated,
        "htr 3": {"per_collection": {"Mission Archive": 0.942}} | updated,
        "ner": {"per_collection": {"Mission Archive": 0.8}} | updated,
        "ocr": {},
    }
    (act,) = audit.newest(1)
    assert (act["actor"], act["action"], act["subject"], act["detail"]) == (
        "me",
        "backfill",
        "2 accuracies",
        "htr, ner",
    )


def test_the_same_file_again_changes_nothing(backfill: Backfill, clock: Clock) -> None:
    lines = ("htr,A,0.9", "htr,B,0.8", "ner,A,0.7")
    backfill(*lines)
    before, acts = rows(), audit.newest(10)
    clock.forward(days=1)
    result = backfill(*lines)
    assert (result.stored, result.unchanged, rows(), audit.newest(10)) == (0, 3, before, acts)
    newer = backfill(*lines, "htr,A,0.9", "ner,B,0.6")
    assert (newer.stored, newer.unchanged) == (1, 4)


def test_a_dry_run_says_the_same_and_stores_nothing(backfill: Backfill) -> None:
    before = rows()
    dry = backfill("htr,A,0.9", "x,A,1", dry_run=True)
    assert rows() == before
    assert dry == backfill("htr,A,0.9", "x,A,1")


BAD = {
    "hrt,A,0.9": "unknown service 'hrt': did you mean 'htr'? `doitui metrics set hrt` registers it",
    "my model,A,1": "unknown service 'my model': registered: htr, ner, ocr; `doitui metrics set 'my model'`",
    "ocr,A,0.9": "service 'ocr' has no active model: `doitui metrics set ocr --version V --active` activates",
    "ner,A,good": "accuracy is 'good': it must be a number from 0 to 100, such as 0.942 or 94.2",
    "ner,,0.9": "collection is empty: give its name",
    ",A,0.9": "service is empty: give its name",
    "ner,A,0,9": "has more cells than the first line",
    "ner,Good,0.2": "accuracy of 'Good' is 0.2, but 0.9 in line 2: remove the wrong one",
}


def test_a_line_that_cannot_be_used_is_named_and_the_others_are_stored(backfill: Backfill, tmp_path: Path) -> None:
    result = backfill("ner,Good,0.9", *BAD)
    assert (result.stored, stored()["ner"]["per_collection"]) == (1, {"Good": 0.9})
    assert [place for place, _ in result.rejected] == [f"{tmp_path / 'a.csv'}:{3 + i}" for i in range(len(BAD))]
    assert [why[: len(said)] for (_, why), said in zip(result.rejected, BAD.values(), strict=True)] == [*BAD.values()]


def test_unreadable_metrics_of_a_model_stay_and_stop_its_service_only(backfill: Backfill) -> None:
    ModelRegistry.update(accuracy_metrics_json="[1]").where(ModelRegistry.version == "3").execute()
    result = backfill("htr,A,0.9", "ner,A,0.9")
    assert (result.stored, [why[:12] for _, why in result.rejected]) == (1, ["model htr 3:"])
    found = {row["service"] + row["version"]: row["accuracy_metrics_json"] for row in rows()}
    assert (found["htr2"], found["htr3"], "A" in found["ner"]) == (OTHERS, "[1]", True)


def test_of_a_file_that_breaks_in_the_middle_nothing_is_stored(backfill: Backfill) -> None:
    before = rows()
    for lines, header in ((("ner,A,0.9", 'ner,"B,0.9'), "service,collection,accuracy"), (("ner,A,0.9",), "service,a")):
        with pytest.raises(UnreadableDocument):
            backfill(*lines, header=header)
    assert rows() == before


def test_what_a_spreadsheet_writes_in_other_countries_is_read(backfill: Backfill) -> None:
    result = backfill("0,95;Käsebier;ner", header="\ufeffaccuracy;collection;service")
    assert (result.stored, stored()["ner"]["per_collection"]) == (1, {"Käsebier": 0.95})


def at_once(act: Callable[[int], object]) -> list[object]:
    """`act` of 0 to 5, each in a thread of its own, which begin together."""
    begin = Barrier(6)

    def run(number: int) -> object:
        begin.wait()
        try:
            return act(number)
        finally:
            database.close_thread()

    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(run, range(6)))


def test_of_several_backfills_at_once_nothing_is_lost(models: None, tmp_path: Path) -> None:
    def run(number: int) -> int:
        path = tmp_path / f"{number}.csv"
        services = ("htr", "ner") if number % 2 else ("ner", "htr")
        path.write_text("service,collection,accuracy\n" + "".join(f"{one},{number},0.5\n" for one in services))
        return metrics_backfill.backfill(path, actor="me").stored

    assert at_once(run) == [2] * 6
    everything = {str(number): 0.5 for number in range(6)}
    assert stored()["htr 2"]["per_collection"] == {"Old": 0.5} | everything
    assert stored()["ner"]["per_collection"] == everything


def test_a_model_that_is_set_several_times_at_once_is_one_with_everything(store: str) -> None:
    at_once(lambda number: save("htr", **{f"m{number}": str(number)}))
    assert stored() == {"htr": {f"m{number}": number for number in range(6)}}


def test_from_python(models: None, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("service,collection,accuracy\nner,A,0.9\nx,A,1\n")
    result = doitui_core.backfill_metrics(str(path), actor="cron")
    assert (result.stored, result.unchanged, result.models) == (1, 0, (("ner", "", 1),))
    assert [place for place, _ in result.rejected] == [f"{path}:3"]
    assert audit.newest(1)[0]["actor"] == "cron"


# The registry.


def save(service: str, version: str | None = None, active: bool | None = None, **values: str) -> str:
    return model_registry.save(service, version, active, values, actor="me")[0]


def test_a_model_is_created_active_and_changed_by_its_version(store: str) -> None:
    assert [save("htr"), save("htr"), save("htr", None, False), save("htr", "2"), save("htr", "2", cer="0.1")] == [
        "created",
        "unchanged",
        "updated",
        "created",
        "updated",
    ]
    found = [(one.version, one.active, one.accuracy_metrics) for one in model_registry.models()]
    assert found == [("", False, {}), ("2", True, {"cer": 0.1})]
    with pytest.raises(BadInput, match="several versions: use --version with one of '', '2'"):
        save("htr", None, True)


def test_a_dry_run_creates_no_model(store: str) -> None:
    outcome, model = model_registry.save("htr", "1", None, {"cer": "1"}, actor="me", dry_run=True)
    assert (outcome, model.accuracy_metrics, model_registry.models()) == ("created", {"cer": 1}, [])


def test_two_exports_of_the_same_registry_differ_in_their_time_only(backfill: Backfill, clock: Clock) -> None:
    backfill("ner,B,0.2", "ner,A,0.1")
    first = model_registry.bundle()
    clock.forward(hours=1)
    second = model_registry.bundle()
    times = first.pop("computed_at"), second.pop("computed_at")
    assert times == (iso(clock() - timedelta(hours=1)), iso(clock()))
    assert json.dumps(first) == json.dumps(second)
    ner = first["models"][3]
    assert (ner["service"], list(ner["accuracy_metrics"]["per_collection"])) == ("ner", ["A", "B"])
    assert [(one["service"], one["version"]) for one in first["models"]] == [
        *(("htr", version) for version in "123"),
        ("ner", ""),
        ("ocr", ""),
    ]
