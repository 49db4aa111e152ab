"""Every check: OK, WARN or FAIL, what was found, and the command that fixes it.

A check never raises: an error is its finding.
"""

from __future__ import annotations

import locale
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import peewee

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database, dialects, migrations
from doitui_core.db.models import IS_KEPT, Doi, Repository
from doitui_core.domain import doi_paths, states
from doitui_core.domain.states import Verification
from doitui_core.errors import DoituiError
from doitui_core.text import list_names, plural
from doitui_core.views import (
    clock_health,
    dashboard_counts,
    doctor_files,
    doctor_hub,
    doctor_queue,
    doctor_repository,
    doctor_secrets,
    doctor_setup,
    doctor_spool,
    doctor_tombstones,
    event_health,
    service_checks,
)
from doitui_core.views.doctor_check import FAIL, OK, WARN, Check

#: Free bytes below which one is warned, and below which nothing is safe.
SCARCE, NONE_LEFT = 1_000_000_000, 100_000_000

#: DOIs, jobs and events up to which all rows are looked at without being asked to: of so many SQLite proves the
#: counters in 0.3 s.
QUICKLY_COUNTED = 200_000

#: DOIs that a check names one by one.
NAMED = 5

#: Columns and rows of the smallest terminal in which every screen shows all it has to.
NARROWEST = (80, 24)


def checks(*, online: bool = True, thorough: bool = False) -> list[Check]:
    """All of them, in the order in which they matter.

    `online`: ask DataCite whether it knows each account. `thorough`: prove the counters however long it takes.
    """
    found: list[Check] = []
    for name, check in _all(online, thorough):
        try:
            found += check()
        except (DoituiError, peewee.PeeweeException, OSError) as error:
            remedy = f"ls -ld {error.filename}" if isinstance(error, OSError) and error.filename else "doitui init"
            found.append(Check(name, FAIL, " ".join(str(error).split()), remedy))
    return found


def _all(online: bool, thorough: bool) -> Iterator[tuple[str, Callable[[], list[Check]]]]:
    yield "database", _database
    yield "counters", lambda: _counters(thorough)
    yield "disk", _disk
    yield "clock", _clock
    yield "settings", doctor_setup.settings
    yield "secrets", doctor_secrets.secrets
    yield "secrets", doctor_secrets.secret_files
    yield "token", doctor_secrets.tokens
    yield "backup", doctor_files.backups
    yield "workers", doctor_queue.workers
    yield "queue", doctor_queue.queue
    yield "DOIs", partial(_dois, thorough)
    yield "DOIs", _mismatches
    yield "tombstones", doctor_tombstones.tombstones
    rows: list[Repository] = []
    yield "repositories", lambda: _repositories(rows)
    for row in rows:
        yield f"repository {row.code}", partial(doctor_repository.checks, row, online=online, thorough=thorough)
    yield "DataCite", service_checks.outages
    yield "network", service_checks.network
    yield "rate limit", service_checks.pace
    yield "events", _events
    yield "reports", doctor_setup.reports
    yield "hub", doctor_hub.checks
    yield "mail", doctor_setup.mail
    yield "spool", doctor_spool.checks
    yield "log", doctor_setup.log
    yield "terminal", _terminal


def _database() -> list[Check]:
    opened = database.current()
    opened.db.require_same()
    newest = migrations.known()[-1].number
    found = [Check("database", OK, f"{opened.db.place}, schema {newest}, {_size(opened.db)}")]
    path = _file()
    if path is not None:
        if stat.S_IMODE(path.stat().st_mode) & 0o007:
            message = f"{path} is readable by all users of this machine"
            found.append(Check("database", WARN, message, f"chmod o-rwx {path}"))
        wal = Path(f"{path}-wal")
        if wal.is_file() and wal.stat().st_size > SCARCE:
            message = f"the write-ahead log is {_bytes(wal.stat().st_size)}: a long read in another program keeps it"
            found.append(Check("database", WARN, message, "doitui status   # after the other programs have ended"))
    return found


def _file() -> Path | None:
    dialect: Any = database.current().dialect
    return dialect.path.absolute() if isinstance(dialect, dialects.SQLite) else None


def _size(db: Any) -> str:
    if database.current().dialect.name == "sqlite":
        (pages,), (page,) = (db.execute_sql(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
        return _bytes(pages * page)
    (size,) = db.execute_sql("SELECT pg_database_size(current_database())").fetchone()
    return _bytes(size)


def _bytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _counters(thorough: bool) -> list[Check]:
    rows = {family: sum(database.counts(family).values()) for family in ("doi.", "job.", "event.")}
    if sum(rows.values()) > QUICKLY_COUNTED and not thorough:
        return [Check("counters", OK, f"{rows['doi.']:,} DOIs; not compared with the rows (--thorough compares)")]
    with database.read():
        stored = {
            family + name: number
            for family in ("doi.", "opus.", "mark.", "job.", "event.")
            for name, number in database.counts(family).items()
        }
        counted = dashboard_counts.recount()
    wrong = sorted(name for name in stored.keys() | counted.keys() if stored.get(name, 0) != counted.get(name, 0))
    if wrong:
        return [Check("counters", FAIL, f"differ from the rows: {', '.join(wrong)}", "please report this bug")]
    return [Check("counters", OK, f"match ({rows['doi.']:,} DOIs)")]


def _disk() -> list[Check]:
    path = _file()
    if path is None:
        return []
    free = shutil.disk_usage(path.parent).free
    level = FAIL if free < NONE_LEFT else WARN if free < SCARCE else OK
    remedy = "" if level == OK else f"df -h {path.parent}"
    return [Check("disk", level, f"{_bytes(free)} free at {path.parent}", remedy)]


def _clock() -> list[Check]:
    now, wrong = database.now(), clock_health.check_host()
    skew = clock_health.SKEW.seconds
    return wrong or [Check("clock", OK, f"{now:%Y-%m-%d %H:%M:%SZ}, skew below {skew} s")]


def _dois(thorough: bool) -> list[Check]:
    """DOIs that an older version made or read in, and that no request can name for sure."""
    total = sum(database.counts("doi.").values())
    if total > QUICKLY_COUNTED and not thorough:
        return [Check("DOIs", OK, f"names of {total:,} DOIs not looked at (--thorough does)")]
    odd = Doi.folded.contains("/.") | Doi.folded.contains("//") | Doi.folded.contains("%") | Doi.folded.endswith("/")
    rows = [row for row in Doi.select().where(IS_KEPT, odd).order_by(Doi.id) if doi_paths.refusal(row.doi)]
    if not rows:
        return []
    shown = list_names([row.doi for row in rows], NAMED)
    number = plural(len(rows), "DOI", grouped=True)
    message = f"{number} would be read as other DOIs in a URL, so nothing is sent: {shown}"
    row = next((row for row in rows if row.remote in states.ABSENT), None)
    remedy = f"doitui doi abandon {row.doi}" if row else "ask support@datacite.org what is registered under that name"
    return [Check("DOIs", FAIL, message, remedy)]


def _repositories(found: list[Repository]) -> list[Check]:
    """Adds all repositories to `found`; each has checks of its own."""
    found += repositories.all_repositories()
    if found:
        return []
    message = "none configured: nothing can be minted"
    remedy = "doitui repository set CODE --prefix 10.NNNN --account ABCD.REPO --password-env NAME"
    return [Check("repositories", WARN, message, remedy)]


def _mismatches() -> list[Check]:
    """DOIs that are not at DataCite what they should be, or lead to a page that is not there."""
    wrong = Doi.select().where(Doi.verification == str(Verification.MISMATCH))
    number, newest = wrong.count(), wrong.order_by(Doi.minted_at.desc(), Doi.id.desc()).first()
    if newest is None:
        return []
    dois = plural(number, "DOI differs", "DOIs differ", grouped=True)
    example = f"{newest.doi}: {newest.last_error}" if newest.last_error else newest.doi
    message = f"{dois} at DataCite or the resolver, such as {example}"
    return [Check("DOIs", WARN, message, "doitui doi list --state mismatch")]


def _events() -> list[Check]:
    found, counts = event_health.overview(), dashboard_counts.events()
    wrong = [
        Check("events", FAIL, link.wrong, doctor_setup.unsetting("events_url", _config(link.repository)))
        for link in found.links
        if link.wrong
    ]
    if found.diagnosis is not None and found.diagnosis.kept:
        # That DataCite lets only its staff write events is no fault of the set-up; that a hub refuses us may be one.
        level = OK if found.diagnosis.kept == "DataCite" else WARN
        return [*wrong, Check("events", level, found.diagnosis.message, found.diagnosis.remedy if level != OK else "")]
    if found.diagnosis is not None:
        level = FAIL if counts["failed"] or found.diagnosis.refused else WARN
        return [*wrong, Check("events", level, found.diagnosis.message, found.diagnosis.remedy)]
    if wrong or not sum(counts.values()):
        return wrong or [Check("events", OK, "none yet")]
    message = ", ".join(f"{number:,} {state}" for state, number in counts.items() if number)
    return [Check("events", OK, message + event_pace(counts["pending"], [link.per_minute for link in found.links]))]


def event_pace(pending: int, per_minute: Sequence[int]) -> str:
    """Why events that are pending take their time: said where they are more than go out in a minute."""
    slowest = min(filter(None, per_minute), default=0)
    return f"; at most {slowest:,} a minute are sent (event_rate_limit)" if pending > slowest > 0 else ""


def _config(code: str) -> Config:
    return repositories.config(repositories.find(code))


def _terminal() -> list[Check]:
    """Whether the screens fit, and can show every name."""
    if not (sys.__stdout__ and sys.__stdout__.isatty()):
        return [Check("terminal", OK, "no terminal: the TUI needs one, commands do not")]
    columns, rows = os.get_terminal_size(sys.__stdout__.fileno())
    kind, encoding = os.environ.get("TERM", ""), locale.getencoding()
    message = f"{columns}x{rows}, {_colours(kind)}, {encoding}"
    if kind in ("", "dumb"):
        message = f"TERM is {kind or 'not set'}: the TUI cannot run"
        return [Check("terminal", WARN, message, "export TERM=xterm-256color")]
    if columns < NARROWEST[0] or rows < NARROWEST[1]:
        wanted = "x".join(map(str, NARROWEST))
        return [Check("terminal", WARN, f"{message}: the TUI needs {wanted}", "stty size   # then enlarge the window")]
    if encoding.lower().replace("-", "") != "utf8":
        return [Check("terminal", WARN, f"{message}: non-Latin scripts are not shown", "export LC_ALL=C.UTF-8")]
    return [Check("terminal", OK, message)]


def _colours(kind: str) -> str:
    if os.environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "16 million colours"
    return "256 colours" if "256color" in kind else "few colours"
