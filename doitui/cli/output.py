"""How commands print: JSON or lines, without control characters from titles, ids and answers.

If the reader of stdout has gone (`| head`), only the printing ends: the exit code still reports what was done.
"""

from __future__ import annotations

import json
import logging
import os
import select
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

from doitui_core.domain import strict_json
from doitui_core.domain.database_urls import without_passwords
from doitui_core.text import plain, replace_unprintable


class SafeLine(str):
    """A line whose control characters are ours: colours and tabs (`tables`)."""


def say(message: str) -> None:
    """One line on stderr."""
    try:
        click.echo(plain(without_passwords(" ".join(message.split()))), err=True)
    except BrokenPipeError:
        _close(sys.stderr)


class _Say(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage())


def say_waits() -> None:
    """Print what commands wait for (the logger `doitui.wait`) on stderr; a second call changes nothing."""
    log = logging.getLogger("doitui.wait")
    if not log.handlers:
        log.addHandler(_Say())


def say_first(lines: Sequence[str], most: int, rest: str) -> None:
    """The first `most` lines on stderr, then how many more there are, followed by `rest`."""
    for line in lines[:most]:
        say(line)
    if len(lines) > most:
        say(f"… and {len(lines) - most} more{rest}")


def show(document: Any, as_json: bool, lines: Iterable[str]) -> bool:
    """Print `document` as JSON, or `lines`. False: the reader of stdout has gone."""
    try:
        if as_json:
            click.echo(json_text(document))
        else:
            for line in lines:
                click.echo(line if isinstance(line, SafeLine) else plain(line))
    except BrokenPipeError:
        _close(sys.stdout)
        return False
    except OSError:  # a full disk: reported once, not again when the buffer is flushed at exit
        _close(sys.stdout)
        raise
    return True


def show_each(
    name: str, rows: Iterable[Mapping[str, Any]], as_json: bool, lines: Callable[[Any], Iterable[str]]
) -> None:
    """Print `rows` as they come: as JSON, the list `name` of an object, or the `lines` of each.

    All rows are taken, whether or not somebody reads the output.
    """
    read, before = True, f'{{\n  "{name}": [\n'
    for row in rows:  # which may raise before there is a first one
        if as_json:
            text = before + textwrap.indent(json_text(row), "    ")
            before = ",\n"
        else:
            text = "".join(f"{plain(line)}\n" for line in lines(row))
        read = read and _print(text)
    if read and as_json:
        _print("\n  ]\n}\n" if before == ",\n" else f"{before}  ]\n}}\n")


def _print(text: str) -> bool:
    """Print without a line end. False: the reader of stdout has gone."""
    try:
        click.echo(text, nl=False)
    except BrokenPipeError:
        _close(sys.stdout)
        return False
    except OSError:
        _close(sys.stdout)
        raise
    return True


def print_text(text: str) -> None:
    """Print `text` as it is: a document for a file, or for another program."""
    _print(text)


def print_parts(parts: Iterable[str]) -> None:
    """Print a document part by part, as they come. Ends as soon as the reader of stdout has gone."""
    for part in parts:
        if not _print(part):
            return


def wait(seconds: float) -> bool:
    """Wait. False as soon as the reader of stdout has gone."""
    if sys.stdout is None:
        return False
    closed = select.poll()
    closed.register(sys.stdout.fileno(), 0)  # reports POLLHUP and POLLERR only
    return not closed.poll(seconds * 1000)


def _close(stream: Any) -> None:
    """Discard what is buffered or printed later, so that it does not raise again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def json_text(document: Any) -> str:
    """`document` as indented JSON that stdout can encode, without control characters."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    text = strict_json.dumps(document, ensure_ascii=not encoding.lower().startswith("utf"), indent=2)
    return replace_unprintable(text, lambda character: json.dumps(character)[1:-1], keep="\n")


def value(found: Any) -> str:
    """A value for people: a dash for an empty one, yes or no, a list with commas."""
    if found is None or found == "" or found == []:
        return "-"
    if isinstance(found, bool):
        return "yes" if found else "no"
    return plain(", ".join(map(str, found)) if isinstance(found, list) else str(found))


def fields(row: Mapping[str, Any]) -> list[str]:
    """One line for each name and value of `row`."""
    width = max(map(len, row))
    return [f"{name:<{width}}  {value(found)}" for name, found in row.items()]
