"""What CI adds to the suite: nothing may be left in the tree."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

UNCHANGED = Path(__file__).parents[1] / ".ci" / "unchanged"

Run = Callable[[str], tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(shell command)` in a repository with a committed file and a draft: (exit code, stderr)."""

    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    git("init")
    (tmp_path / ".gitignore").write_text(".venv/\n")
    (tmp_path / "kept.txt").write_text("as it was\n")
    git("add", ".")
    git("-c", "user.name=ci", "-c", "user.email=ci@example.org", "commit", "-m", "First")
    (tmp_path / "draft.txt").write_text("being worked on\n")

    def done(command: str) -> tuple[int, str]:
        ended = subprocess.run([UNCHANGED, "sh", "-c", command], cwd=tmp_path, capture_output=True, text=True)
        return ended.returncode, ended.stderr

    return done


@pytest.mark.parametrize("command", ["true", "mkdir .venv; touch .venv/a", "touch left; rm left"])
def test_a_command_that_leaves_the_tree_as_it_was_passes(run: Run, command: str) -> None:
    assert run(command) == (0, "")


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("touch doitui-minted.csv", "?? doitui-minted.csv"),
        ("mkdir -p a/b; touch a/b/left", "?? a/b/left"),
        ("echo more >> kept.txt", " M kept.txt"),
        ("rm kept.txt", " D kept.txt"),
        ("rm draft.txt", "?? draft.txt"),
    ],
)
def test_a_command_that_leaves_something_fails_and_the_file_is_named(run: Run, command: str, named: str) -> None:
    code, told = run(command)
    assert (code, [line.removeprefix("  ") for line in told.splitlines()[1:]]) == (1, [named])


def test_a_command_that_fails_keeps_its_exit_code_and_what_it_left_is_named(run: Run) -> None:
    code, told = run("touch left; exit 3")
    assert (code, "?? left" in told) == (3, True)


@pytest.mark.parametrize("code", [0, 3])
def test_where_there_is_no_repository_the_command_runs_all_the_same(tmp_path: Path, code: int) -> None:
    ended = subprocess.run([UNCHANGED, "sh", "-c", f"exit {code}"], cwd=tmp_path, capture_output=True, text=True)
    assert (ended.returncode, "is not checked" in ended.stderr) == (code, True)
