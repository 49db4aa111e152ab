"""The commands that pages print, and what a page says about how they are tested.

A page is Markdown. Its blocks say in their first line how they are run:

    ```sh                 in order, in one shell a page, in an empty home directory
    ```sh exit=1          this block ends with exit code 1
    ```sh background      each line is started, must print a line, and is ended with the page
    ```sh skip=REASON     not run, see `SKIPPED`; its `doitui` commands must exist
    ```text               directly after a block that is run: what it prints. `…` stands for any text, and alone on a
                          line for any lines
    ```crontab            each line runs under `env -i /bin/sh -c`, as cron does
    ```ini                a file of systemd, if it has a [Unit]
    ```logrotate          a file of logrotate

A comment `<!-- test: sandbox -->` in the page's head names what the page needs (`SERVICES`).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

#: Why a block is not run.
SKIPPED = {
    "root": "changes users, groups or system directories",
    "network": "needs a package index or another host",
    "terminal": "opens the screens; tests/terminal and tests/tui run them",
    "service": "needs a running systemd, web server or container",
    "elsewhere": "another test runs it",
    "cron": "cron runs it",
}

#: What a page may need.
SERVICES = {
    "sandbox": "DataCite is a sandbox with the account ABCD.REPO",
    "postgresql": "postgresql://doitui@db.example.org/doitui is an empty schema",
}

_FENCE = re.compile(r"^( *)```(\w+)([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_NEEDS = re.compile(r"^<!-- test: ([\w ]+) -->$", re.MULTILINE)

#: What may stand before a command.
_PREFIXES = {"sudo", "exec", "nohup", "time", "env"}


@dataclass(frozen=True)
class Block:
    """A fenced block: `kind` is its language, `options` what follows it, `line` where it begins.

    `follows`: only blank lines are between it and the block before.
    """

    kind: str
    options: dict[str, str]
    text: str
    line: int
    follows: bool

    @property
    def skipped(self) -> str:
        return self.options.get("skip", "")


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = list(_FENCE.finditer(text))
    ends = [0, *(fence.end() for fence in found)]
    return [
        _block(fence, text[: fence.start()], text[end : fence.start()]) for fence, end in zip(found, ends, strict=False)
    ]


def _block(found: re.Match[str], before: str, between: str) -> Block:
    indent, kind, options, text = found.groups()
    values = dict(word.partition("=")[::2] for word in options.split())
    text = "".join(row.removeprefix(indent) for row in text.splitlines(keepends=True))
    return Block(kind, values, text, before.count("\n") + 1, not between.strip())


def needs(page: Path) -> set[str]:
    """The services that a page needs."""
    return {word for words in _NEEDS.findall(page.read_text(encoding="utf-8")) for word in words.split()}


def doitui_commands(shell: str) -> Iterator[list[str]]:
    """The words after `doitui`, wherever it is the command in `shell`."""
    for words in _simple_commands(shell):
        rest = _without_prefixes(words)
        if rest and rest[0].rpartition("/")[2] == "doitui":
            yield rest[1:]


def _simple_commands(shell: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(shell.replace("\\\n", " ").replace("\n", " ; "), posix=True, punctuation_chars="();<>|&")
    lexer.commenters, lexer.whitespace_split = "", True
    words: list[str] = []
    for word in lexer:
        if set(word) <= set(";&|()"):
            yield words
            words = []
        else:
            words.append(word)
    yield words


def _without_prefixes(words: Sequence[str]) -> list[str]:
    rest = list(words)
    while rest:
        if rest[0] in _PREFIXES or re.fullmatch(r"\w+=.*", rest[0]):
            rest = rest[1:]
        elif rest[0] == "-u":  # sudo -u doitui doitui …
            rest = rest[2:]
        else:
            break
    for end, word in enumerate(rest):
        if word in ("<", ">", ">>"):
            return rest[:end]
    return rest


def without_comments(shell: str) -> str:
    """`shell` without the comments that end its lines."""
    return re.sub(r"(?m)(^|\s)#.*$", "", shell)


def complaint(root: click.Command, words: Sequence[str]) -> str:
    """What click would say of `doitui WORDS`, without running it; empty: nothing."""
    command, context, rest = root, click.Context(root, info_name="doitui"), list(words)
    try:
        while True:
            given, rest, _ = command.make_parser(context).parse_args(rest)
            _check_values(command, context, given)
            if not (isinstance(command, click.Group) and rest):
                break
            found = command.get_command(context, rest[0])
            if found is None:
                return f"no command {rest[0]!r} in {context.command_path}"
            command, context, rest = found, click.Context(found, info_name=rest[0], parent=context), rest[1:]
    except click.ClickException as error:
        return error.format_message()
    if isinstance(command, click.Group) and not command.invoke_without_command:
        return f"{context.command_path} needs a command"
    return f"too many arguments: {rest}" if rest else _missing(command, given)


def _check_values(command: click.Command, context: click.Context, given: dict[str, object]) -> None:
    for parameter in command.params:
        value = given.get(parameter.name or "")
        if isinstance(value, str) and isinstance(parameter.type, click.Choice) and not _is_placeholder(value):
            parameter.type.convert(value, parameter, context)


def _missing(command: click.Command, given: dict[str, object]) -> str:
    names = [p.name for p in command.params if p.required and p.name and not given.get(p.name)]
    return f"missing: {names}" if names else ""


def _is_placeholder(value: str) -> bool:
    return value.isupper() or value.startswith(("$", "{"))


def agrees(expected: str, printed: str) -> bool:
    """Whether `printed` is what a page shows. Spaces count as one; `…` is any text, alone on a line any lines."""
    return bool(re.fullmatch(_pattern(expected), "".join(f"{line}\n" for line in _lines(printed)), re.DOTALL))


def _pattern(expected: str) -> str:
    parts = []
    for line in _lines(expected):
        if line == "…":
            parts.append(r"(?:[^\n]*\n)*")
        else:
            parts.append("[^\n]*".join(map(re.escape, line.split("…"))) + "\n")
    return "".join(parts)


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.strip().splitlines()]
