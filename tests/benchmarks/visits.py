"""Made-up usage, the same at every run: a day of an archive, few DOIs much read and many seldom."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from doitui_core.db import raw_sql
from doitui_middleware import spool_files, spool_line

AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/66.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; rv:60.0) Gecko/20100101 Firefox/60.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/7.58.0",
    "",
)
WEIGHTS = (40, 30, 15, 12, 3)

DAY = datetime(2026, 11, 20, tzinfo=UTC)

#: Lines of one spool file.
OF_A_FILE = 30_000


def _visits(number: int, dois: int) -> Iterator[tuple[datetime, int, bool, str, str]]:
    """(when, which DOI, whether a download, address, agent), in order of time; a tenth are second clicks."""
    chance = random.Random(7)
    last: tuple[int, bool, str, str] | None = None
    for at in range(number):
        when = DAY + timedelta(seconds=at * 86_400 / number)
        if last is None or chance.random() > 0.1:
            address = f"10.{chance.randrange(4)}.{chance.randrange(64)}.{chance.randrange(1, 255)}"
            which = min(int(dois * chance.random() ** 2.5), dois - 1)
            last = which, chance.random() < 0.35, address, chance.choices(AGENTS, WEIGHTS)[0]
        yield when, *last


def log(path: Path, number: int, dois: int) -> Path:
    """A log of that many lines in counter-processor's 19 columns."""
    with path.open("w", encoding="utf-8") as file:
        for when, which, download, address, agent in _visits(number, dois):
            doi = f"10.5072/ds{which:06d}"
            page = f"downloads/file_download/{which}" if download else f"dataset/doi:{doi}"
            url = f"http://repo.example.org/stash/{page}"
            stamp = when.isoformat(timespec="seconds")
            columns = [stamp, address, "-", "-", "-", url, f"doi:{doi}", "-", "-", agent or "-", f"Title {which}"]
            file.write("\t".join([*columns, "Repo", "grid.1", "A|B", "2017-01-01", "1", "-", url, "2017"]) + "\n")
    return path


def spool(directory: Path, number: int, dois: int) -> Path:
    """A spool with that many lines, in files of processes that have ended."""
    directory.mkdir(mode=0o700)
    lines: list[bytes] = []
    for at, (when, which, download, address, agent) in enumerate(_visits(number, dois), start=1):
        kind = spool_line.DOWNLOAD if download else spool_line.VIEW
        time, actor = int(when.timestamp() * 1_000_000), f"{hash(address) & (1 << 96) - 1:024x}"
        page = f"/records/{which}/files/1" if download else f"/records/{which}"
        lines.append(
            spool_line.encode(
                spool_line.Hit(time, "hollin", kind, "object_id", str(which), page, 200, "address", actor, agent)
            )
        )
        if at % OF_A_FILE == 0 or at == number:
            (directory / spool_files.new_name(1, at)).write_bytes(b"".join(lines))
            lines.clear()
    return directory


def findable_dois(repository_id: int, number: int) -> None:
    """Records `0`, `1` … with findable DOIs; inside `database.write()`."""
    numbers = range(1, number + 1)
    records = [(at, repository_id, str(at - 1), "{}", "x", 1, 1) for at in numbers]
    raw_sql.insert(
        "record", ("id", "repository_id", "object_id", "metadata", "content_hash", "created_at", "updated_at"), records
    )
    dois = [(at, f"10.5072/{at}", f"10.5072/{at}", repository_id, at, "findable", 1, 1) for at in numbers]
    columns = ("id", "doi", "folded", "repository_id", "record_id", "remote", "created_at", "updated_at")
    raw_sql.insert("doi", columns, dois)
