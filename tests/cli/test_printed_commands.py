"""Every command that doitui prints can be run as it is printed: those of `--help`, of errors and advice in the source.

A command that is printed with a placeholder (ID, DOI, FILE) is parsed with it, or with 1 for a number. One that a
sentence only mentions, without arguments, exists.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import doitui
import doitui_core
from doitui.cli.main import COMMANDS
from doitui.cli.main import doitui as root

Doitui = Callable[..., Any]

SOURCES = [Path(doitui.__file__).parent, Path(doitui_core.__file__).parent]

#: In the text of a string: a command in backticks, or after the beginning of a line or a part of a sentence.
SUBSTITUTION = re.compile(r"\$\([^)]*\)")
QUOTED = re.compile(r"`([^`\n]+)`")
BARE = re.compile(r"(?:^|[:;(]\s|\A\s+)(doitui [a-z][^`\n]*?)(?=$|\n|; (?!doitui)|\s{2,}|\)|, )", re.MULTILINE)

#: What stands for a value that is put in when the string is printed, by a word of the expression; else 1.
VALUES = {
    "month": "2026-10",
    "state": "findable",
    "only": "",
    "whose": "",
    "verb.lower()": "retry",
    "one": " 1",
    "PROPOSED": "xml",
}

#: Words after "doitui" in a sentence about the program.
PROSE = ("doitui reads ", "doitui makes ", "doitui runs")


def strings(path: Path) -> Iterator[str]:
    """The strings of a file that may be printed, and the docstrings of commands."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            if ast.get_docstring(node) is not None:
                parts.add(id(node.body[0].value))  # type: ignore[attr-defined] # the docstring's expression
        elif isinstance(node, ast.JoinedStr):
            parts |= {id(part) for part in node.values}
            yield "".join(map(_part, node.values))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


def _part(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    written = f".{ast.unparse(node.value if isinstance(node, ast.FormattedValue) else node)}"
    return next((value for word, value in VALUES.items() if written.endswith(f".{word}")), "1")


def printed(text: str) -> Iterator[str]:
    """The commands in a text."""
    text = SUBSTITUTION.sub("x", text)
    quoted = [found for found in QUOTED.findall(text) if is_command(found)]
    yield from quoted
    yield from (found for found in BARE.findall(QUOTED.sub("", text)) if not found.startswith(PROSE))


def is_command(text: str) -> bool:
    words = text.removeprefix("doitui ").split()
    if " ready on " in text:  # what a server says
        return False
    return bool(words) and (text.startswith("doitui ") or (words[0] in COMMANDS and len(words) > 1))


def in_sources() -> Iterator[tuple[str, str]]:
    """(file, command)."""
    for folder in SOURCES:
        for path in sorted(folder.rglob("*.py")):
            for text in strings(path):
                for command in printed(text):
                    yield path.name, command


def in_help() -> Iterator[tuple[str, str]]:
    """(command whose help it is, command)."""
    for path, command in tree(root, click.Context(root, info_name="doitui")):
        for option in command.params:
            yield from ((path, found) for found in printed(getattr(option, "help", None) or ""))
        text = command.help or ""
        yield from ((path, found) for found in QUOTED.findall(text) if is_command(found))
        for example in re.findall(r"Example: (.+)", text):
            yield path, example


def tree(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    yield context.command_path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from tree(child, click.Context(child, parent=context, info_name=name))


def parse(command: str) -> None:
    """Parse each part of a command line as a shell and click would. Raises `click.UsageError`."""
    for line in re.split(r"; | && |\s{2,}", command):
        if line.startswith(("or: ", "or ")):
            line = line.partition(" ")[2]
        words = shlex.split(re.sub(r"(--\S+) …", r"\1 x", line).replace("…", "").partition(" | ")[0])
        if words[:1] == ["doitui"]:
            resolve(words[1:])
        elif words and words[0] in COMMANDS:
            resolve(words)


def resolve(words: list[str]) -> None:
    command: click.Command = root
    context: click.Context | None = None
    name = "doitui"
    while isinstance(command, click.Group) and words:
        context = command.make_context(name, list(words), parent=context)
        rest = [*context._protected_args, *context.args]
        if not rest:
            return
        found, child, words = command.resolve_command(context, rest)
        assert found is not None
        assert child is not None
        name, command = found, child
    if not words:
        return
    command.make_context(name, ["1" if word == "ID" else word for word in words], parent=context)


def wrong(found: Iterator[tuple[str, str]]) -> list[tuple[str, str, str]]:
    bad = []
    for place, command in found:
        try:
            parse(command)
        except click.exceptions.Exit:  # as --help and --version end
            pass
        except (click.ClickException, ValueError) as error:
            bad.append((place, command, getattr(error, "message", str(error))))
    return bad


def test_every_example_of_the_help_can_be_run() -> None:
    assert wrong(in_help()) == []


def test_every_command_of_an_error_or_advice_can_be_run() -> None:
    assert wrong(in_sources()) == []


def test_every_command_has_an_example() -> None:
    context = click.Context(root, info_name="doitui")
    assert [path for path, command in tree(root, context) if "Example: doitui" not in (command.help or "")] == []


def test_commands_are_found() -> None:
    assert len(list(in_help())) > 120
    found = {command for _, command in in_sources()}
    assert {"doitui init", "doitui queue list --state failed", "doitui work --drain"} <= found


@pytest.mark.parametrize(
    "line", ["doitui nope", "doitui doi list --nope", "doitui doi set-url 10.5072/x", "doi mint --state x ID"]
)
def test_a_command_that_cannot_be_run_is_found(line: str) -> None:
    assert wrong(iter([("here", line)])) != []


def next_lines(text: str) -> list[str]:
    lines = text.splitlines()
    return [line.strip() for line in lines[lines.index("next:") + 1 :]]


def test_init_names_what_comes_next(doitui: Doitui, set_up: Callable[[Doitui], None], write: Any) -> None:
    assert next_lines(doitui("init").out)[0].startswith("doitui repository set CODE")
    set_up(doitui)
    assert next_lines(doitui("init").out)[0].startswith("doitui record import")
    doitui("record", "import", write("a"))
    assert next_lines(doitui("init").out) == ["doitui doctor", "doitui status"]
