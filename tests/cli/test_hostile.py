"""Every command with invalid values everywhere: one line or a document, a documented exit code, no traceback."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import click
import pytest

from doitui.cli.main import COMMANDS

Doitui = Callable[..., Any]

#: What an argument or an option may be given. No NUL: a command line cannot hold one.
NONSENSE = (
    "",
    " ",
    "..",
    "/",
    "x" * 3000,
    "a\nb\tc\x1b[2J",
    "\u202egnp.exe",
    "\udcff",
    "10.5072/x/../y",
    "'; DROP TABLE doi; --",
    "{object_id}{",
    "%s%n%zz",
    "-1",
    "99999999999999999999999999",
    "1e999",
    "nan",
    "file:///etc/passwd",
    "http://[::1",
    "https://u:hunter2@h/",
)

#: An option gets every fourth of them, the next one those that follow; all of them, which takes minutes, are asked for
#: by this name in the environment.
ALL = "DOITUI_TEST_ALL_NONSENSE"
SHARE = 4

#: These stay until they are ended, or play for a minute.
ENDLESS = {"doitui demo", "doitui sandbox", "doitui tui", "doitui work"}


def commands() -> Iterator[tuple[list[str], click.Command]]:
    """Every command with its path."""
    for name, module in COMMANDS.items():
        found = getattr(import_module(f"doitui.cli.{module}"), name.replace("-", "_"))
        if isinstance(found, click.Group):
            yield from (([name, word], inner) for word, inner in found.commands.items())
        else:
            yield [name], found


def lines(words: list[str], command: click.Command) -> Iterator[list[str]]:
    """The command with invalid arguments, and with each option invalid in turn."""
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    options = [one for one in command.params if isinstance(one, click.Option) and not one.is_flag]
    step = 1 if ALL in os.environ else SHARE
    for nonsense in NONSENSE if arguments else ():
        yield [*words, "--", *[nonsense] * len(arguments)]
    for at, option in enumerate(options):
        for nonsense in NONSENSE[at % step :: step]:
            yield [*words, f"{option.opts[0]}={nonsense}", "--", *["x"] * len(arguments)]


@pytest.mark.parametrize(
    ("words", "command"),
    [pytest.param(*one, id=" ".join(one[0])) for one in commands() if f"doitui {one[0][0]}" not in ENDLESS],
)
def test_nonsense_ends_in_one_of_the_agreed_ways(
    archive: Doitui,
    write: Any,
    words: list[str],
    command: click.Command,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    archive("record", "import", write("x"))
    has_json = any("--json" in one.opts for one in command.params)
    wrong = []
    for at, line in enumerate(lines(words, command)):
        as_json = has_json and at % 2 == 1
        given = [*line[: len(words)], "--json", *line[len(words) :]] if as_json else line
        done = archive(*given)
        bad = {
            "exit code": done.code not in (0, 1, 2, 3, 4),
            "traceback": "Traceback" in done.err,
            "our mistake": "mistake of ours" in done.err,
            "password": "hunter2" in done.err,
            "control characters": "\x1b" in done.out + done.err,
            "nothing said": done.code in (2, 3) and not done.err,
            "no JSON": as_json and bool(done.out) and not is_json(done.out),
        }
        if any(bad.values()):
            wrong.append((given, [name for name, so in bad.items() if so], done.code, done.err[:300]))
    assert wrong == []


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
