"""`event derive` is killed (-9) while it makes events and while it asks for agencies: the next run completes it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from doitui_core.db import database
from doitui_core.db.models import Doi, DoiAgency, Event, EventDerivation, Job
from doitui_core.dois import doi_rows, targets
from doitui_core.domain import states
from doitui_core.domain.states import Wanted
from doitui_core.records import records
from doitui_core.views import dashboard_counts

from .conftest import METADATA

#: DOIs that were minted before events existed, works that each cites, and prefixes of these.
DOIS, CITED, PREFIXES = 210, 2, 24

EVENTS = DOIS * CITED


def fill() -> None:
    with database.write():
        for number in range(DOIS):
            cited = [f"10.{1110 + (number + at) % PREFIXES}/{number}-{at}" for at in range(CITED)]
            related = [
                {"relationType": "Cites", "relatedIdentifier": doi, "relatedIdentifierType": "DOI"} for doi in cited
            ]
            record = records.save(str(number), metadata={**METADATA, "relatedIdentifiers": related}).record
            row = doi_rows.lock(targets.mint(record, Wanted.FINDABLE, actor="test").doi.id)
            facts = states.answered(doi_rows.facts(row), states.Remote.FINDABLE)
            doi_rows.write(row, facts, actor="test", action="mint", confirmed_hash=row.current_hash)


def test_killed_at_any_moment_derive_loses_and_doubles_nothing(trial: Any, wait_until: Callable[..., None]) -> None:
    trial.jobs = 0
    trial.begin("GET /ra/* latency seconds=0.05")
    fill()
    assert Doi.select().count() == DOIS
    for number in (1, EVENTS // 2):
        running = trial.run("event", "derive", "--json")
        wait_until(lambda least=number: Event.select().count() >= least, f"{number} events")
        trial.kill(running)
    for number in (1, PREFIXES // 2):
        running = trial.run("event", "derive", "--json")
        wait_until(lambda least=number: DoiAgency.select().count() >= least, f"{number} agencies")
        trial.kill(running)
    last = trial.run("event", "derive", "--json")
    said, complained = last.communicate(timeout=300)
    assert last.returncode == 0, complained
    check(json.loads(said))


def check(result: dict[str, Any]) -> None:
    assert (result["stopped"], result["failed"]) == (False, [])
    assert Event.select().count() == Job.select().where(Job.kind == "event").count() == EVENTS
    per_doi = Counter(number for (number,) in Event.select(Event.doi).tuples())
    assert (len(per_doi), set(per_doi.values())) == (DOIS, {CITED})
    assert EventDerivation.select().count() == 0
    assert DoiAgency.select().count() == PREFIXES
    unknown = {row.prefix for row in DoiAgency.select() if not row.agency}
    unlinked = {row.obj_id.split("/")[3] for row in Event.select().where(Event.link_source_id == "")}
    assert (unlinked, "10.1126" in unknown) == (unknown, False)
    stored = {f"event.{name}": number for name, number in database.counts("event.").items() if number}
    counted = {name: number for name, number in dashboard_counts.recount().items() if number}
    assert stored == {name: number for name, number in counted.items() if name.startswith("event.")}
