"""What a change of the environment means for the DOIs of a repository."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from doitui_core.config import settings
from doitui_core.db.models import Doi, Record, Repository
from doitui_core.dois import reservations
from doitui_core.operations import change_settings, doi_actions, environment_change
from doitui_core.operations.environment_change import EnvironmentChange

Save = Callable[..., Record]

PRODUCTION = {"datacite_environment": "production"}


@pytest.fixture
def at_datacite(archive: Repository) -> Repository:
    change_settings.save_repository("h", {"datacite_url": ""})
    return archive


@pytest.fixture
def dois(at_datacite: Repository, a_record: Save, a_minted_doi: Callable[..., Doi]) -> int:
    """Two findable DOIs of the test system, one reserved, one abandoned, one job."""
    a_minted_doi("1")
    a_minted_doi("2")
    doi_actions.abandon(reservations.reserve(a_record("3")).doi)
    reservations.reserve(a_record("4"))
    doi_actions.verify(reservations.for_record(Record.get(Record.object_id == "1")).doi)  # type: ignore[union-attr]
    return int(at_datacite.id)


def test_each_kind_of_doi_is_counted(dois: int) -> None:
    (change,) = environment_change.changes(PRODUCTION, dois)
    assert change == EnvironmentChange(
        *("h", "test", "production", "DataCite's test system", "DataCite's production system"),
        {"findable": 2, "reserved": 1},
        1,
    )
    assert change.lines == [
        "repository h has 3 DOIs and changes from test to production",
        "2 findable: made in DataCite's test system, which does not change, and not known to DataCite's production"
        " system. They keep their states here; a verification reports them as missing, an update sends them to"
        " DataCite's production system",
        "1 reserved, not sent yet: minting creates them in DataCite's production system",
        "1 open job: sent to DataCite's production system; `doitui queue pause --repository h` holds them",
        "to begin production without these DOIs, use a new database: `doitui --database URL init`",
    ]


def test_the_way_back_is_a_change_too(dois: int) -> None:
    change_settings.save_repository("h", PRODUCTION)
    (change,) = environment_change.changes({"datacite_environment": "test"}, dois)
    (unset,) = environment_change.changes({"datacite_environment": None}, dois)
    assert change == unset
    assert (change.before, change.after, len(change.lines)) == ("production", "test", 4)


def test_a_global_change_is_one_of_the_repositories_without_their_own(dois: int) -> None:
    assert [change.code for change in environment_change.changes(PRODUCTION)] == ["h"]
    change_settings.save_repository("h", {"datacite_environment": "test"})
    assert environment_change.changes(PRODUCTION) == []


@pytest.mark.parametrize(
    "given", [{"datacite_environment": "test"}, {"datacite_environment": None}, {"default_publisher": "A"}, {}]
)
def test_what_stays_as_it_is_is_no_change(dois: int, given: dict[str, str | None]) -> None:
    assert environment_change.changes(given, dois) == []


def test_without_dois_nothing_changes(at_datacite: Repository, a_record: Save) -> None:
    a_record("1")
    assert environment_change.changes(PRODUCTION, at_datacite.id) == []


def test_in_a_sandbox_nothing_changes_until_its_address_does(archive: Repository, a_record: Save) -> None:
    reservations.reserve(a_record("1"))
    assert environment_change.changes(PRODUCTION, archive.id) == []
    (change,) = environment_change.changes({**PRODUCTION, "datacite_url": ""}, archive.id)
    assert (change.left, change.reached) == ("the sandbox", "DataCite's production system")


def test_test_mode_keeps_everything_in_test(dois: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATACITE_TEST_MODE", "1")
    assert environment_change.changes(PRODUCTION, dois) == []
    assert settings.load(dois).find("datacite_environment").text == "test"
