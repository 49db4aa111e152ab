"""When the events of metadata are made: in the background, and before anybody asks for events.

Not with the write of a DOI: DataCite's own agents run later too, and many DOIs in one transaction cost a tenth of what
one by one would. A killed sandbox makes them at the next start.
"""

from __future__ import annotations

import sys
import threading

import falcon

from doitui.web.dois.store import Store
from doitui.web.sandbox.agencies import Agencies
from doitui.web.sandbox.link_events import link_events
from doitui_core.errors import DoituiError
from doitui_core.hub_store.event_store import EventStore

#: DOIs of one transaction: a write of a DOI may have to wait for it.
AT_ONCE = 100

#: Seconds between two looks in the background.
PAUSE = 1.0


class LinkDeriver:
    """Makes the events of all changed DOIs of a store."""

    def __init__(self, store: Store, events: EventStore, agencies: Agencies) -> None:
        self._store = store
        self._events = events
        self._agencies = agencies
        self._lock = threading.Lock()

    def flush(self) -> None:
        """Make what is missing now; a second caller waits for the first. Known events stay, whatever the metadata says
        now: DataCite never takes one back. Raises `DatabaseUnavailable`; the DOIs then wait for the next call.
        """
        with self._lock:
            while dois := self._store.changed.take(AT_ONCE):
                try:
                    at = self._events.hub.now()
                    found = (link_events(doi, self._agencies.of, self._store.find, at) for doi in dois)
                    self._events.refresh(event for events in found for event in events)
                    self._store.linked(dois)
                except BaseException:
                    self._store.changed.put_back(dois)
                    raise

    def run(self, stopping: threading.Event) -> None:
        """Flush now and then until `stopping` is set, and once more."""
        while not stopping.wait(PAUSE):
            self._flush_or_say()
        self._flush_or_say()

    def _flush_or_say(self) -> None:
        try:
            self.flush()
        except DoituiError as error:
            print(f"events of metadata wait: {error}", file=sys.stderr)  # noqa: T201 - the sandbox has no log


class FreshEvents:
    """Middleware: whoever asks for `/events` gets those of all metadata that was accepted before."""

    def __init__(self, deriver: LinkDeriver) -> None:
        self._deriver = deriver

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Flush before the request is answered."""
        if req.path == "/events" or req.path.startswith("/events/"):
            self._deriver.flush()
