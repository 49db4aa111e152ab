"""A repository code is part of DOIs and file names: invalid ones are rejected with one line."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.errors import BadInput, NotFound
from doitui_core.operations import change_settings

Doitui = Callable[..., Any]

BAD = (
    *(".", "..", "...", "-", "-x", "--", "x-", "x.", ".x", "_", "_x", "x" * 65, "x" * 300, "../x", "a/b", "/", "a\\b"),
    *("", " ", "a b", " a", "a ", "a\tb", "a\nb", "a\x1bb", "a\x7f", "a\x00b", "\ud800", "\u00e4", "a\u0308", "\u0430"),
    *("a:b", "a,b", "a;b", "a%2Fb", "a*", "a?", "{x}", "a#", "a@b", "\U0001d51e", "\uff11"),
)

GOOD = ("h", "H", "1", "a.b", "a-b", "a_b", "a..b", "ABCD.REPO-1", "x" * 64)


def test_no_bad_code_is_stored(archive: Doitui, file: Path) -> None:
    database.open(f"sqlite:///{file}")
    stored = []
    for code in BAD:
        try:
            stored.append(change_settings.save_repository(code, {}).code)
        except BadInput as error:
            stored += [code] if "\n" in str(error) or len(str(error)) > 400 else []
    assert stored == []


def test_a_bad_code_is_one_line(archive: Doitui) -> None:
    typed = [code for code in BAD if "\x00" not in code and "\ud800" not in code]
    result = {code: archive("repository", "set", "--", code) for code in typed}
    result |= {f"{code} dry": archive("repository", "set", "--dry-run", "--", code) for code in typed}
    assert [code for code, done in result.items() if (done.code, done.err.count("\n"), done.out) != (2, 1, "")] == []


def test_good_codes_are_taken(archive: Doitui) -> None:
    assert [code for code in GOOD if archive("repository", "set", code).code] == []


def test_a_code_that_was_stored_before_goes_on(archive: Doitui, file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("INSERT INTO repository (code, created_at) VALUES ('-x', 0)")
    connection.close()
    assert archive("repository", "set", "--prefix", "10.5072", "--", "-x").code == 0
    assert archive("repository", "show", "--", "-x").code == 0
    assert archive("repository", "remove", "--", "-x").code == 0
    assert archive("repository", "set", "--", "-x").code == 2


@pytest.mark.parametrize("code", ["x" * 300, "a\x00b", "..", "a\x1b[2J"])
def test_a_code_that_nobody_has_is_not_found(archive: Doitui, file: Path, code: str) -> None:
    database.open(f"sqlite:///{file}")
    with pytest.raises(NotFound, match="there is no repository") as raised:
        repositories.find(code)
    assert (len(str(raised.value)) < 200, code in str(raised.value) and not code.startswith(".")) == (True, False)
