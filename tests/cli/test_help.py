"""Help, completion, man pages and `--spec`, of every command."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from doitui.cli.main import SECTIONS, doitui

Typed = Callable[..., Any]


def commands() -> Iterator[tuple[str, ...]]:
    """The words of every command."""
    root = click.Context(doitui)
    for name in doitui.list_commands(root):
        yield (name,)
        command = doitui.get_command(root, name)
        yield from ((name, child) for child in getattr(command, "commands", {}))


def test_the_help_has_every_command_in_its_section(typed: Typed) -> None:
    lines = typed("--help").out.splitlines()
    for title, names in SECTIONS.items():
        start = lines.index(f"{title}:")
        assert [line.split()[0] for line in lines[start + 1 : start + 1 + len(names)]] == list(names)


def test_help_shows_what_the_option_shows(typed: Typed, check_all: Callable[..., None]) -> None:
    def check(words: tuple[str, ...]) -> None:
        assert typed("help", *words).out == typed(*words, "--help").out

    check_all(check, [(), ("doi",), ("doi", "list"), ("usage-report", "submit")])


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("doi", "nope"), 'Unknown command "nope" of doitui doi. Use: abandon, '),
        (("nope",), 'Unknown command "nope" of doitui. Use: demo, '),
        (("status", "nope"), 'Unknown command "nope" of doitui status. it has no commands'),
    ],
)
def test_help_of_an_unknown_command_names_those_there_are(typed: Typed, words: tuple[str, ...], problem: str) -> None:
    done = typed("help", *words)
    assert (done.code, problem in done.complaint) == (2, True)


def test_an_example_can_be_copied(typed: Typed) -> None:
    (line,) = (line for line in typed("help", "repository", "set").out.splitlines() if "Example:" in line)
    assert line.endswith("--landing-page 'https://archive.example.org/{object_id}'")


def test_spec_describes_every_command(typed: Typed, check_all: Callable[..., None]) -> None:
    def check(words: tuple[str, ...]) -> None:
        found = typed(*words, "--spec").json
        assert found["command"] == " ".join(("doitui", *words))
        assert found["exit_codes"]["4"] == "a remote service is unreachable"
        assert all(param["name"] for param in found["params"])

    check_all(check, [(), *commands()])


def test_spec_has_names_defaults_and_choices(typed: Typed) -> None:
    params = {param["name"]: param for param in typed("queue", "list", "--spec").json["params"]}
    assert params["state"]["opts"] == ["--state", "--status"]
    assert params["service"]["type"]["choices"] == ["dois", "events", "reports"]
    assert params["limit"]["default"] == 100


def test_spec_is_not_in_the_help(typed: Typed) -> None:
    assert "--spec" not in typed("doi", "list", "--help").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_by_the_printed_script(typed: Typed, shell: str) -> None:
    assert "_DOITUI_COMPLETE" in typed("completion", shell).out


def test_bash_completes_commands_and_options(typed: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The script is sourced by a real bash; what it would call is the command of this process."""
    script = tmp_path / "completion.bash"
    script.write_text(typed("completion", "bash").out, encoding="utf-8")
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    for words, wanted in (("doitui qu", "queue"), ("doitui queue l", "list"), ("doitui queue list --st", "--status")):
        monkeypatch.setenv("_DOITUI_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
        assert f"plain,{wanted}" in typed().out


def test_every_command_has_a_man_page(typed: Typed, tmp_path: Path) -> None:
    done = typed("man", "--target", tmp_path / "man1")
    assert done.code == 0, done.err
    pages = {path.name for path in (tmp_path / "man1").iterdir()}
    assert pages == {"doitui.1", *(f"{'-'.join(('doitui', *words))}.1" for words in commands())}
    text = (tmp_path / "man1" / "doitui-doi-list.1").read_text(encoding="utf-8")
    assert text.startswith('.TH "DOITUI DOI LIST" "1"')


def test_a_dry_run_writes_no_man_page(typed: Typed, tmp_path: Path) -> None:
    assert "would be written" in typed("man", "--target", tmp_path / "man1", "--dry-run").out
    assert not (tmp_path / "man1").exists()
