"""What happens in the demo, act by act, and what must have come of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from doitui.demo.stage import Stage

#: What goes wrong: of the tenth request to make a DOI the answer never comes.
FAULTS = ("POST /dois hang every=10 count=1",)

#: The repository's landing pages, and a lease so short that the demo's time-out settles while one watches.
LANDING_PAGE = "https://hollin.example.org/object/{object_id}"
LEASE_SECONDS = 4

#: What the broken records must be named for, by the importer or by the check of mandatory fields.
UNREADABLE = ("cut-off.json", "not-well-formed.xml", "second-MS-0112.jsonl")
UNMINTABLE = {
    "creator_missing": "no-creators.json",
    "title_missing": "no-title.json",
    "unknown_value": "type-in-wrong-case.json",
}

#: This DOI, under our prefix, was made past doitui; and two records that something happens to.
MADE_BY_HAND = "10.5072/hollin-tide-model"
CHANGED = "MS-0113"
WITHDRAWN = "OBJ-0003"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold at the end."""

    what: str
    expected: Any
    found: Any

    @property
    def ok(self) -> bool:
        return bool(self.expected == self.found)


def play(stage: Stage) -> list[Check]:
    """Play all acts; what was expected and what was found."""
    checks: list[Check] = []
    for act in ACTS:
        heading = (act.__doc__ or "").strip().splitlines()[0]
        stage.say(f"\n── {heading}")
        checks += act(stage)
    return checks


def set_up(stage: Stage, landing_page: str = LANDING_PAGE) -> list[Check]:
    """A database, and a repository with its prefix, its account and its landing pages"""
    stage.run("init")
    stage.run(
        *("repository", "set", "h", "--prefix", "10.5072", "--account", "DEMO.REPO", "--url", stage.url),
        *("--password-file", str(stage.directory / "password"), "--landing-page", landing_page),
    )
    stage.run("setting", "set", "lease_seconds", str(LEASE_SECONDS))
    return []


def import_records(stage: Stage) -> list[Check]:
    """Records come in: JSON lines, DataCite JSON, DataCite XML; bad ones are named and the others go on"""
    files = sorted(path for path in stage.records.rglob("*") if path.is_file())
    files.sort(key=lambda path: "broken" in path.parts)
    stage.run("record", "import", *map(str, files), expect=1)
    again = json.loads(stage.run("record", "import", *map(str, files), "--json", expect=1, quiet=True))
    rejected = tuple(sorted(row["place"].rpartition("/")[2].partition(":")[0] for row in again["rejected"]))
    codes = {row["code"] for row in again["findings"] if row["level"] == "error"}
    return [
        Check("files that cannot be read are named", UNREADABLE, rejected),
        Check("records DataCite would refuse are named by field", set(UNMINTABLE), codes),
        Check("importing again makes no second record", 0, again["created"]),
    ]


def mint(stage: Stage) -> list[Check]:
    """DOIs are minted: two workers share the queue. One answer never comes; one DOI exists already"""
    stage.post_by_hand({"doi": MADE_BY_HAND, "titles": [{"title": "A draft that somebody made by hand"}]})
    stage.run("batch", "mint", "--all", expect=1)
    queued = stage.ask("status")["jobs"]["pending"]
    stage.work_together(2, expect=(0, 1))
    after = stage.ask("status")["dois"]
    return [
        Check("at least 30 records were queued", True, queued >= 30),
        Check("all but the one made by hand are findable", queued - 1, after["findable"]),
        Check(
            "one failed, and nothing is left open", (1, 0, 0), (after["failed"], after["pending"], after["uncertain"])
        ),
    ]


def look_at_the_time_out(stage: Stage) -> list[Check]:
    """The answer that never came: uncertain for two seconds, then asked about, found, and not sent again"""
    unanswered: list[str] = []
    for row in stage.ask("doi", "list", "--state", "findable", "--limit", "0")["dois"]:
        attempts = stage.ask("doi", "history", row["doi"])["attempts"] if not unanswered else []
        if any(attempt["cause"].startswith("no_answer") or attempt["outcome"] == "ambiguous" for attempt in attempts):
            unanswered.append(row["doi"])
    if unanswered:
        stage.run("doi", "history", unanswered[0])
    return [Check("one request went without an answer, and its DOI is findable", 1, len(unanswered))]


def fix_the_failure(stage: Stage) -> list[Check]:
    """The failure, with its cause and what to do: doitui overwrites nothing it did not make"""
    stage.run("queue", "list", "--status", "failed")
    causes = [job["cause"] for job in stage.ask("queue", "list", "--status", "failed")["jobs"]]
    stage.run("doi", "adopt", MADE_BY_HAND)
    stage.run("doi", "mint", MADE_BY_HAND, "--now")
    return [
        Check("the cause of the failure is told", ["exists"], causes),
        Check("after `adopt` it could be minted", "findable", stage.ask("doi", "show", MADE_BY_HAND)["status"]),
    ]


def verify(stage: Stage) -> list[Check]:
    """Every DOI is verified: does DataCite have it as we want it?"""
    dois = [row["doi"] for row in stage.ask("doi", "list", "--limit", "0")["dois"]]
    stage.run("doi", "verify", *dois, quiet=True)
    stage.say(f"\n$ doitui doi verify …   # {len(dois)} DOIs")
    stage.work_together(2, expect=(0,))
    verified = stage.ask("doi", "list", "--state", "verified", "--limit", "0")["dois"]
    return [Check("all are verified", len(dois), len(verified))]


def change_one(stage: Stage) -> list[Check]:
    """A record changes: its DOI is marked `changed` until DataCite has the new content"""
    record = stage.ask("record", "show", CHANGED)
    metadata = record["metadata"] | {"object_id": CHANGED, "version": "2"}
    changed = stage.directory / "changed.json"
    changed.write_text(json.dumps(metadata, ensure_ascii=False), encoding="utf-8")
    stage.run("record", "import", str(changed))
    stage.run("doi", "list", "--state", "changed")
    marked = [row["object_id"] for row in stage.ask("doi", "list", "--state", "changed")["dois"]]
    stage.run("doi", "update", record["doi"], "--now")
    left = stage.ask("doi", "list", "--state", "changed")["dois"]
    return [Check("the changed record was marked", [CHANGED], marked), Check("and updated", [], left)]


def withdraw_one(stage: Stage) -> list[Check]:
    """A record is withdrawn: its DOI becomes a tombstone, and stays one"""
    doi = stage.ask("record", "show", WITHDRAWN)["doi"]
    stage.run("doi", "deactivate", doi, "--reason", "given back to the family", "--now")
    stage.run("doi", "mint", WITHDRAWN, expect=1)
    return [Check("it is a tombstone", "tombstone", stage.ask("doi", "show", doi)["status"])]


def count_at_datacite(stage: Stage) -> list[Check]:
    """What the other side saw"""
    created = Counter(
        entry["doi"] for entry in stage.received() if entry["method"] == "POST" and entry["status"] == 201
    )
    status = stage.ask("status")
    stage.run("status")
    twice = [doi for doi, times in created.items() if times > 1]
    return [
        Check("each DOI was made once", [], twice),
        Check("as many as there are records with a DOI", len(created), status["dois"]["total"]),
        Check("one tombstone, the others findable", (1, len(created) - 1), _ends(status)),
        Check("no failure is left", 0, status["dois"]["failed"]),
    ]


def _ends(status: dict[str, Any]) -> tuple[int, int]:
    return status["dois"]["tombstone"], status["dois"]["findable"]


#: In this order; the first line of each one's docstring is its heading.
ACTS: tuple[Callable[[Stage], list[Check]], ...] = (
    set_up,
    import_records,
    mint,
    look_at_the_time_out,
    fix_the_failure,
    verify,
    change_one,
    withdraw_one,
    count_at_datacite,
)
