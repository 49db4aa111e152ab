"""Access logs into the database: hits like those of the spool, so that history before the middleware counts too.

A day of a repository has one source. Lines of days that the middleware covers, or whose hits are pruned, are refused.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from urllib.parse import unquote

from doitui_core.config import settings
from doitui_core.db import database
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import Repository
from doitui_core.domain.counter_terms import ROBOT
from doitui_core.errors import Misconfigured
from doitui_core.usage import access_log, countries, hits, log_lines, seen_logs
from doitui_core.usage.access_log import Entry, Read, ReadOptions
from doitui_core.usage.agents import load
from doitui_core.usage.count_logs import NAMED
from doitui_core.usage.counter import Reason
from doitui_core.usage.log_lines import BadLine
from doitui_core.usage.seen_logs import LogProgress
from doitui_core.usage.shared_address import Addresses
from doitui_core.usage.subjects import Found, Subjects
from doitui_core.usage.unmatched import Unmatched
from doitui_core.usage.zone import HOURS_A_DAY, date_of
from doitui_middleware import spool_url
from doitui_middleware.spool_line import DOI, LONGEST_URL, OBJECT_ID

#: Lines in one transaction.
BATCH = 5_000

#: Bytes of an actor's hash, as in the spool.
HASH_BYTES = 12


@dataclass(frozen=True, kw_only=True)
class LogImportOptions(ReadOptions):
    """How logs are imported. `key`: what actors are hashed with; the same for all logs of a repository.

    `again`: also what was imported before, since other lines match now. What counts is a double click of itself.
    """

    key: bytes
    dry_run: bool = False
    again: bool = False


@dataclass
class LogImportResult:
    """What became of one log. `hits` by reason; `refused`: lines by day; `already`: bytes imported before.

    `bad`: the first of the rejected lines, place and why. `warning`: what makes it all doubtful, empty for nothing.
    `unmatched`: ids without a record here or without a minted DOI.
    """

    path: Path
    already: int = 0
    lines: int = 0
    other: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    bad: list[tuple[str, str]] = field(default_factory=list)
    warning: str = ""
    unmatched: Unmatched = field(default_factory=Unmatched)


def import_logs(
    paths: Sequence[Path],
    repository: Repository,
    options: LogImportOptions,
    step: Callable[[int], None] = lambda _: None,
) -> list[LogImportResult]:
    """Import what is new in each of `paths`; `recount.due` counts it. `step` is called with 1 after each file.

    Raises `BadInput` for files and patterns that cannot be used, `Misconfigured` for settings; bad lines stop nothing.
    """
    run = _Run(repository, options)
    results = []
    for path in paths:
        results.append(run.file(path))
        step(1)
    return results


class _Run:
    """One call, over several files."""

    def __init__(self, repository: Repository, options: LogImportOptions) -> None:
        found = settings.load(repository.id, active=repository.active)
        self._repository = repository
        self._options = options
        self._agents = load(str(found.get("robots_file")))
        self._country = countries.reader(str(found.get("country_database")))
        self._zone = hits.current_zone()
        self._subjects = Subjects()

    def file(self, path: Path) -> LogImportResult:
        result = LogImportResult(path)
        progress = seen_logs.begin(path, self._repository.id, again=self._options.again)
        if progress is None:
            return result
        result.already = progress.length
        addresses = Addresses()
        with log_lines.opened(path) as file:
            number = seen_logs.skip(file, progress)
            read: Read | None = None
            for lines in in_chunks(log_lines.lines(file), BATCH):
                sample = next((line for line in lines if not line.startswith(b"#")), None)
                if read is None and sample is not None:
                    read = access_log.reader(self._options.form_of(sample), self._options)
                following = number + len(lines)
                entries = _entries(lines, number, read, result) if read else []
                addresses.add(entry.address for entry in entries if self._is_visit(entry))
                progress.take(lines)
                self._write(entries, progress, result)
                number = following
        result.warning = addresses.warning()
        return result

    def _is_visit(self, entry: Entry) -> bool:
        return entry.request is not None and self._agents.classify(entry.agent) != ROBOT

    def _write(self, entries: list[Entry], progress: LogProgress, result: LogImportResult) -> None:
        useful = [entry for entry in entries if entry.request is not None]
        result.other += len(entries) - len(useful)
        rows = self._rows(useful)
        for entry, row in zip(useful, rows, strict=True):
            result.unmatched.note(row[hits.REASON], entry.key)
        if self._options.dry_run:
            result.hits += Counter(row[hits.REASON] for row in self._allowed(rows, result))
            return
        with database.write():
            result.hits += hits.store(self._allowed(rows, result), self._zone)
            progress.store()

    def _day(self, row: hits.Row) -> int:
        return self._zone.hour(row[hits.AT]) // HOURS_A_DAY

    def _allowed(self, rows: list[hits.Row], result: LogImportResult) -> list[hits.Row]:
        """`rows` without those of days that are closed to logs."""
        days = sorted({(self._repository.id, self._day(row)) for row in rows})
        sources = hits.day_sources(days)
        closed = {day for (_, day), (source, frozen) in sources.items() if frozen or source != hits.LOG}
        result.refused += Counter(str(date_of(day)) for day in map(self._day, rows) if day in closed)
        return [row for row in rows if self._day(row) not in closed] if closed else rows

    def _rows(self, entries: list[Entry]) -> list[hits.Row]:
        code = self._repository.code
        subjects = [(code, DOI if entry.is_doi else OBJECT_ID, entry.key) for entry in entries]
        known = self._subjects.find(subjects)
        rows: list[hits.Row] = []
        for entry, subject in zip(entries, subjects, strict=True):
            found, agent = known[subject], self._agents.classify(entry.agent)
            if found.repository_id != self._repository.id:
                found = Found(self._repository.id, 0, Reason.UNKNOWN_ID.value)
            rows.append(
                [
                    entry.time,
                    self._repository.id,
                    found.doi_id,
                    "" if found.doi_id else entry.key,
                    int(bool(entry.request)),
                    agent,
                    self._actor(entry),
                    _stored_url(entry.url),
                    self._country(entry.address),
                    hits.LOG,
                    Reason.ROBOT.value if agent == ROBOT else found.reason_at(entry.time),
                ]
            )
        return rows

    def _actor(self, entry: Entry) -> str:
        who = entry.who
        if entry.kind == "address":
            who = f"{who}\t{entry.agent}\t{self._zone.hour(entry.time)}"
        data = f"{entry.kind}\t{who}".encode("utf-8", "replace")
        return blake2b(data, digest_size=HASH_BYTES, key=self._options.key).hexdigest()


def _entries(lines: list[bytes], before: int, read: Read, result: LogImportResult) -> list[Entry]:
    """The entries of `lines`, `before` of which came earlier. Drops a last line that is still being written."""
    entries: list[Entry] = []
    for at, line in enumerate(lines):
        if line.startswith(b"#"):
            continue
        try:
            entry = read(line)
        except BadLine as error:
            if not line.endswith(b"\n"):
                del lines[at:]  # read by the next import
                break
            result.rejected += 1
            if len(result.bad) < NAMED:
                result.bad.append((f"{result.path}:{before + at + 1}", str(error)))
            entry = None
        result.lines += 1
        if entry is not None:
            entries.append(entry)
    return entries


def _stored_url(url: str) -> str:
    """`url` as the spool has it: without parameters that carry secrets."""
    address, _, query = url.partition("?")
    if not query and len(url) <= LONGEST_URL:
        return url
    host, path = ("", address) if address.startswith("/") else _split(address)
    return host + spool_url.stored_url(unquote(path, "latin-1"), query)


def _split(address: str) -> tuple[str, str]:
    start = address.find("/", address.find("://") + 3)
    return (address[:start], address[start:]) if start > 0 else (address, "")


def read_key(place: Path, *, make: bool = True) -> bytes:
    """The key in the file at `place`, 32 bytes; made there (mode 0600) when there is none, or only for now.

    Outside the database, so that who has only that cannot try addresses. Raises `Misconfigured`.
    """
    try:
        if make:
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with (
                suppress(FileExistsError),
                os.fdopen(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file,
            ):
                file.write(secrets.token_hex(32))
        return bytes.fromhex(place.read_text(encoding="ascii")) if make or place.exists() else secrets.token_bytes(32)
    except (OSError, ValueError) as error:
        raise Misconfigured(f"the key of imported logs {place} cannot be used: {error}") from error
