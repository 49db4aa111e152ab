"""`event derive`: missing events are made, links get the source of their agency, and an interrupted run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from doitui.web.sandbox.server import Sandbox, running_sandbox
from doitui_core.datacite.agency import AgencyClient
from doitui_core.db.models import Doi, DoiAgency, Event, EventDerivation, Job, Record
from doitui_core.dois import targets
from doitui_core.errors import BadAnswer, NotSent, RemoteFailed
from doitui_core.events import deriving, usage_refresh
from doitui_core.operations import change_settings

CURIE = "https://orcid.org/0000-0002-1825-0097"


def cites(*identifiers: str) -> dict[str, Any]:
    return {
        "relatedIdentifiers": [
            {
                "relationType": "Cites",
                "relatedIdentifier": one,
                "relatedIdentifierType": "DOI" if one.startswith("10.") else "URL",
            }
            for one in identifiers
        ]
    }


class Old(NamedTuple):
    """Records whose DOIs were minted before events existed."""

    office: Any

    def mint(self, object_id: str, *cited: str) -> Doi:
        row = self.office.doi(object_id)
        record = Record.get(Record.object_id == object_id)
        metadata = {**json.loads(record.metadata), **cites(*cited)}
        Record.update(metadata=json.dumps(metadata)).where(Record.id == record.id).execute()
        Event.delete().execute()
        Doi.update(changed=False).execute()
        return row

    def ask(self, base: str) -> None:
        change_settings.save_repository("h", {"datacite_url": base, "datacite_environment": "test"})


@pytest.fixture
def old(office: Any) -> Old:
    return Old(office)


@pytest.fixture
def sources() -> Callable[[], dict[str, str]]:
    """By object, in the order of events."""
    return lambda: {row.obj_id: row.link_source_id for row in Event.select().order_by(Event.id)}


def test_events_and_sources_of_a_doi_that_was_minted_before(
    old: Old, sandbox: Sandbox, sources: Callable[[], dict[str, str]]
) -> None:
    old.ask(sandbox.url)
    old.mint("ms-1", "10.1038/n1", "10.5072/other", "https://e.org/a", "10.999999/x")
    result = deriving.derive(actor="test")

    assert sources() == {
        "https://doi.org/10.1038/n1": "datacite-crossref",
        "https://doi.org/10.5072/other": "datacite-related",
        "https://e.org/a": "datacite-url",
        "https://doi.org/10.999999/x": "",
    }
    told = result.dois, result.new, result.linked, result.asked, result.unknown, result.failed
    # The address had its source when it was stored.
    assert told == (1, 4, 2, 3, ["10.999999"], {})
    assert {row.source_id for row in Event.select()} == {"doitui"}
    assert Job.select().where(Job.kind == "event").count() == 4


def test_again_is_nothing_new_and_asks_only_what_is_unknown(old: Old, sandbox: Sandbox) -> None:
    old.ask(sandbox.url)
    old.mint("ms-1", "10.1038/n1", "10.999999/x")
    deriving.derive()
    sandbox.requests.clear()
    result = deriving.derive()

    assert (result.new, result.linked, result.unknown) == (0, 0, ["10.999999"])
    assert [one["path"] for one in sandbox.requests.entries()] == ["/ra/10.999999"]


def test_an_agency_that_is_known_later_gives_a_source(old: Old, sources: Callable[[], dict[str, str]]) -> None:
    old.mint("ms-1", "10.999999/x")
    for agencies in ({}, {"10.999999": "mEDRA"}):
        with running_sandbox(agencies=agencies) as sandbox:
            old.ask(sandbox.url)
            deriving.derive()

    assert list(sources().values()) == ["datacite-medra"]


def test_a_known_agency_gives_a_new_event_its_source_at_once(
    old: Old, sandbox: Sandbox, sources: Callable[[], dict[str, str]]
) -> None:
    old.ask(sandbox.url)
    old.mint("ms-1", "10.1038/n1")
    deriving.derive()
    old.office.keep("https://doi.org/10.1038/n2", "https://doi.org/10.1016/n3", CURIE)

    found = sources()
    assert [found[f"https://doi.org/{name}"] for name in ("10.1038/n2", "10.1016/n3")] == ["datacite-crossref", ""]


def test_usage_has_no_source_of_links_and_asks_for_nothing(
    old: Old, sandbox: Sandbox, sources: Callable[[], dict[str, str]]
) -> None:
    old.ask(sandbox.url)
    old.mint("ms-1")
    old.office.view(3)
    usage_refresh.refresh()
    sandbox.requests.clear()
    deriving.derive()

    assert (set(sources().values()), sandbox.requests.entries()) == ({""}, [])


@pytest.mark.parametrize(
    "change", [{"changed": True}, {"remote": "draft"}, {"wanted": "tombstone"}], ids=["changed", "draft", "tombstone"]
)
def test_what_datacite_does_not_have_as_it_is_makes_no_events(
    old: Old, sandbox: Sandbox, change: dict[str, Any]
) -> None:
    old.ask(sandbox.url)
    old.mint("ms-1", "10.1038/n1")
    Doi.update(**change).execute()
    result = deriving.derive()
    Doi.update(changed=False, remote="findable", wanted="findable").execute()

    assert (result.new, Event.select().count()) == (0, 0)


def test_an_interrupted_run_goes_on_where_it_stopped(
    old: Old, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deriving, "AT_ONCE", 1)
    old.ask(sandbox.url)
    for number in range(4):
        old.mint(f"ms-{number}", f"10.1038/n{number}")
    looked: list[int] = []
    stopped = deriving.derive(step=lambda number: (looked.append(number), sum(looked) < 2)[1])
    left = deriving.count()
    done = deriving.derive()

    assert (stopped.stopped, stopped.dois, left) == (True, 2, 2)
    assert (done.stopped, done.dois, Event.select().count()) == (False, 2, 4)
    assert (EventDerivation.select().count(), deriving.count()) == (0, 4)


def test_a_resolver_that_is_not_there_is_reported_and_asked_again(
    old: Old, sandbox: Sandbox, sources: Callable[[], dict[str, str]]
) -> None:
    old.mint("ms-1", *(f"10.{number}/x" for number in (1016, 1038, 1126, 1371, 1430)))
    old.ask("http://127.0.0.1:9")
    result = deriving.derive()

    assert (result.new, len(result.failed), result.asked) == (5, deriving.PATIENCE, 0)
    assert (set(sources().values()), DoiAgency.select().count()) == ({""}, 0)
    old.ask(sandbox.url)
    deriving.derive()
    assert sorted(set(sources().values())) == ["datacite-crossref", "datacite-medra"]


def test_a_preview_says_what_a_run_does_and_changes_nothing(old: Old, sandbox: Sandbox) -> None:
    old.ask(sandbox.url)
    old.mint("ms-1", "10.1038/n1", "10.999999/x", "https://e.org/a")
    sandbox.requests.clear()
    found = deriving.preview()

    assert (found.dois, found.new, found.unknown) == (1, 3, ["10.1038", "10.999999"])
    assert (Event.select().count(), DoiAgency.select().count(), sandbox.requests.entries()) == (0, 0, [])


def test_a_night_asks_about_some_prefixes_and_not_each_time(old: Old, sandbox: Sandbox, clock: Any) -> None:
    old.ask(sandbox.url)
    old.mint("ms-1", "10.1038/n1", "10.999998/x", "10.999999/x")
    assert deriving.derive(actor="test", step=lambda number: not number).stopped
    usage = [deriving.link(most=2), deriving.link()]
    assert [(one.asked, one.linked, one.unknown) for one in usage] == [(2, 1, ["10.999998"]), (1, 0, ["10.999999"])]
    assert deriving.link().asked == 0
    clock.forward(days=8)
    assert deriving.link().unknown == ["10.999998", "10.999999"]
    assert deriving.derive(actor="test").unknown == ["10.999998", "10.999999"]


def test_one_repository_only(old: Old, sandbox: Sandbox) -> None:
    old.ask(sandbox.url)
    other = change_settings.save_repository("other", {"datacite_prefix": "10.5072"})
    old.mint("ms-1", "10.1038/n1")

    assert (deriving.derive(other).dois, deriving.count(other)) == (0, 0)


def test_a_tombstone_keeps_its_events(old: Old, sandbox: Sandbox) -> None:
    old.ask(sandbox.url)
    row = old.mint("ms-1", "10.1038/n1")
    deriving.derive()
    targets.deactivate(row.doi, reason="withdrawn")
    deriving.derive()

    assert [one.in_metadata for one in Event.select()] == [True]


# The resolver's answers.


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (200, '[{"DOI": "10.1038", "RA": "Crossref"}]', "Crossref"),
        (200, '[{"DOI": "10.1038", "RA": " mEDRA "}]', "mEDRA"),
        (200, '[{"DOI": "10.1038", "status": "DOI does not exist"}]', ""),
        (200, '[{"DOI": "10.1038", "status": "Unknown"}]', ""),
        (404, "<html>Not found</html>", ""),
        (200, "<html>Sign in</html>", BadAnswer),
        (200, "[]", BadAnswer),
        (200, '{"RA": "Crossref"}', BadAnswer),
        (200, '[{"RA": 3}]', BadAnswer),
        (302, "", RemoteFailed),
        (429, "slow down", RemoteFailed),
        (503, "", RemoteFailed),
    ],
)
def test_an_answer_is_an_agency_or_none(
    http_server: Callable[..., str], status: int, text: str, expected: str | type[Exception]
) -> None:
    asked: list[str] = []

    def answer(_method: str, path: str, *_: Any) -> tuple[int, dict[str, str], bytes]:
        asked.append(path)
        return status, {}, text.encode()

    client = AgencyClient(http_server(answer) + "/", deadline=20)
    if isinstance(expected, str):
        assert client.ask("10.1038") == expected
    else:
        with pytest.raises(expected):
            client.ask("10.1038")
    assert asked == ["/ra/10.1038"]


def test_a_resolver_that_cannot_be_reached_is_an_error() -> None:
    with pytest.raises(NotSent):
        AgencyClient("http://127.0.0.1:9", deadline=5).ask("10.1038")
