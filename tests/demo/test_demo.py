"""`doitui demo --headless` runs anywhere, and changes only its own directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

#: Seconds; the demo itself must end within 60.
PATIENCE = 120

Done = subprocess.CompletedProcess[str]


def play(*arguments: object, cwd: Path, **environment: str) -> Done:
    command = [sys.executable, "-P", "-m", "doitui", "demo", "--headless", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stage")


@pytest.fixture(scope="module")
def played(stage: Path) -> Done:
    """The demo with its default options."""
    return play("--dir", stage / "demo", cwd=stage)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Path]:
    """The demo in a directory and environment with conflicting files and settings, and that directory."""
    place = tmp_path_factory.mktemp("hostile")
    (place / "json.py").write_text("raise SystemExit('not this one')", encoding="utf-8")
    (place / "doitui").mkdir()
    real = place / "real.db"
    real.write_bytes(b"the real database")
    nonsense = "http://127.0.0.1:1"
    done = play(
        *("--json", "--dir", place / "a demo, with spaces & 100%"),
        cwd=place,
        DOITUI_DATABASE=f"sqlite:///{real}",
        DOITUI_DATACITE_URL="https://api.datacite.org",
        DOITUI_LEASE_SECONDS="nonsense",
        DATACITE_TEST_MODE="true",
        http_proxy=nonsense,
        HTTP_PROXY=nonsense,
        https_proxy=nonsense,
        all_proxy=nonsense,
        PYTHONIOENCODING="ascii",
        LC_ALL="C",
        HOME=str(place / "no-home"),
    )
    return done, place


def test_the_headless_demo_succeeds(played: Done) -> None:
    assert (played.returncode, played.stderr) == (0, "")


def test_every_line_of_its_summary_is_ok(played: Done) -> None:
    summary = played.stdout.partition("── Summary")[2]
    checks = [line.split()[0] for line in summary.splitlines() if line.startswith("  ") and "doitui" not in line]
    assert set(checks) - {"export"} == {"ok"}


def test_it_ends_with_commands_to_try_next(played: Done, stage: Path) -> None:
    ending = played.stdout.partition("Try next:")[2]
    assert f"sqlite:///{stage}/demo/demo.db" in ending
    assert "doitui doi history" in ending


def test_the_commands_it_names_work(played: Done, stage: Path) -> None:
    command = [sys.executable, "-m", "doitui", "status", "--json"]
    environment = {**os.environ, "DOITUI_DATABASE": f"sqlite:///{stage}/demo/demo.db"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert json.loads(done.stdout)["dois"]["findable"] >= 29


def test_it_shows_no_password(played: Done) -> None:
    assert '"demo"' not in played.stdout


def test_json_is_one_document(hostile: tuple[Done, Path]) -> None:
    document = json.loads(hostile[0].stdout)
    assert (document["ok"], {check["ok"] for check in document["checks"]}) == (True, {True})


def test_a_hostile_place_does_not_disturb_it(hostile: tuple[Done, Path]) -> None:
    assert (hostile[0].returncode, hostile[0].stderr) == (0, "")


def test_a_database_in_the_environment_is_not_touched(hostile: tuple[Done, Path]) -> None:
    assert (hostile[1] / "real.db").read_bytes() == b"the real database"


def test_nothing_is_written_beside_its_directory(hostile: tuple[Done, Path]) -> None:
    left = {path.name for path in hostile[1].iterdir()}
    assert left == {"json.py", "doitui", "real.db", "a demo, with spaces & 100%"}


def test_a_directory_with_something_in_it_is_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine", encoding="utf-8")
    done = play("--dir", tmp_path, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("letters.txt", "mine")]


def test_a_directory_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    done = play("--dir", "/proc/nowhere", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
