"""Tombstone pages as files, for a web server: the setting `tombstone_page_directory`.

The page of 10.5072/h/ms-1 is DIRECTORY/10.5072/h/ms-1/index.html: a server that serves the directory at
`tombstone_page_base` finds it there. A worker writes it when DataCite has confirmed the deactivation, and removes it
after a restore. What could not be written then, `write_all` writes.
"""

from __future__ import annotations

import logging
import secrets
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import peewee

from doitui_core import draft_files
from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import chunks
from doitui_core.db.models import Doi, Record
from doitui_core.dois import tombstone_page
from doitui_core.domain.states import DoiStatus
from doitui_core.errors import BadInput, DoituiError

log = logging.getLogger("doitui.worker")

SETTING = "tombstone_page_directory"

FILE = "index.html"

#: What DataCite takes in a DOI, besides letters and digits. A server finds such a file by the DOI as it is.
AS_IT_IS = "-._;():*~$="

#: Modes of pages and their directories. They are public: the umask of a worker must not hide them.
PAGE_MODE, DIRECTORY_MODE = 0o644, 0o755

#: DOIs read at once; failures that are kept.
CHUNK, MOST_FAILURES = 500, 1000


@dataclass
class PagesWritten:
    """What `write_all` did. `failures`: (DOI, reason) of the first ones; `skipped`: codes of repositories without a
    directory.
    """

    written: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def place(directory: Path, doi: str) -> Path:
    """The file of the page of `doi`, always below `directory`."""
    return directory.joinpath(*map(_name, doi.split("/")), FILE)


def _name(segment: str) -> str:
    """The segment as the name of a directory: never hidden, `.`, `..`, empty, or that of a page."""
    name = quote(segment, safe=AS_IT_IS, errors="surrogatepass")
    if not name.startswith(".") and name.casefold() != FILE:
        return name or "%"
    return f"%{ord(name[0]):02X}{name[1:]}"


def write(directory: Path, row: Doi, config: Config, *, dry_run: bool = False) -> bool:
    """Put the page of a tombstone into its place, whole or not at all. False if it was there already.

    Raises `OSError`, also if `directory` does not exist.
    """
    page = tombstone_page.render(tombstone_page.from_row(row, config)).encode()
    target = place(directory, row.doi)
    if target.is_file() and target.read_bytes() == page:
        return False
    if not dry_run:
        _make_parents(directory, target)
        draft = target.with_name(f".{FILE}.{secrets.token_hex(4)}")
        try:
            draft_files.write(draft, [page])
            draft.chmod(PAGE_MODE)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    return True


def _make_parents(directory: Path, target: Path) -> None:
    """The directories between `directory`, which must exist, and the file. A setgid bit is inherited."""
    directory.stat()
    made = directory
    for part in target.parent.relative_to(directory).parts:
        made = made / part
        try:
            made.mkdir()
        except FileExistsError:
            continue
        made.chmod(DIRECTORY_MODE | made.stat().st_mode & stat.S_ISGID)


def remove(directory: Path, doi: str, *, dry_run: bool = False) -> bool:
    """Remove the page of a DOI that is no tombstone, and its directory; whether there was one. Raises `OSError`."""
    target = place(directory, doi)
    if not target.is_file():
        return False
    if not dry_run:
        target.unlink(missing_ok=True)
        if not any(target.parent.iterdir()):
            target.parent.rmdir()
    return True


def follow(row: Doi, config: Config) -> None:
    """After a write that DataCite confirmed: write the page of a tombstone, remove that of a restored DOI.

    A failure stops nothing. It is logged, and the doctor counts the missing pages.
    """
    directory = config.text(SETTING)
    if not directory or not row.reason:  # the reason of a tombstone stays when it is restored
        return
    try:
        _change(Path(directory), row, config)
    except (OSError, DoituiError) as error:
        log.warning(
            "%s: its tombstone page was not written: %s; `doitui doi tombstone-page --all` repeats it",
            row.doi,
            failure(error),
        )


def _change(directory: Path, row: Doi, config: Config, *, dry_run: bool = False) -> str:
    """Write or remove the page; which of the numbers of `PagesWritten` that is, empty for none."""
    if row.status == DoiStatus.TOMBSTONE:
        return "written" if write(directory, row, config, dry_run=dry_run) else "unchanged"
    return "removed" if remove(directory, row.doi, dry_run=dry_run) else ""


def failure(error: OSError | DoituiError) -> str:
    """Why a page could not be written, and where."""
    return f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else str(error)


def write_all(
    out: Path | None = None, *, dry_run: bool = False, step: Callable[[int], object] = lambda number: None
) -> PagesWritten:
    """Write the pages of all tombstones that are missing or outdated, and remove those of restored DOIs.

    `out`: the directory, instead of the setting. `step` is called with the number of DOIs done. A page that cannot be
    written does not stop the others. Raises `BadInput` without a directory, or for one that does not exist.
    """
    configs = {row.id: repositories.config(row) for row in repositories.all_repositories()}
    directories = {key: _directory(config, out) for key, config in configs.items()}
    found = PagesWritten(skipped=[configs[key].code for key, where in directories.items() if where is None])
    if len(found.skipped) == len(configs):
        raise BadInput(f"no directory for tombstone pages: give --out DIR, or set {SETTING}")
    for row in _rows():
        directory = directories[row.repository_id]
        if directory is not None:
            _count(found, row, directory, configs[row.repository_id], dry_run)
        step(1)
    return found


def _directory(config: Config, out: Path | None) -> Path | None:
    text = config.text(SETTING)
    directory = out or (Path(text) if text else None)
    if directory is not None and not directory.is_dir():
        raise BadInput(f"{directory} is not a directory: create it for the tombstone pages")
    return directory


def _count(found: PagesWritten, row: Doi, directory: Path, config: Config, dry_run: bool) -> None:
    try:
        name = _change(directory, row, config, dry_run=dry_run)
    except OSError as error:
        found.failed += 1
        if found.failed <= MOST_FAILURES:
            found.failures.append((row.doi, failure(error)))
        return
    if name:
        setattr(found, name, getattr(found, name) + 1)


def _rows() -> Iterator[Doi]:
    """All DOIs that are or were tombstones, with their records."""
    query = Doi.select(Doi, Record).join(Record, peewee.JOIN.LEFT_OUTER).where(_had_a_page())
    for some in chunks.row_chunks(query, Doi.id, CHUNK):
        yield from some


def _had_a_page() -> peewee.Expression:
    return (Doi.status == str(DoiStatus.TOMBSTONE)) | (Doi.reason != "")


def count() -> int:
    """How many DOIs `write_all` looks at."""
    return int(Doi.select().where(_had_a_page()).count())


def missing(repository_id: int, directory: Path, most: int) -> int:
    """How many tombstones of a repository have no page in `directory`; at most `most`."""
    query = Doi.select(Doi.id, Doi.doi).where(Doi.status == str(DoiStatus.TOMBSTONE), Doi.repository == repository_id)
    rows = (row for some in chunks.row_chunks(query, Doi.id, CHUNK) for row in some)
    absent = (row for row in rows if not place(directory, row.doi).is_file())
    return sum(1 for _ in islice(absent, most))
