"""`doitui audit`: what people did, on the command line and on the screens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.config.operators import actor

Doitui = Callable[..., Any]


def test_audit_lists_actions_with_their_actor(archive: Doitui) -> None:
    archive("queue", "pause", "--repository", "h")
    archive("setting", "set", "lease_seconds", "120")
    archive("setting", "unset", "lease_seconds")
    acts = archive("audit", "--limit", "3", "--json").json["acts"]
    assert [(act["actor"], act["action"], act["subject"], act["detail"]) for act in acts] == [
        (actor(), "unset", "lease_seconds", ""),
        (actor(), "set", "lease_seconds", "120"),
        (actor(), "pause", "repository h", ""),
    ]


def test_a_dry_run_is_not_in_the_audit(archive: Doitui) -> None:
    archive("queue", "pause", "--dry-run")
    assert [act["action"] for act in archive("audit", "--json").json["acts"] if act["action"] == "pause"] == []


def test_without_json_audit_prints_a_table(archive: Doitui) -> None:
    archive("queue", "pause")
    first, second, *_ = archive("audit").out.splitlines()
    assert first.split()[:3] == ["at", "actor", "action"]
    assert "repository h" in second


def test_the_actor_does_not_come_from_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "mallory")
    monkeypatch.setenv("USER", "mallory")
    assert actor() != "mallory"
