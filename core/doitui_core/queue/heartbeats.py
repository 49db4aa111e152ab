"""Which workers are alive: each sends a heartbeat every few seconds, and dead ones are removed."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from doitui_core.clock import EPOCH
from doitui_core.config import setting_checks
from doitui_core.db import database
from doitui_core.db.models import Job, Worker
from doitui_core.domain import job_kinds

#: A worker beats every 5 seconds; silent for so long it is not there.
SILENT = timedelta(seconds=30)

log = logging.getLogger("doitui.worker")


def host() -> str:
    """This host, so that a process id means something: two containers with one name have different process ids."""
    with suppress(OSError):
        return f"{socket.gethostname()}/{Path('/proc/self/ns/pid').readlink()}"
    return socket.gethostname()


def new_name() -> str:
    """A name for a worker of this process: host, process id, and two bytes that tell its runs apart."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(2)}"


def send_heartbeat(name: str) -> None:
    """Note that the worker `name`, this process, is alive, and which secrets it cannot read: its environment is not
    that of whoever asks. Remove the dead of this host.
    """
    unreadable = setting_checks.dump(setting_checks.unreadable_secrets())
    with database.write():
        now = database.now()
        started = {"name": name, "host": host(), "pid": os.getpid(), "started_at": now}
        Worker.insert(**started, seen_at=now, unreadable=unreadable).on_conflict(
            conflict_target=[Worker.name], update={Worker.seen_at: now, Worker.unreadable: unreadable}
        ).execute()
        reap_dead()


def alive() -> Any:
    """In SQL: whether a worker is there. One that was seen in times to come was seen by a clock that was ahead."""
    now = database.now()
    return (Worker.seen_at >= now - SILENT) & (Worker.seen_at <= now + SILENT)


def may_run(row: Worker) -> bool:
    """Whether a worker that was heard may still run: on this host its process tells, killed ones do not run."""
    return row.host != host() or _alive(row.pid)


def reap_dead() -> None:
    """Forget workers of this host whose process is gone, and make their jobs due. Inside `database.write()`.

    A process id that does not exist proves death; one that exists proves nothing, then the lease has to run out.
    """
    dead = [row.name for row in Worker.select().where(Worker.host == host()) if not _alive(row.pid)]
    if dead:
        freed = release_orphans(dead)
        Worker.delete().where(Worker.name.in_(dead)).execute()
        log.warning("%s died; %d of its jobs are taken up again", ", ".join(dead), freed)


def release_orphans(dead: Sequence[str]) -> int:
    """Make the jobs of workers that are known to be dead due at once; how many. Their attempts stay counted."""
    with database.joining():
        return int(
            Job.update(lease_until=EPOCH)
            .where(
                Job.status == str(job_kinds.JobStatus.PROCESSING), Job.worker.in_(list(dead)), Job.lease_until > EPOCH
            )
            .execute()
        )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is there, and somebody else's
    return not _zombie(pid)


def _zombie(pid: int) -> bool:
    """Dead, but not yet collected by its parent (in a container without an init it never is). Linux only."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    return False
