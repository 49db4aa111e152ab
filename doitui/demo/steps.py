"""The steps of the headless demo, and the checks after each."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from doitui.demo.environment import DemoEnvironment

#: The tenth request that creates a DOI gets no answer.
FAULTS = ("POST /dois hang every=10 count=1",)

#: Landing pages, and a short lease, so that the time-out is settled during the demo.
LANDING_PAGE = "https://hollin.example.org/object/{object_id}"
LEASE_SECONDS = 4

#: The broken records: unreadable, or with a finding that prevents a mint.
UNREADABLE = ("cut-off.json", "not-well-formed.xml", "second-MS-0112.jsonl")
UNMINTABLE = {
    "creator_missing": "no-creators.json",
    "title_missing": "no-title.json",
    "unknown_value": "type-in-wrong-case.json",
}

#: A DOI created outside doitui, a record that is changed, and one that is withdrawn.
CREATED_OUTSIDE = "10.5072/hollin-tide-model"
CHANGED = "MS-0113"
WITHDRAWN = "OBJ-0003"


@dataclass(frozen=True, slots=True)
class DemoCheck:
    """A result of the demo, compared with the expected one."""

    what: str
    expected: Any
    found: Any

    @property
    def ok(self) -> bool:
        """Whether they are equal."""
        return bool(self.expected == self.found)


def run(demo: DemoEnvironment) -> list[DemoCheck]:
    """Run all steps."""
    checks: list[DemoCheck] = []
    for step in STEPS:
        heading = (step.__doc__ or "").strip().splitlines()[0]
        demo.say(f"\n── {heading}")
        checks += step(demo)
    return checks


def set_up(demo: DemoEnvironment, landing_page: str = LANDING_PAGE) -> list[DemoCheck]:
    """Create the database and a repository with its prefix, account and landing pages"""
    demo.run("init")
    demo.run(
        *("repository", "set", "h", "--prefix", "10.5072", "--account", "DEMO.REPO", "--url", demo.url),
        *("--password-file", str(demo.directory / "password"), "--landing-page", landing_page),
    )
    demo.run("setting", "set", "lease_seconds", str(LEASE_SECONDS))
    return []


def import_records(demo: DemoEnvironment) -> list[DemoCheck]:
    """Import JSON lines, DataCite JSON and DataCite XML: bad files are reported, the others imported"""
    files = sorted(path for path in demo.records.rglob("*") if path.is_file())
    files.sort(key=lambda path: "broken" in path.parts)
    demo.run("record", "import", *map(str, files), expect=1)
    again = json.loads(demo.run("record", "import", *map(str, files), "--json", expect=1, quiet=True))
    rejected = tuple(sorted(row["place"].rpartition("/")[2].partition(":")[0] for row in again["rejected"]))
    codes = {row["code"] for row in again["findings"] if row["level"] == "error"}
    return [
        DemoCheck("unreadable files are reported", UNREADABLE, rejected),
        DemoCheck("records DataCite would reject are reported by field", set(UNMINTABLE), codes),
        DemoCheck("importing again creates no second record", 0, again["created"]),
    ]


def mint(demo: DemoEnvironment) -> list[DemoCheck]:
    """Mint with two workers: one request gets no answer, one DOI exists already"""
    demo.create_outside({"doi": CREATED_OUTSIDE, "titles": [{"title": "A draft created outside doitui"}]})
    demo.run("batch", "mint", "--all", expect=1)
    queued = demo.ask("status")["jobs"]["pending"]
    demo.run_workers(2, expect=(0, 1))
    after = demo.ask("status")["dois"]
    return [
        DemoCheck("at least 30 records were queued", True, queued >= 30),
        DemoCheck("all but the DOI created outside are findable", queued - 1, after["findable"]),
        DemoCheck(
            "one failed, none is pending or uncertain",
            (1, 0, 0),
            (after["failed"], after["pending"], after["uncertain"]),
        ),
    ]


def show_time_out(demo: DemoEnvironment) -> list[DemoCheck]:
    """The request without an answer: its DOI was uncertain, a probe found it, nothing was sent twice"""
    unanswered: list[str] = []
    for row in demo.ask("doi", "list", "--state", "findable", "--limit", "0")["dois"]:
        attempts = demo.ask("doi", "history", row["doi"])["attempts"] if not unanswered else []
        if any(attempt["cause"].startswith("no_answer") or attempt["outcome"] == "ambiguous" for attempt in attempts):
            unanswered.append(row["doi"])
    if unanswered:
        demo.run("doi", "history", unanswered[0])
    return [DemoCheck("one request got no answer, and its DOI is findable", 1, len(unanswered))]


def fix_the_failure(demo: DemoEnvironment) -> list[DemoCheck]:
    """Fix the failure: doitui does not overwrite a DOI it did not create, until it is adopted"""
    demo.run("queue", "list", "--state", "failed")
    causes = [job["cause"] for job in demo.ask("queue", "list", "--state", "failed")["jobs"]]
    demo.run("doi", "adopt", CREATED_OUTSIDE)
    demo.run("doi", "mint", CREATED_OUTSIDE, "--now")
    return [
        DemoCheck("the cause of the failure is shown", ["exists"], causes),
        DemoCheck("after `adopt` it can be minted", "findable", demo.ask("doi", "show", CREATED_OUTSIDE)["status"]),
    ]


def verify(demo: DemoEnvironment) -> list[DemoCheck]:
    """Verify every DOI: does DataCite have the target state and URL?"""
    dois = [row["doi"] for row in demo.ask("doi", "list", "--limit", "0")["dois"]]
    demo.run("doi", "verify", *dois, quiet=True)
    demo.say(f"\n$ doitui doi verify …   # {len(dois)} DOIs")
    demo.run_workers(2, expect=(0,))
    verified = demo.ask("doi", "list", "--state", "verified", "--limit", "0")["dois"]
    return [DemoCheck("all are verified", len(dois), len(verified))]


def change_one(demo: DemoEnvironment) -> list[DemoCheck]:
    """Change a record: its DOI is marked `changed` until DataCite has the new content"""
    record = demo.ask("record", "show", CHANGED)
    metadata = record["metadata"] | {"object_id": CHANGED, "version": "2"}
    changed = demo.directory / "changed.json"
    changed.write_text(json.dumps(metadata, ensure_ascii=False), encoding="utf-8")
    demo.run("record", "import", str(changed))
    demo.run("doi", "list", "--state", "changed")
    marked = [row["object_id"] for row in demo.ask("doi", "list", "--state", "changed")["dois"]]
    demo.run("doi", "update", record["doi"], "--now")
    left = demo.ask("doi", "list", "--state", "changed")["dois"]
    return [DemoCheck("the changed record is marked", [CHANGED], marked), DemoCheck("and its DOI updated", [], left)]


def withdraw_one(demo: DemoEnvironment) -> list[DemoCheck]:
    """Withdraw a record: its DOI becomes a tombstone, and a mint does not revive it"""
    doi = demo.ask("record", "show", WITHDRAWN)["doi"]
    demo.run("doi", "deactivate", doi, "--reason", "given back to the family", "--now")
    demo.run("doi", "mint", WITHDRAWN, expect=1)
    return [DemoCheck("the DOI is a tombstone", "tombstone", demo.ask("doi", "show", doi)["status"])]


def compare_requests(demo: DemoEnvironment) -> list[DemoCheck]:
    """Compare with the requests the sandbox received"""
    created = Counter(entry["doi"] for entry in demo.received() if entry["method"] == "POST" and entry["status"] == 201)
    dois = demo.ask("status")["dois"]
    demo.run("status")
    twice = [doi for doi, times in created.items() if times > 1]
    return [
        DemoCheck("each DOI was created once", [], twice),
        DemoCheck("as many as there are DOIs here", len(created), dois["total"]),
        DemoCheck("one tombstone, the others findable", (1, len(created) - 1), (dois["tombstone"], dois["findable"])),
        DemoCheck("no DOI is failed", 0, dois["failed"]),
    ]


#: In this order. The docstring of a step is its heading.
STEPS = (
    set_up,
    import_records,
    mint,
    show_time_out,
    fix_the_failure,
    verify,
    change_one,
    withdraw_one,
    compare_requests,
)
