"""Write docs/commands.md and docs/settings.md from what the program itself says. A test compares them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from doitui.cli.main import doitui
from doitui_core.config.settings import TABLE

HERE = Path(__file__).parent


def commands() -> str:
    """The command reference, in Markdown."""
    return "\n".join(["# Commands", "", "Made by `docs/generate.py`; do not edit.", "", *_command(doitui, "doitui")])


def _command(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(command, info_name=path)
    arguments = " ".join(p.make_metavar(context) for p in command.params if isinstance(p, click.Argument))
    yield f"## `{f'{path} {arguments}'.strip()}`"
    yield ""
    yield from (line.strip() for line in (command.help or "").strip().splitlines())
    yield ""
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    yield from (
        f"- `{', '.join([*p.opts, *p.secondary_opts])}`{_takes(p)}: {p.help or ''}".rstrip(": ") for p in options
    )
    yield ""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _command(child, f"{path} {name}")


def _takes(option: click.Option) -> str:
    if option.is_flag:
        return ""
    choices = getattr(option.type, "choices", None)
    return f" {'|'.join(choices)}" if choices else f" {option.metavar or option.type.name.upper()}"


def settings() -> str:
    """The table of settings, in Markdown."""
    rows = [
        f"| `{row.name}` | {f'`{row.default}`' if row.default else '-'} | {row.unit or '-'} | {row.help} |"
        for row in TABLE.values()
    ]
    head = [
        "# Settings",
        "",
        "Made by `docs/generate.py`; do not edit.",
        "",
        "Precedence: flag > active repository > environment (`DOITUI_<NAME>` in capitals) > global > default.",
        "A variable whose value a setting cannot have is refused by every command; a relative path is stored absolute.",
        "The log of DOIs is `DOITUI_LOG`, else `doi.log` in the user's log directory (`doitui doctor` shows it).",
        "`DATACITE_TEST_MODE=true` sets the environment to test, whatever else is said. A secret is stored as",
        "`env:NAME` or `file:PATH`.",
        "",
        "| name | default | unit | what |",
        "|---|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


PAGES = {"commands.md": commands, "settings.md": settings}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
