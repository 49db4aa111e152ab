"""`doitui metrics`: the registry of AI models on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Doitui


@pytest.fixture
def registry(doitui: Doitui, tmp_path: Path) -> Doitui:
    """A database with the active model htr, and the file a.csv of a good and two bad lines."""
    doitui("init")
    assert doitui("metrics", "set", "htr", "--version", "2", "--metric", "cer=0.042").code == 0
    (tmp_path / "a.csv").write_text("service,collection,accuracy\nhtr,Mission Archive,0.9\nxyz,A,0.9\nhtr,B,good\n")
    return doitui


def test_bad_lines_are_named_and_the_code_is_1(registry: Doitui, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    dry = registry("metrics", "backfill", path, "--dry-run")
    assert dry.out == "1 accuracy would be stored in 1 model, 0 unchanged, 2 rejected\n"
    done = registry("metrics", "backfill", path)
    assert (done.code, done.out) == (1, "1 accuracy stored in 1 model, 0 unchanged, 2 rejected\n")
    assert [line.partition(": ")[0] for line in done.err.splitlines()] == [f"{path}:3", f"{path}:4"]
    again = registry("metrics", "backfill", path, "--json").json
    assert (again["stored"], again["unchanged"]) == (0, 1)
    assert again["models"] == [{"service": "htr", "version": "2", "changed": 0}]
    assert [one["place"] for one in again["rejected"]] == [f"{path}:3", f"{path}:4"]


def test_a_wrong_header_or_no_file_is_code_2(registry: Doitui, tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text("service,collection,score\nhtr,A,0.9\n")
    for one, why in ((path, f"{path}:1 has no column accuracy"), (tmp_path / "none.csv", "No such file")):
        done = registry("metrics", "backfill", one)
        assert (done.code, done.out, why in done.complaint) == (2, "", True)


def test_the_bundle_and_the_list_show_what_is_stored(registry: Doitui, tmp_path: Path) -> None:
    registry("metrics", "backfill", tmp_path / "a.csv")
    (model,) = registry("metrics", "export").json["models"]
    metrics = dict(model["accuracy_metrics"])
    assert metrics.pop("per_collection_last_updated").endswith("Z")
    assert metrics == {"cer": 0.042, "per_collection": {"Mission Archive": 0.9}}
    assert (model["service"], model["version"], model["active"]) == ("htr", "2", True)
    assert registry("metrics", "list", "--json").json == {"models": [model]}
    heading, line = registry("metrics", "list").out.splitlines()
    assert heading.split() == ["service", "version", "active", "collections", "updated_at"]
    assert line.split()[:4] == ["htr", "2", "yes", "1"]


def test_a_model_is_set_and_set_again(registry: Doitui) -> None:
    assert (
        registry("metrics", "set", "htr", "--inactive", "--dry-run").out == "model htr 2 (inactive) would be updated\n"
    )
    assert registry("metrics", "set", "htr", "--inactive").out == "model htr 2 (inactive) updated\n"
    again = registry("metrics", "set", "htr", "--inactive", "--json").json
    assert (again["outcome"], again["model"]["active"]) == ("unchanged", False)
    assert registry("metrics", "set", "htr", "--metric", "cer").code == 2


def test_the_two_backfills_name_each_other(doitui: Doitui) -> None:
    for command, other in (("metrics backfill", "usage import-counts"), ("usage import-counts", "metrics backfill")):
        assert f"doitui {other}" in " ".join(doitui(*command.split(), "--help").out.split())
