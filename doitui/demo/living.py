"""The living demo: worker, site and visitors beside the screens, while DOIs are minted, fail and recover."""

from __future__ import annotations

import random
import threading

from doitui.demo import site, story
from doitui.demo.stage import Stage, StageBroken
from doitui.demo.visitors import Visitors

#: What goes wrong by itself, so that there is something to see: an answer that never comes, a server error, a refusal.
MISHAPS = (
    "POST /dois hang every=9",
    "POST /dois status status=500 every=7",
    "PUT /dois/* status status=422 every=5",
)

#: The outage a person starts: nothing of the sandbox's API answers any more.
OUTAGE = ("* /dois* status status=503",)

#: Seconds between two events of the archive's day, on average.
PAUSE = 1.5


class Living:
    """Everything that lives behind the screens."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.outage = False
        self._over = threading.Event()
        self._day = threading.Thread(target=self._live, name="archive", daemon=True)
        self._visitors: Visitors | None = None

    def start(self) -> None:
        """Raises `StageBroken` when one of its processes does not start."""
        self.stage.build(faults=MISHAPS)
        address = self.stage.start_site(site.VIEWS, site.DOWNLOADS)
        story.set_up(self.stage, landing_page=f"{address}/object/{{object_id}}")
        self.stage.run("setting", "set", "backoff_minutes", "1", quiet=True)
        story.import_records(self.stage)
        self.stage.start_worker()
        rows = self.stage.ask("record", "list", "--limit", "0")["records"]
        self._visitors = Visitors(address, [row["object_id"] for row in rows])
        self._visitors.start()
        self._day.start()

    def stop(self) -> None:
        """End all of it."""
        self._over.set()
        if self._visitors is not None:
            self._visitors.stop()
        self.stage.close()
        self._day.join(5) if self._day.is_alive() else None

    def toggle_outage(self) -> bool:
        """Begin an outage of the sandbox, or end it; whether there is one now. Raises `requests.RequestException`."""
        wanted = not self.outage
        self.stage.set_faults(OUTAGE if wanted else MISHAPS)
        self.outage = wanted
        return wanted

    def _live(self) -> None:
        """The archive's day: records are minted a few at a time, verified, changed."""
        while not self._over.wait(random.expovariate(1 / PAUSE)):
            try:
                self._one_thing()
            except StageBroken:
                continue  # the sandbox is out, or the demo is being closed

    def _one_thing(self) -> None:
        if self.stage.ask("doi", "list", "--state", "findable", "--limit", "1")["dois"] and random.random() < 0.5:
            minted = self.stage.ask("doi", "list", "--state", "findable", "--limit", "0")["dois"]
            self.stage.run("doi", random.choice(["verify", "update"]), random.choice(minted)["doi"], quiet=True)
        else:
            self.stage.run("batch", "mint", "--limit", "3", expect=None, quiet=True)
