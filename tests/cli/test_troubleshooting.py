"""Every entry of the troubleshooting lists of Heratio, OPUS 4, Event Data and Sashimi, brought about for real.

`doctor` names the cause with a command that fixes it; where the trouble is of one record or DOI, the command that meets
it does.

| entry | test |
|---|---|
| Heratio DOI: dashboard shows a set-up message instead of statistics | test_without_tables_the_set_up_is_named |
| Heratio DOI: minting fails with an authentication error: prefix | `wrong prefix` |
| … repository ID | `wrong account` |
| … password | `wrong password` |
| … environment does not match the credentials | `test points at production` |
| Heratio DOI: a DOI is stuck in the queue, or has failed | `rejected`, `no worker`, `outage` |
| Heratio DOI: events are not sent: token or credentials | `events: stale token`, `events: no credentials` |
| Heratio events: everything is pending | `events: no worker` |
| Heratio events: everything failed, HTTP 401 | `events: stale token` |
| Heratio events: everything failed, HTTP 403 | `events: no permission` |
| Heratio events: submissions are slow, rate limiter | `events: too fast` |
| Heratio events: a particular DOI is missing: not minted, unpublished | test_events_of_an_unpublished_record_say_so |
| OPUS 4: doi.registration.* is missing | `no account`, `no password` |
| OPUS 4: errors of the generation of a DOI | `generator is missing` |
| OPUS 4: required fields are missing, DataCite-XML not generated | test_a_mint_names_the_fields_that_are_missing |
| OPUS 4: document is not published | test_a_mint_of_an_unpublished_record_says_so |
| OPUS 4: a document has more than one DOI | test_a_record_with_two_dois_is_named |
| OPUS 4: a foreign DOI is not registered | test_a_foreign_doi_is_not_registered_and_named |
| OPUS 4: verification fails, the DOI does not resolve yet (24-72 h) | test_a_doi_that_does_not_resolve_yet_says_so |
| OPUS 4: URL of the landing page is not changed | test_a_landing_page_that_datacite_rejects_says_so |
| … and never can be | `landing page elsewhere` |
| OPUS 4: verification fails, the landing page is not there | `landing page is gone` |
| OPUS 4, Heratio: no answer from DataCite | test_a_time_out_says_so_and_its_doi_is_checked_by_itself |
| OPUS 4: deactivation fails | test_a_deactivation_that_fails_says_so |
| OPUS 4: notification without recipient or server | `mail without a server` |
| OPUS 4: log file opus-doi.log | `log is not writable` |
| Sashimi: no or stale token | `reports: stale token` |
| Sashimi: no permission | `reports: no permission` |
| Sashimi: 422, the report failed validation | `reports: rejected` |
| Event Data: not part of the test system | `events: not there` |

Not for doitui: Event Data keeps events of removed relations and may have duplicates, or lacks identifiers that are
neither DOI nor URL (DataCite's rule, no fault of a set-up; `doitui event pull` shows what it has); paging beyond 10,000
events (our client pages by cursor); Sashimi's 202 (accepted, read again until it is validated) and 404 (the report is
created again), parts of 50,000 datasets and compression (done by `usage-report submit`); Heratio's per-collection
accuracy metrics (not of DOIs).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox

from .conftest import PREFIXES

Doitui = Callable[..., Any]
Write = Callable[..., Path]


@dataclass(frozen=True)
class Scene:
    """What a trouble is brought about with."""

    archive: Doitui
    sandbox: Sandbox
    write: Write
    tmp_path: Path
    env: pytest.MonkeyPatch

    def account(self, **changes: Any) -> None:
        account = self.sandbox.accounts.find("demo.repo")
        assert account is not None
        self.sandbox.accounts.replace(replace(account, **changes))

    def setting(self, name: str, value: str) -> None:
        done = self.archive("setting", "set", name, value, "--repository", "h")
        assert done.code == 0, done.err

    def fault(self, *faults: str) -> None:
        self.sandbox.faults.replace(faults)

    def queued(self, *object_ids: str) -> None:
        self.archive("record", "import", self.write(*object_ids))
        self.archive("batch", "mint", "--all")

    def event(self) -> None:
        self.archive("record", "import", self.write("a"))
        self.archive("doi", "mint", "a", "--now")
        doi = self.archive("record", "show", "a", "--json").json["doi"]
        self.archive("event", "add", "--subject", doi, "--relation", "is-cited-by", "--object", "10.1000/182")

    def report(self) -> None:
        self.event()
        doi = self.archive("record", "show", "a", "--json").json["doi"]
        counts = self.tmp_path / "counts.csv"
        row = f"{doi},2025-05,total-dataset-requests,machine,7"
        counts.write_text(f"doi,month,metric_type,access_method,count\n{row}\n", encoding="utf-8")
        self.archive("usage", "import-counts", counts)
        self.archive("usage-report", "submit", "--month", "2025-05")


@dataclass(frozen=True)
class Trouble:
    """`check`: the doctor's name of it. `words` are in its message, `fix` begins the command."""

    bring: Callable[[Scene], object]
    check: str
    level: str
    words: str
    fix: str


def points_at_production(scene: Scene) -> None:
    scene.setting("datacite_url", "https://api.datacite.org")


def stale_token(scene: Scene) -> None:
    scene.event()
    scene.env.setenv("TOKEN", "stale")
    scene.setting("datacite_api_token", "env:TOKEN")
    scene.archive("event", "flush")


def no_permission(scene: Scene) -> None:
    scene.event()
    scene.archive("event", "flush")


def events(scene: Scene, fault: str) -> None:
    scene.event()
    scene.fault(f"* /events* {fault}")
    scene.archive("event", "flush")


def no_credentials(scene: Scene) -> None:
    scene.event()
    scene.setting("datacite_api_token", "env:NOWHERE")


def reports(scene: Scene, fault: str) -> None:
    scene.fault(f"* /reports* {fault}")
    scene.report()


def rejected(scene: Scene) -> None:
    scene.fault("POST /dois status status=422")
    scene.queued("a")
    scene.archive("work", "--drain")


def landing_page_gone(scene: Scene) -> None:
    scene.setting("landing_page", f"{scene.sandbox.url}/landing/{{object_id}}")
    scene.queued("a")
    scene.archive("work", "--drain")
    scene.fault("* /landing/* status status=404")
    doi = scene.archive("record", "show", "a", "--json").json["doi"]
    scene.archive("doi", "verify", doi, "--now")


def outage(scene: Scene) -> None:
    scene.fault("* /dois* status status=503")
    scene.queued(*map(str, range(20)))
    scene.archive("work", "--drain")


NEW_PASSWORD = "doitui setting set datacite_password --stdin --repository h"
NEW_TOKEN = "doitui setting set datacite_api_token --stdin"
H = "repository h"

TROUBLES = {
    "wrong prefix": Trouble(
        lambda scene: scene.account(prefixes=frozenset({PREFIXES[1]})),
        *(H, "FAIL", "does not have the prefix 10.5072", f"doitui repository set h --prefix {PREFIXES[1]}"),
    ),
    "wrong account": Trouble(
        lambda scene: scene.setting("datacite_repository_id", "DEMO.NOBODY"),
        *(H, "FAIL", "rejects account DEMO.NOBODY", NEW_PASSWORD),
    ),
    "wrong password": Trouble(
        lambda scene: scene.env.setenv("PASSWORD_OF_H", "wrong"),
        *(H, "FAIL", "whether they belong to this environment (test or production)", NEW_PASSWORD),
    ),
    "test points at production": Trouble(
        points_at_production,
        *(H, "FAIL", "api.datacite.org", "doitui setting unset datacite_url --repository h"),
    ),
    "no account": Trouble(
        lambda scene: scene.setting("datacite_repository_id", ""), H, "FAIL", "no account", "doitui repository set h"
    ),
    "no password": Trouble(
        lambda scene: scene.env.delenv("PASSWORD_OF_H"), "secrets", "FAIL", "PASSWORD_OF_H is not set", NEW_PASSWORD
    ),
    "rejected": Trouble(rejected, "queue", "WARN", "1 failed: metadata", "doitui queue retry --cause metadata-"),
    "no worker": Trouble(lambda scene: scene.queued("a"), "workers", "FAIL", "1 job waiting", "doitui work"),
    "outage": Trouble(outage, "DataCite", "FAIL", "unavailable since", "doitui status"),
    "generator is missing": Trouble(
        lambda scene: scene.env.setenv("DOITUI_GENERATOR", "no_such_package:Generator"),
        *(H, "FAIL", "no DOI can be made", "unset DOITUI_GENERATOR"),
    ),
    "landing page elsewhere": Trouble(
        lambda scene: scene.account(domains="repo.example.net"),
        *(H, "FAIL", "landing_page is at archive.example.org", "doitui repository set h --landing-page "),
    ),
    "landing page is gone": Trouble(
        landing_page_gone, "DOIs", "WARN", "the landing page is gone", "doitui doi list --state mismatch"
    ),
    "mail without a server": Trouble(
        lambda scene: scene.setting("notification_email", "ops@example.org"),
        *("mail", "WARN", "no mail server (smtp_url)", "doitui setting set smtp_url smtp://localhost:25"),
    ),
    "log is not writable": Trouble(
        lambda scene: scene.env.setenv("DOITUI_LOG", str(scene.tmp_path / "none" / "doi.log")),
        *("log", "WARN", "is not writable", "export DOITUI_LOG="),
    ),
    "events: no worker": Trouble(
        lambda scene: scene.event(), "events", "WARN", "pending and no worker is running", "doitui work"
    ),
    "events: stale token": Trouble(stale_token, "events", "FAIL", "HTTP 401", NEW_TOKEN),
    "events: no credentials": Trouble(no_credentials, "secrets", "FAIL", "NOWHERE is not set", NEW_TOKEN),
    "events: no permission": Trouble(no_permission, "events", "OK", "DataCite lets only its staff write them", ""),
    "events: too fast": Trouble(
        lambda scene: events(scene, "status status=429 seconds=600"),
        *("rate limit", "WARN", "paused by DataCite until", "doitui queue resume"),
    ),
    "events: not there": Trouble(
        lambda scene: events(scene, "status status=404"),
        "events",
        "FAIL",
        "HTTP 404",
        "doitui setting unset events_url",
    ),
    "reports: stale token": Trouble(
        lambda scene: reports(scene, "status status=401"), "reports", "FAIL", "HTTP 401", NEW_TOKEN
    ),
    "reports: no permission": Trouble(
        lambda scene: reports(scene, "status status=403"), "reports", "FAIL", "HTTP 403", NEW_TOKEN
    ),
    "reports: rejected": Trouble(
        lambda scene: reports(scene, "status status=422"),
        *("reports", "WARN", "usage report 2025-05 of h failed", "doitui usage-report submit --month 2025-05"),
    ),
}


@pytest.fixture
def scene(archive: Doitui, sandbox: Sandbox, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(archive, sandbox, write, tmp_path, monkeypatch)


@pytest.mark.parametrize("what", TROUBLES)
def test_the_doctor_names_it_with_a_command(scene: Scene, what: str) -> None:
    trouble = TROUBLES[what]
    trouble.bring(scene)
    done = scene.archive("doctor", "--json")
    found = [check for check in done.json["checks"] if check["name"] == trouble.check]
    named = [one for one in found if one["level"] == trouble.level and trouble.words in one["message"]]
    assert [one["fix"].startswith(trouble.fix) for one in named] == [True], done.out
    assert done.code == (1 if trouble.level == "FAIL" else done.code)


def test_without_trouble_none_of_it_is_named(scene: Scene) -> None:
    checks = scene.archive("doctor", "--json").json["checks"]
    named = [
        what
        for what, trouble in TROUBLES.items()
        if any(one["name"] == trouble.check and trouble.words in one["message"] for one in checks)
    ]
    assert named == []


@pytest.mark.parametrize("command", ["status", "doctor"])
def test_without_tables_the_set_up_is_named(doitui: Doitui, command: str) -> None:
    done = doitui(command)
    assert (done.code, "does not exist: run `doitui init` first" in done.complaint) == (3, True)


def test_a_mint_names_the_fields_that_are_missing(scene: Scene) -> None:
    scene.archive("record", "import", scene.write("a", creators=[]))
    done = scene.archive("doi", "mint", "a", "--now")
    assert (done.code, "creators: required by DataCite, missing" in done.complaint) == (1, True), done


def test_a_mint_of_an_unpublished_record_says_so(scene: Scene) -> None:
    scene.archive("record", "import", scene.write("a"))
    scene.archive("record", "unpublish", "a")
    done = scene.archive("doi", "mint", "a", "--now")
    assert (done.code, "not published" in done.complaint) == (1, True), done


def test_events_of_an_unpublished_record_say_so(scene: Scene) -> None:
    scene.event()
    scene.archive("record", "unpublish", "a")
    scene.archive("event", "flush")
    found = [one for one in scene.archive("doctor", "--json").json["checks"] if one["name"] == "events"]
    assert ["its record is not published" in one["message"] for one in found] == [True], found
    assert found[0]["fix"] == "doitui event list --state failed"


def test_a_record_with_two_dois_is_named(scene: Scene) -> None:
    other = [{"alternateIdentifier": "10.1594/alt", "alternateIdentifierType": "doi"}]
    scene.archive("record", "import", scene.write("a", doi="10.5072/own", alternateIdentifiers=other))
    done = scene.archive("doi", "duplicates")
    assert "document a has more than one DOI but only one DOI is expected: consider a cleanup" in done.out, done


def test_a_foreign_doi_is_not_registered_and_named(scene: Scene) -> None:
    scene.archive(
        "record", "import", scene.write("a", identifiers=[{"identifier": "10.1594/1", "identifierType": "DOI"}])
    )
    done = scene.archive("doi", "mint", "a", "--now")
    assert (done.code, "10.1594/1" in done.complaint, scene.sandbox.requests.entries()) == (1, True, []), done


def test_a_doi_that_does_not_resolve_yet_says_so(scene: Scene) -> None:
    scene.queued("a")
    scene.archive("work", "--drain")
    scene.fault("* /10.5072/* status status=404")
    doi = scene.archive("record", "show", "a", "--json").json["doi"]
    done = scene.archive("doi", "verify", doi, "--now")
    assert (done.code, "resolver: unverified" in done.complaint, "answers 404" in done.complaint) == (4, True, True)


def test_a_time_out_says_so_and_its_doi_is_checked_by_itself(scene: Scene) -> None:
    scene.setting("lease_seconds", "1")
    scene.fault("POST /dois hang seconds=2 count=1")
    scene.archive("record", "import", scene.write("a"))
    done = scene.archive("doi", "mint", "a", "--now")
    assert (done.code, "no whole answer came within 0.5 s" in done.complaint) == (4, True), done
    assert "1 with unknown outcome (checked automatically)" in scene.archive("doctor").out
    scene.archive("work", "--drain")
    assert scene.archive("status", "--json").json["dois"]["findable"] == 1


def test_a_landing_page_that_datacite_rejects_says_so(scene: Scene) -> None:
    scene.queued("a")
    scene.archive("work", "--drain")
    scene.account(domains="archive.example.org")
    doi = scene.archive("record", "show", "a", "--json").json["doi"]
    done = scene.archive("doi", "set-url", doi, "https://elsewhere.example.net/1", "--now")
    words = "URL https://elsewhere.example.net/1 is not allowed by repository demo.repo domain settings."
    assert (done.code, words in done.complaint) == (1, True), done


def test_a_deactivation_that_fails_says_so(scene: Scene) -> None:
    scene.queued("a")
    scene.archive("work", "--drain")
    scene.fault("PUT /dois/* status status=403")
    doi = scene.archive("record", "show", "a", "--json").json["doi"]
    done = scene.archive("doi", "deactivate", doi, "--reason", "withdrawn", "--now")
    assert (done.code, "the account has no permission for this DOI or prefix" in done.err) == (1, True), done
