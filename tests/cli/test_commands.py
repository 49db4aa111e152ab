"""The commands of INTERFACE 2 exist, and follow the conventions of INTERFACE 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import click

from doitui.cli.main import doitui


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from walk(child, (*path, name))


TREE = dict(walk(doitui))
COMMANDS = {" ".join(path): command for path, command in TREE.items() if not isinstance(command, click.Group)}


def options(name: str) -> set[str]:
    return {option for parameter in COMMANDS[name].params for option in (*parameter.opts, *parameter.secondary_opts)}


#: Commands and the options they are promised with.
PROMISED = {
    "init": "",
    "status": "--watch",
    "work": "--drain --threads --limit --every",
    "sandbox": "--port --prefix --account --state --fault",
    "demo": "--headless --dir",
    "repository set": "--prefix --account --url --password-env --password-file --environment --publisher"
    " --landing-page --active --inactive",
    "repository list": "",
    "repository show": "",
    "repository remove": "",
    "setting get": "--repository",
    "setting set": "--repository --stdin",
    "setting unset": "--repository",
    "setting list": "--repository",
    "record import": "--format --repository --doi --object-id --published --unpublished",
    "record harvest": "--prefix --set --from --repository --object-id",
    "record list": "--limit --after",
    "record show": "",
    "doi list": "--state --repository --query --limit --after",
    "doi show": "",
    "doi history": "",
    "doi reserve": "",
    "doi mint": "--now --state",
    "doi update": "--now",
    "doi verify": "--now",
    "doi deactivate": "--now --reason --successor",
    "doi tombstone-page": "--out",
    "batch mint": "--repository --limit --all --state",
    "queue list": "--status --cause --limit --after",
    "report causes": "--format --limit",
    "queue show": "",
    "queue retry": "--cause --all",
    "queue cancel": "",
    "metrics backfill": "",
    "metrics list": "",
    "metrics export": "",
    "metrics set": "--version --active --inactive",
}

#: They write or send; the demo and the sandbox only to places of their own.
WRITING = (
    "init",
    "work",
    "repository set",
    "repository remove",
    "setting set",
    "setting unset",
    "record import",
    "record harvest",
    "doi reserve",
    "doi mint",
    "doi update",
    "doi verify",
    "doi deactivate",
    "doi adopt",
    "batch mint",
    "queue retry",
    "queue cancel",
    "metrics backfill",
    "metrics set",
)


def test_a_promised_command_has_its_promised_options(check_all: Callable[..., None]) -> None:
    def check(name: str) -> None:
        assert set(PROMISED[name].split()) <= options(name)

    check_all(check, PROMISED)


def test_every_command_and_group_has_help_with_an_example(check_all: Callable[..., None]) -> None:
    def check(path: tuple[str, ...]) -> None:
        example = " ".join((TREE[path].help or "").split()).partition("Example: doitui ")[2]
        assert " ".join(path) in example.replace("--database sqlite:///archive.db ", "")
        assert example

    check_all(check, TREE)


def test_every_command_that_prints_has_json(check_all: Callable[..., None]) -> None:
    def check(name: str) -> None:
        assert "--json" in options(name)

    # All but the first two print a document, or a text for people or shells.
    without = ("sandbox", "tui", "metadata convert", "doi export", "help", "completion")
    check_all(check, [name for name in COMMANDS if name not in without])


def test_every_command_that_writes_has_a_dry_run(check_all: Callable[..., None]) -> None:
    def check(name: str) -> None:
        assert "--dry-run" in options(name)

    check_all(check, WRITING)


def test_every_long_list_has_pages(check_all: Callable[..., None]) -> None:
    def check(name: str) -> None:
        if name not in ("repository list", "setting list", "metrics list"):  # as short as the set-up
            assert {"--limit", "--after"} <= options(name)

    check_all(check, [name for name in COMMANDS if name.endswith(" list")])


def test_every_option_says_what_it_does(check_all: Callable[..., None]) -> None:
    def check(name: str) -> None:
        silent = [p.name for p in COMMANDS[name].params if isinstance(p, click.Option) and not p.help]
        assert silent == []

    check_all(check, COMMANDS)
