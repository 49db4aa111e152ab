"""The middleware as a package of its own: middleware/pyproject.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import doitui_core

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def middleware() -> dict[str, Any]:
    return tomllib.loads((PROJECT / "middleware" / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_middleware_has_the_version_of_the_whole(middleware: dict[str, Any]) -> None:
    assert middleware["version"] == doitui_core.__version__


def test_the_middleware_asks_for_nothing(middleware: dict[str, Any]) -> None:
    assert middleware["dependencies"] == []


def test_the_licence_that_goes_with_it_is_ours() -> None:
    assert (PROJECT / "middleware" / "LICENSE").read_text() == (PROJECT / "LICENSE").read_text()
