"""`/heartbeat`, and `/hearthbeat` as the seeds spell it: whether database, storage and background step really work."""

from __future__ import annotations

import threading
from collections.abc import Callable

import falcon

from doitui.web.common.answers import answer_text
from doitui.web.hub.background import Background
from doitui_core.clock import Clock
from doitui_core.db import database
from doitui_core.domain.database_urls import without_passwords
from doitui_core.errors import DoituiError
from doitui_core.hub_store import body_storage
from doitui_core.hub_store.body_storage import BodyStorage
from doitui_core.hub_store.hub_database import HubDatabase

#: What a check writes, reads and deletes.
PROBE = b"doitui heartbeat"

#: Characters of a reason.
_LONGEST = 300


class HubHeartbeatResource:
    """One check at a time: many callers do not multiply what is written."""

    def __init__(self, hub: HubDatabase, storage: BodyStorage, background: Background, clock: Clock) -> None:
        self._hub = hub
        self._storage = storage
        self._background = background
        self._clock = clock
        self._lock = threading.Lock()

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """200 and `OK`; 500 and one line a fault."""
        with self._lock:
            found = [*_fault("database", self._check_database), *_fault("storage", self._check_storage)]
        found += [f"background: {_line(problem)}" for problem in self._background.problems()]
        resp.status = falcon.HTTP_500 if found else falcon.HTTP_200
        answer_text(resp, "\n".join(found) or "OK")
        resp.set_header("Cache-Control", "no-store")

    def _check_database(self) -> None:
        database.require_same()
        with self._hub.write():
            self._hub.execute("SELECT id FROM hub_token LIMIT 1").fetchall()

    def _check_storage(self) -> None:
        name = body_storage.new_name(self._clock())
        try:
            self._storage.write(name, [PROBE])
            with self._storage.open(name) as file:
                if file.read() != PROBE:
                    raise OSError(0, "what was written is not what is read")
        finally:
            self._storage.delete(name)


def _fault(what: str, check: Callable[[], None]) -> list[str]:
    try:
        check()
    except DoituiError as error:
        return [f"{what}: {_line(str(error))}"]
    except OSError as error:
        return [f"{what}: {_line(error.strerror or str(error))}"]
    except Exception as error:  # a driver's or a storage's own, which may quote what nobody may see
        return [f"{what}: {type(error).__name__}"]
    return []


def _line(text: str) -> str:
    return without_passwords(" ".join(text.split()))[:_LONGEST]
