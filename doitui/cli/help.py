"""`doitui help`, `completion` and `man`: how to use the commands, for people, shells and `man`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import click

from doitui.cli.output import print_text
from doitui.cli.session import Session, writes
from doitui_core import __version__
from doitui_core.errors import Misconfigured
from doitui_core.text import plural


@click.command()
@click.argument("words", nargs=-1, metavar="[COMMAND...]")
@click.pass_context
def help(context: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of a command.

    Example: doitui help doi mint
    """
    found = context.find_root()
    for word in words:
        command = found.command
        child = command.get_command(found, word) if isinstance(command, click.Group) else None
        if child is None:
            known = command.list_commands(found) if isinstance(command, click.Group) else []
            more = f"Use: {', '.join(known)}" if known else "it has no commands"
            raise click.UsageError(f'Unknown command "{word}" of {found.command_path}. {more}', found)
        found = click.Context(child, parent=found, info_name=word, **child.context_settings)
    print_text(f"{found.get_help()}\n")


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes commands and options in a shell.

    For bash add to ~/.bashrc: eval "$(doitui completion bash)". For zsh the same with zsh, in ~/.zshrc. For fish write
    it to ~/.config/fish/completions/doitui.fish.

    Example: doitui completion bash
    """
    from click import shell_completion

    found = shell_completion.get_completion_class(shell)
    assert found is not None, "click has these three"
    script = found(context.find_root().command, {}, "doitui", "_DOITUI_COMPLETE")
    print_text(script.source_template % script.source_vars())


@click.command()
@click.option(
    "--target",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Directory, such as ~/.local/share/man/man1.",
)
@writes
def man(session: Session, target: Path) -> None:
    """Write a man page for each command into a directory. Requires pip install 'doitui[man]'.

    Example: doitui man --target ~/.local/share/man/man1
    """
    pages = list(_pages(click.get_current_context().find_root()))
    if not session.dry_run:
        target.mkdir(parents=True, exist_ok=True)
        for name, text in pages:
            (target / name).write_text(text, encoding="utf-8")
    line = f"{plural(len(pages), 'man page')} {session.would}written to {target}"
    session.show({"target": str(target), "pages": [name for name, _ in pages]}, [line])


def _pages(context: click.Context) -> Iterator[tuple[str, str]]:
    """(file name, content) of the page of a command, and of those of its subcommands."""
    try:
        from click_man.core import generate_man_page
    except ModuleNotFoundError as error:
        raise Misconfigured("man pages need a package: pip install 'doitui[man]'") from error

    command = context.command
    children = {}
    if isinstance(command, click.Group):
        found = {name: command.get_command(context, name) for name in command.list_commands(context)}
        children = {name: child for name, child in found.items() if child is not None and not child.hidden}
        # click-man reads this mapping, which a group that loads its commands does not fill
        command = click.Group(command.name, children, params=command.params, help=command.help)
    own = click.Context(command, parent=context.parent, info_name=context.info_name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Click, which click-man does not follow yet
        text = generate_man_page(own, version=__version__)
    yield f"{own.command_path.replace(' ', '-')}.1", text
    for name, child in children.items():
        yield from _pages(click.Context(child, parent=own, info_name=name))
