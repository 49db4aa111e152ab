"""`doitui doi adopt`: take over DOIs that exist at DataCite already."""

from __future__ import annotations

from typing import Any

import click

from doitui.cli import exits
from doitui.cli.items import each
from doitui.cli.options import owner_option
from doitui.cli.output import say
from doitui.cli.progress import progress
from doitui.cli.session import Session, writes
from doitui_core.text import plural


@click.command()
@click.argument("dois", nargs=-1, metavar="[DOI...]")
@click.option("--prefix", default="", metavar="P", help="Only DOIs under this prefix (default: all of the account).")
@click.option(
    "--assume-registered",
    "assume",
    is_flag=True,
    help="Mark imported DOIs of published records as registered, uncertain until DataCite was asked.",
)
@owner_option
@writes
def adopt(session: Session, dois: tuple[str, ...], prefix: str, assume: bool, code: str | None) -> None:
    """Take over DOIs that exist in your account at DataCite; without DOI all of them.

    Without DOI, the account is listed: each DOI gets its state at DataCite, and one without a record here a new record
    with DataCite's metadata. Content of records here never changes. An interrupted run continues with the same command.
    With DOIs, only the state of those is stored; replace their content with `doi mint` or `doi update`.

    Example: doitui doi adopt --prefix 10.5072
    """
    if dois and (prefix or assume or code):
        raise click.UsageError("give DOIs, or --prefix, --assume-registered and --repository")
    if dois:
        _adopt_each(session, dois)
        return
    with session.database():
        if assume:
            _assume(session, prefix, code)
        else:
            _adopt_account(session, prefix, code)


def _adopt_each(session: Session, dois: tuple[str, ...]) -> None:
    from doitui_core.operations import adoption

    def act(text: str) -> dict[str, Any]:
        row = adoption.adopt(text, actor=session.actor, dry_run=session.dry_run)
        line = f"{row.doi}: {session.would}taken over as {row.remote}"
        return {"id": text, "doi": row.doi, "status": row.status, "line": line}

    each(session, dois, act)


def _adopt_account(session: Session, prefix: str, code: str | None) -> None:
    from doitui_core.config import repositories
    from doitui_core.operations import adopt_account

    result = adopt_account.AdoptResult()

    def done(_: int) -> str:
        more = "" if session.dry_run else "; the same command continues from there"
        return f"{plural(result.done, 'DOI')} read before{more}"

    with progress("adopting", 0, done) as bar:

        def step(number: int) -> None:
            bar.length = result.total
            bar.update(number)

        adopt_account.adopt_account(
            repositories.find_or_only(code),
            result,
            prefix=prefix,
            actor=session.actor,
            dry_run=session.dry_run,
            step=step,
        )
    document = {
        "inserted": result.inserted,
        "updated": result.updated,
        "unchanged": result.unchanged,
        "continued": result.continued,
        "rejected": [{"doi": doi, "error": error} for doi, error in result.rejected.items()],
    }
    for doi, error in result.rejected.items():
        say(error if doi in error else f"{doi}: {error}")
    counts = f"{result.inserted} new, {result.updated} updated, {result.unchanged} unchanged"
    lines = [f"{plural(result.done, 'DOI')} {session.would}adopted ({counts}), {len(result.rejected)} rejected"]
    if result.continued:
        lines.append("the run continued where it was interrupted")
    session.show(document, lines)
    exits.leave_items([exits.SOME_FAILED] * len(result.rejected), result.done)


def _assume(session: Session, prefix: str, code: str | None) -> None:
    from doitui_core.config import repositories
    from doitui_core.operations import assumed

    result = assumed.assume_registered(
        repositories.find_or_only(code), prefix=prefix, actor=session.actor, dry_run=session.dry_run
    )
    document = {"assumed": result.assumed, "unchanged": result.unchanged, "foreign": result.foreign}
    lines = [f"{plural(result.assumed, 'DOI')} {session.would}marked as registered, {result.unchanged} unchanged"]
    if result.foreign:
        lines.append(f"{plural(result.foreign, 'foreign DOI')}: registered elsewhere, nothing to adopt")
    session.show(document, lines)
