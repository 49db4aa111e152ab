"""The live demo behind the screens: worker, site, visitors, and DOIs that are minted, fail and recover."""

from __future__ import annotations

import random
import threading

from doitui.demo import site, steps
from doitui.demo.environment import DemoEnvironment, DemoFailed
from doitui.demo.visitors import Visitors

#: Faults in normal operation: a missing answer, a server error, a rejection.
NORMAL_FAULTS = (
    "POST /dois hang every=9",
    "POST /dois status status=500 every=7",
    "PUT /dois/* status status=422 every=5",
)

#: The outage that the key o starts.
OUTAGE = ("* /dois* status status=503",)

#: Seconds between two actions, on average.
PAUSE = 1.5


class LiveDemo:
    """Runs everything behind the screens."""

    def __init__(self, environment: DemoEnvironment) -> None:
        self.environment = environment
        self.outage = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._act, name="demo", daemon=True)
        self._visitors: Visitors | None = None

    def start(self) -> None:
        """Start all processes. Raises `DemoFailed` if one does not start."""
        self.environment.build(faults=NORMAL_FAULTS)
        address = self.environment.start_site(site.VIEWS, site.DOWNLOADS)
        steps.set_up(self.environment, landing_page=f"{address}/object/{{object_id}}")
        self.environment.run("setting", "set", "backoff_minutes", "1", quiet=True)
        steps.import_records(self.environment)
        self.environment.start_worker()
        rows = self.environment.ask("record", "list", "--limit", "0")["records"]
        self._visitors = Visitors(address, [row["object_id"] for row in rows])
        self._visitors.start()
        self._thread.start()

    def stop(self) -> None:
        """End all processes and threads."""
        self._stop.set()
        if self._visitors is not None:
            self._visitors.stop()
        self.environment.close()
        self._thread.join(5) if self._thread.is_alive() else None

    def toggle_outage(self) -> bool:
        """Start or end an outage of the sandbox; return whether there is one. Raises `requests.RequestException`."""
        self.environment.set_faults(NORMAL_FAULTS if self.outage else OUTAGE)
        self.outage = not self.outage
        return self.outage

    def _act(self) -> None:
        """Mint a few records, verify or update a DOI, until `stop`."""
        while not self._stop.wait(random.expovariate(1 / PAUSE)):
            try:
                self._act_once()
            except DemoFailed:
                continue  # an outage, or the demo is being closed

    def _act_once(self) -> None:
        if self.environment.ask("doi", "list", "--state", "findable", "--limit", "1")["dois"] and random.random() < 0.5:
            minted = self.environment.ask("doi", "list", "--state", "findable", "--limit", "0")["dois"]
            self.environment.run("doi", random.choice(["verify", "update"]), random.choice(minted)["doi"], quiet=True)
        else:
            self.environment.run("batch", "mint", "--limit", "3", expect=None, quiet=True)
