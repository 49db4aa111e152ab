"""The functions of `import doitui_core`, each once for real, and what all of them promise."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import doitui_core
from doitui.web.common.accounts import Account
from doitui.web.sandbox.server import Sandbox, running_sandbox
from doitui_core.config.operators import actor as login_name
from doitui_core.db import audit, database
from doitui_core.db.models import Audit, Doi, DoiLog, Event, Job, Record
from doitui_core.errors import (
    AmbiguousId,
    BadInput,
    DatabaseNotReady,
    DoituiError,
    InvalidMetadata,
    Misconfigured,
    NotFound,
    Refused,
)
from doitui_core.operations import change_settings
from doitui_middleware import spool_files, spool_line

from .conftest import METADATA

ACCOUNT = Account("DEMO.REPO", "demo", frozenset(("10.5072",)))

#: INTERFACE 8 with all its parameters but `actor`.
INTERFACE = {
    "open": "(url, create=False)",
    "save_record": "(object_id, *, repository=None, metadata=None, description=None, url=None, owner_name=None,"
    " owner_email=None, published=None)",
    "get_record": "(id)",
    "delete_record": "(id, reason='The record was deleted.')",
    "publish": "(id)",
    "unpublish": "(id)",
    "import_records": "(paths, repository=None, *, overwrite=False, object_id='auto', owner_name='', owner_email='')",
    "import_funding": "(path)",
    "reserve": "(id)",
    "mint": "(id, state='findable', now=False)",
    "mint_all": "(limit=100, repository=None)",
    "update": "(doi)",
    "verify": "(doi)",
    "deactivate": "(doi, reason, successor=None)",
    "restore": "(doi, reason)",
    "set_url": "(doi, url)",
    "abandon": "(doi)",
    "get_doi": "(doi)",
    "list_dois": "(state=None, after=None)",
    "sync": "(prefix=None)",
    "retry": "(cause=None)",
    "register_local": "()",
    "verify_local": "(delay_hours=24)",
    "flush_events": "(limit=500, max_attempts=5)",
    "drain_usage": "()",
    "submit_usage_report": "(month)",
    "backfill_metrics": "(path)",
    "work": "(drain=True)",
    "status": "()",
    "transaction": "()",
}

#: They change nothing, or are no act.
READ = {"open", "get_record", "get_doi", "list_dois", "status", "transaction", "work"}

HEAVY = ("peewee", "requests", "lxml", "jsonschema_rs", "idutils", "psycopg", "doitui_core.db", "doitui_core.api")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox([ACCOUNT], events_writable=True) as running:
        yield running


@pytest.fixture
def house(store: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The repository `h` at a sandbox; the database is open."""
    monkeypatch.setenv("PW", ACCOUNT.password)
    change_settings.save_repository(
        "h",
        {
            "datacite_prefix": "10.5072",
            "datacite_repository_id": "DEMO.REPO",
            "datacite_url": sandbox.url,
            "datacite_password": "env:PW",
            "landing_page": sandbox.url + "/heartbeat?{object_id}",
        },
    )
    return sandbox


def saved(object_id: str = "ms-1", **given: Any) -> Any:
    return doitui_core.save_record(object_id, metadata=METADATA, **given)


def minted(object_id: str = "ms-1") -> str:
    saved(object_id)
    result = doitui_core.mint(object_id, now=True)
    assert (result.outcome, result.cause) == ("done", "")
    assert result.doi is not None
    return str(result.doi)


def newest_actor() -> str:
    return str(audit.newest(1)[0]["actor"])


def fresh(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# What the module is.


def test_all_names_are_those_of_the_interface() -> None:
    assert doitui_core.__all__ == list(INTERFACE)


def test_parameters_and_defaults_are_those_of_the_interface() -> None:
    wrong = {}
    for name, expected in INTERFACE.items():
        signature = inspect.signature(getattr(doitui_core, name))
        own = [p.replace(annotation=p.empty) for n, p in signature.parameters.items() if n not in ("actor", "stop")]
        found = str(inspect.Signature(own))
        if found != expected:
            wrong[name] = found
    assert wrong == {}


def test_every_act_takes_who_does_it_and_by_default_that_is_whoever_logged_in() -> None:
    defaults = {
        name: inspect.signature(getattr(doitui_core, name)).parameters.get("actor") for name in set(INTERFACE) - READ
    }
    wrong = {
        name
        for name, found in defaults.items()
        if not (found and found.default is None and found.kind is found.KEYWORD_ONLY)
    }
    assert wrong == set()


def test_every_function_says_what_it_does_and_gives_an_example() -> None:
    assert [name for name in INTERFACE if "Example:" not in (getattr(doitui_core, name).__doc__ or "")] == []


def test_no_function_has_the_name_of_a_package_or_module() -> None:
    place = Path(doitui_core.__file__).parent
    assert {path.stem for path in place.iterdir()} & set(INTERFACE) == set()


def test_to_import_it_or_look_at_it_loads_nothing_heavy() -> None:
    code = f"import sys, doitui_core; dir(doitui_core); print(*[name for name in {HEAVY!r} if name in sys.modules])"
    assert fresh(code) == ""


def test_a_function_loads_what_it_needs_when_it_is_first_used() -> None:
    code = "import sys, doitui_core; doitui_core.status; print('peewee' in sys.modules, 'falcon' in sys.modules)"
    assert fresh(code) == "True False"


def test_packages_stay_importable_in_any_order() -> None:
    code = (
        "import doitui_core; doitui_core.sync, doitui_core.flush_events\n"
        "import doitui_core.events, doitui_core.usage, doitui_core.records\nfrom doitui_core import events\n"
        "print(events.__name__, callable(doitui_core.sync))"
    )
    assert fresh(code) == "doitui_core.events True"


def test_dir_lists_the_functions_and_other_names_do_not_exist() -> None:
    assert set(INTERFACE) <= set(dir(doitui_core))
    assert not hasattr(doitui_core, "backfill")


def test_results_cannot_be_changed() -> None:
    from doitui_core.api import results

    shapes = [found for found in vars(results).values() if dataclasses.is_dataclass(found)]
    assert len(shapes) > 10
    assert [shape for shape in shapes if not shape.__dataclass_params__.frozen] == []  # type: ignore[union-attr]


# The database.


def test_a_database_that_is_not_there_is_made_only_when_that_is_asked_for(database_url: str) -> None:
    with pytest.raises(DatabaseNotReady):
        doitui_core.open(database_url)
    assert not database.is_open()
    doitui_core.open(database_url, create=True)
    assert doitui_core.status()["dois"]["total"] == 0
    doitui_core.open(database_url)
    assert doitui_core.status()["dois"]["total"] == 0
    database.close()


def test_without_an_open_database_every_function_says_so() -> None:
    database.close()
    with pytest.raises(Misconfigured, match=r"doitui_core\.open"):
        doitui_core.status()
    with pytest.raises(Misconfigured, match=r"doitui_core\.open"):
        doitui_core.get_record("ms-1")
    with pytest.raises(Misconfigured), doitui_core.transaction():
        pass


def test_a_setting_in_the_environment_that_is_invalid_is_named(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOITUI_MAX_ATTEMPTS", "many")
    with pytest.raises(Misconfigured, match="DOITUI_MAX_ATTEMPTS"):
        doitui_core.open(database_url, create=True)


def test_the_status_is_that_of_the_command(store: str) -> None:
    command = [sys.executable, "-m", "doitui", "--database", store, "status", "--json"]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert json.loads(printed) == doitui_core.status()


# Records.


def test_a_record_is_created_read_changed_and_left_alone(house: Sandbox) -> None:
    assert saved().outcome == "created"
    assert saved().outcome == "unchanged"
    assert doitui_core.save_record("ms-1", owner_name="Jo").outcome == "updated"
    record = doitui_core.get_record("h:ms-1")
    assert (record.title, record.owner_name, record.published, record.doi) == ("Notebooks", "Jo", True, None)
    assert record.metadata["publicationYear"] == 1902
    assert record.created_at.tzinfo is not None


def test_a_record_is_saved_from_an_archival_description(house: Sandbox) -> None:
    fonds = {"title": "Brandt papers", "actors": [{"name": "Brandt, Ida", "type": "person"}]}
    assert doitui_core.save_record("f-1", description=fonds).outcome == "created"
    item = {"title": "A letter", "events": [{"start": "1902-05-01"}], "parent": "f-1"}
    assert doitui_core.save_record("i-1", description=item).outcome == "created"
    assert doitui_core.save_record("i-1", description=item).outcome == "unchanged"
    found = doitui_core.get_record("i-1").metadata
    assert (found["publicationYear"], found["parent"]) == (1902, "f-1")
    assert doitui_core.save_record("i-1", metadata=found).outcome == "unchanged"
    with pytest.raises(BadInput, match="not both"):
        doitui_core.save_record("i-1", description=item, metadata=found)
    with pytest.raises(BadInput, match="unknown key 'titel': did you mean 'title'"):
        doitui_core.save_record("i-1", description={"titel": "A"})


def test_a_record_of_several_repositories_is_named_with_its_code(house: Sandbox) -> None:
    change_settings.save_repository("g", {"datacite_prefix": "10.5072"})
    saved("ms-1", repository="h")
    assert saved("g:ms-1").outcome == "created"
    with pytest.raises(AmbiguousId):
        doitui_core.get_record("ms-1")
    assert doitui_core.get_record("g:ms-1").repository == "g"
    assert doitui_core.save_record("g:ms-1", owner_name="Jo").outcome == "updated"
    assert doitui_core.reserve("g:ms-1").doi == "10.5072/g/2026/ms-1"


def test_an_id_with_a_colon_stays_an_id(house: Sandbox) -> None:
    saved("oai:1")
    saved("h:", repository="h")
    assert {record.object_id for record in Record.select()} == {"oai:1", "h:"}


def test_publishing_says_whether_it_changed_anything(house: Sandbox) -> None:
    saved(published=False)
    assert doitui_core.publish("ms-1").outcome == "done"
    assert doitui_core.publish("ms-1").outcome == "unchanged"
    assert doitui_core.unpublish("ms-1", actor="cron").outcome == "done"
    assert (doitui_core.get_record("ms-1").published, newest_actor()) == (False, "cron")


def test_publishing_queues_what_the_settings_ask_for(house: Sandbox) -> None:
    saved(published=False)
    change_settings.set_setting("auto_mint", "1")
    result = doitui_core.publish("ms-1")
    assert (result.outcome, result.doi, result.job_id is not None) == ("queued", "10.5072/h/2026/ms-1", True)
    doitui_core.work()
    assert doitui_core.get_doi("ms-1").status == "findable"
    new = saved("ms-2")
    assert (new.outcome, new.doi, new.job_id is not None) == ("created", "10.5072/h/2026/ms-2", True)


def test_a_failure_at_publishing_is_in_the_result(house: Sandbox) -> None:
    doitui_core.save_record("ms-1", metadata={"titles": [{"title": "A"}]}, published=False)
    change_settings.set_setting("auto_mint", "1")
    result = doitui_core.publish("ms-1")
    assert (result.outcome, result.cause, "creator_missing" in result.message) == ("done", "not_registered", True)
    assert doitui_core.get_record("ms-1").published


def test_an_import_overwrites_what_a_person_set_only_if_asked(house: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"object_id": "ms-1", "owner_name": "Ida", **METADATA}))
    saved(owner_name="Jo")
    (kept,) = doitui_core.import_records(path).documents
    assert (doitui_core.get_record("ms-1").owner_name, len(kept.kept), kept.overwritten) == ("Jo", 1, ())
    (taken,) = doitui_core.import_records(path, overwrite=True).documents
    assert (doitui_core.get_record("ms-1").owner_name, taken.kept, len(taken.overwritten)) == ("Ida", (), 1)


def test_deleting_ends_the_doi(house: Sandbox) -> None:
    doi = minted("kept")
    saved("gone")
    result = doitui_core.delete_record("kept", reason="Withdrawn")
    assert (result.doi, result.outcome) == (doi, "queued")
    assert doitui_core.delete_record("gone").outcome == "done"
    doitui_core.work()
    assert (doitui_core.get_doi(doi).status, doitui_core.get_doi(doi).reason) == ("tombstone", "Withdrawn")
    with pytest.raises(NotFound):
        doitui_core.get_record("gone")


def test_an_import_goes_on_past_bad_documents(house: Sandbox, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps({**METADATA, "object_id": "ms-7"}))
    bad.write_text("{")
    result = doitui_core.import_records([good, str(bad), tmp_path / "none.json"])
    assert (result.created, result.updated, result.rejected) == (1, 0, 2)
    told = {Path(one.place).name: (one.outcome, bool(one.message)) for one in result.documents}
    assert told == {"good.json": ("created", False), "bad.json": ("rejected", True), "none.json": ("rejected", True)}
    again = doitui_core.import_records(str(good), repository="h", owner_name="Ida")
    assert (again.updated, again.unchanged) == (1, 0)
    again = doitui_core.import_records(str(good), repository="h", owner_name="Ida")
    assert (again.updated, again.unchanged, again.documents[0].outcome) == (0, 1, "unchanged")
    with pytest.raises(NotFound):
        doitui_core.import_records(good, repository="nobody")


# DOIs.


def test_a_doi_is_minted_now_and_read(house: Sandbox) -> None:
    doi = minted()
    found = doitui_core.get_doi(f"https://doi.org/{doi.upper()}")
    assert (found.doi, found.status, found.remote, found.marks) == (doi, "findable", "findable", ())
    assert isinstance(found.minted_at, datetime)
    assert found.minted_at.tzinfo is UTC
    assert doitui_core.get_doi("ms-1") == found
    assert doitui_core.mint("ms-1").outcome == "unchanged"


def test_a_failure_at_datacite_is_an_outcome(house: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "wrong")
    saved()
    result = doitui_core.mint("ms-1", now=True)
    assert (result.outcome, result.cause) == ("blocked", "credentials")
    assert result.message
    monkeypatch.setenv("PW", ACCOUNT.password)
    assert doitui_core.retry("credentials").job_ids == (result.job_id,)
    with pytest.raises(BadInput, match="cause"):
        doitui_core.retry("nonsense")
    assert doitui_core.work().outcomes == {"done": 1}


def test_the_life_of_a_doi(house: Sandbox) -> None:
    saved()
    reserved = doitui_core.reserve("ms-1")
    assert (reserved.doi, reserved.outcome, reserved.job_id) == ("10.5072/h/2026/ms-1", "done", None)
    doi = str(reserved.doi)
    assert doitui_core.set_url(doi, house.url + "/heartbeat").outcome == "done"
    assert doitui_core.mint("ms-1", state="registered").outcome == "queued"
    assert doitui_core.work().outcomes == {"done": 1}
    assert doitui_core.mint("ms-1").outcome == "queued"
    doitui_core.work()
    for queue in (
        lambda: doitui_core.update(doi),
        lambda: doitui_core.verify("h:ms-1"),
        lambda: doitui_core.set_url(doi, house.url + "/heartbeat?2"),
        lambda: doitui_core.deactivate(doi, reason="Withdrawn", successor="10.5072/other"),
        lambda: doitui_core.restore(doi, reason="By mistake"),
    ):
        result = queue()
        assert (result.doi, result.outcome) == (doi, "queued")
        assert result.job_id
        doitui_core.work()
    found = doitui_core.get_doi(doi)
    assert (found.status, found.url) == ("findable", house.url + "/heartbeat?2")


def test_a_doi_that_was_never_registered_can_be_abandoned(house: Sandbox) -> None:
    saved()
    doi = str(doitui_core.reserve("ms-1").doi)
    assert doitui_core.abandon("ms-1").outcome == "done"
    assert doitui_core.get_doi(doi).status == "abandoned"
    with pytest.raises(Refused):
        doitui_core.abandon(minted("ms-2"))


def test_many_are_minted_and_what_cannot_be_is_named(house: Sandbox) -> None:
    for name in "abc":
        saved(name)
    doitui_core.save_record("bad", metadata={"titles": [{"title": "Only a title"}]})
    first = doitui_core.mint_all(limit=2)
    assert (first.queued, len(first.job_ids)) == (2, 2)
    rest = doitui_core.mint_all(limit=0, repository="h")
    assert (rest.queued, [object_id for object_id, _ in rest.refused]) == (1, ["bad"])
    with pytest.raises(InvalidMetadata):
        doitui_core.mint("bad")
    with pytest.raises(NotFound):
        doitui_core.mint_all(repository="nobody")


def test_the_list_goes_over_all_pages_and_on_from_where_it_ended(house: Sandbox) -> None:
    with doitui_core.transaction():
        for number in range(203):
            saved(f"r{number}")
            doitui_core.reserve(f"r{number}")
    dois = [found.doi for found in doitui_core.list_dois()]
    assert (len(dois), len(set(dois))) == (203, 203)
    assert [found.doi for found in doitui_core.list_dois("reserved", after=dois[100])] == dois[101:]
    assert list(doitui_core.list_dois(state="findable")) == []
    for wrong in ({"state": "nonsense"}, {"after": "nonsense"}):
        with pytest.raises(BadInput):
            doitui_core.list_dois(**wrong)


# Runs.


def test_a_sync_stores_what_differs(house: Sandbox) -> None:
    doi = minted()
    Doi.update(remote="registered").execute()
    result = doitui_core.sync("10.5072")
    assert (result.compared, [(one.doi, one.after) for one in result.differences]) == (1, [(doi, "findable")])
    with pytest.raises(BadInput):
        doitui_core.sync("nonsense")


def test_what_is_unregistered_is_registered_and_what_is_registered_is_verified(house: Sandbox) -> None:
    saved()
    doi = str(doitui_core.reserve("ms-1").doi)
    done = doitui_core.register_local()
    assert [(one.object_id, one.doi, one.cause) for one in done.documents] == [("ms-1", doi, "")]
    checked = doitui_core.verify_local(delay_hours=0)
    assert (checked.processed, checked.failed) == (1, 0)
    assert doitui_core.verify_local().processed == 0
    assert doitui_core.get_doi(doi).verification == "verified"


def test_events_are_sent_at_once(house: Sandbox) -> None:
    doitui_core.save_record("ms-1", metadata={**METADATA, "relatedIdentifiers": [RELATED]})
    doitui_core.mint("ms-1", now=True)
    assert Event.select().count() >= 1
    assert doitui_core.flush_events(limit=0).outcomes["done"] >= 1
    assert doitui_core.status()["events"]["submitted"] >= 1


RELATED = {"relatedIdentifier": "10.1000/182", "relatedIdentifierType": "DOI", "relationType": "Cites"}


def test_the_spool_becomes_counts_and_a_report(house: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Misconfigured, match="DOITUI_SPOOL"):
        doitui_core.drain_usage()
    monkeypatch.setenv("DOITUI_SPOOL", str(tmp_path / "none"))
    with pytest.raises(BadInput, match="none"):
        doitui_core.drain_usage()
    place = tmp_path / "spool"
    place.mkdir(mode=0o700)
    monkeypatch.setenv("DOITUI_SPOOL", str(place))
    minted()
    written(place)
    result = doitui_core.drain_usage(actor="cron")
    assert (result.files, result.lines, result.rejected, result.busy) == (1, 1, 0, False)
    assert result.hours
    assert newest_actor() == "cron"
    (report,) = doitui_core.submit_usage_report("2026-11").reports
    assert (report.repository, report.outcome, report.message) == ("h", "done", "")
    monkeypatch.setenv("PW", "")
    (refused,) = doitui_core.submit_usage_report("2026-11").reports
    assert (refused.outcome, refused.job_id) == ("refused", None)
    assert refused.message
    for month, error in (("2026-10", NotFound), ("nonsense", BadInput)):
        with pytest.raises(error):
            doitui_core.submit_usage_report(month)


def written(place: Path) -> None:
    """A view of ms-1 in November, in the spool of a process that has ended."""
    at = int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp()) * 1_000_000
    agent = "Mozilla/5.0 (Windows NT 10.0; rv:60.0) Gecko/20100101 Firefox/60.0"
    line = spool_line.encode(
        spool_line.Hit(at, "h", "view", "object_id", "ms-1", "/records/ms-1", 200, "address", "a", agent)
    )
    fd = spool_files.create(place, spool_files.new_name(os.getpid(), 1))
    os.write(fd, line)
    os.close(fd)


def test_a_worker_runs_in_any_thread_until_it_is_stopped(house: Sandbox) -> None:
    saved()
    doitui_core.mint("ms-1")
    stop = threading.Event()
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(doitui_core.work(drain=False, stop=stop)))
    thread.start()
    done = threading.Event()
    while doitui_core.get_doi("ms-1").status != "findable" and thread.is_alive():
        done.wait(0.05)
    stop.set()
    thread.join()
    assert results[0].outcomes == {"done": 1}


def test_work_drains_the_spool_and_counts_it_too(
    house: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minted()
    place = tmp_path / "spool"
    place.mkdir(mode=0o700)
    monkeypatch.setenv("DOITUI_SPOOL", str(place))
    written(place)
    doitui_core.work()
    assert spool_files.names(place) == []


# What all promise.


def test_acts_of_a_transaction_are_kept_together_or_not_at_all(house: Sandbox) -> None:
    with suppress(KeyError), doitui_core.transaction():
        saved("a")
        doitui_core.mint("a")
        raise KeyError
    assert (Record.select().count(), Doi.select().count(), Job.select().count()) == (0, 0, 0)
    with doitui_core.transaction():
        saved("a")
        doitui_core.mint("a")
    assert (Record.select().count(), Doi.select().count(), Job.select().count()) == (1, 1, 1)


def test_an_error_that_is_caught_undoes_its_own_act_alone(house: Sandbox) -> None:
    with doitui_core.transaction():
        saved("a")
        with suppress(KeyError), doitui_core.transaction():
            saved("b")
            raise KeyError
    assert [record.object_id for record in Record.select()] == ["a"]


def test_an_error_of_the_caller_comes_out_of_a_transaction_as_it_is(house: Sandbox) -> None:
    class DataError(Exception):
        """A name that drivers of databases use too; so does pandas."""

    with pytest.raises(DataError), doitui_core.transaction():
        raise DataError


def test_what_sends_at_once_is_refused_in_a_transaction_and_leaves_nothing(house: Sandbox) -> None:
    went_through = []
    saved("a")
    acts: dict[str, Any] = {
        "mint": lambda: doitui_core.mint("a", now=True),
        "work": doitui_core.work,
        "sync": doitui_core.sync,
        "flush_events": doitui_core.flush_events,
        "register_local": doitui_core.register_local,
        "verify_local": doitui_core.verify_local,
        "drain_usage": doitui_core.drain_usage,
        "submit_usage_report": lambda: doitui_core.submit_usage_report("2026-11"),
        "open": lambda: doitui_core.open("sqlite:///x.db"),
    }
    with doitui_core.transaction():
        for name, act in acts.items():
            try:
                act()
                went_through.append(name)
            except BadInput as error:
                went_through += [str(error)] if "transaction" not in str(error) else []
    assert went_through == []
    assert (Doi.select().count(), Job.select().count()) == (0, 0)


def test_who_acts_stands_in_the_logs(house: Sandbox) -> None:
    saved(actor="importer")
    assert newest_actor() == "importer"
    doitui_core.mint("ms-1", actor="minter")
    assert {row.actor for row in DoiLog.select()} == {"minter"}
    assert Job.get().actor == "minter"
    saved("ms-2")
    assert Audit.select().order_by(Audit.id.desc()).get().actor == login_name()


def test_wrong_types_and_values_are_named_by_our_own_errors(house: Sandbox) -> None:
    saved()
    doi = str(doitui_core.reserve("ms-1").doi)
    wrong: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("open", (None,), {}),
        ("open", ("nonsense",), {}),
        ("open", ("nonsense",), {"create": True}),
        ("save_record", (123,), {"metadata": METADATA}),
        ("save_record", ("x",), {}),
        ("save_record", ("",), {"metadata": METADATA}),
        ("save_record", ("a\0b",), {"metadata": METADATA}),
        ("save_record", ("x",), {"metadata": []}),
        ("save_record", ("x",), {"metadata": {"titles": {1, 2}}}),
        ("save_record", ("x",), {"metadata": {"publicationYear": float("nan")}}),
        ("save_record", ("x",), {"metadata": METADATA, "published": "yes"}),
        ("save_record", ("x",), {"metadata": METADATA, "owner_name": "\ud800"}),
        ("save_record", ("x",), {"metadata": METADATA, "actor": " "}),
        ("save_record", ("x",), {"metadata": METADATA, "actor": 7}),
        ("get_record", (None,), {}),
        ("get_record", ("\0",), {}),
        ("delete_record", ("ms-1",), {"reason": ""}),
        ("import_records", (7,), {}),
        ("import_records", ([7],), {}),
        ("mint", ("ms-1",), {"state": "tombstone"}),
        ("mint", ("ms-1",), {"state": "nonsense"}),
        ("mint", ("ms-1",), {"now": "yes"}),
        ("mint_all", (-1,), {}),
        ("mint_all", (2**70,), {}),
        ("mint_all", (True,), {}),
        ("mint_all", (1.5,), {}),
        ("update", ("nonsense",), {}),
        ("get_doi", ("10.5072/none",), {}),
        ("get_doi", (b"10.5072/none",), {}),
        ("deactivate", (doi, " "), {}),
        ("deactivate", (doi, "why"), {"successor": "nonsense"}),
        ("set_url", (doi, "nonsense"), {}),
        ("verify_local", (-1,), {}),
        ("verify_local", (100_000,), {}),
        ("flush_events", (), {"max_attempts": 0}),
        ("flush_events", (), {"limit": None}),
        ("submit_usage_report", ("2026-13",), {}),
        ("backfill_metrics", (7,), {}),
        ("backfill_metrics", ("none.csv",), {}),
        ("work", (), {"stop": 7}),
    ]
    found = {}
    for name, arguments, options in wrong:
        try:
            found[name, repr(arguments), repr(options)] = repr(getattr(doitui_core, name)(*arguments, **options))
        except BadInput as error:
            if "\n" in str(error) or not str(error):
                found[name, repr(arguments), repr(options)] = str(error)
        except Exception as error:
            if not (isinstance(error, Refused) and name == "deactivate"):
                found[name, repr(arguments), repr(options)] = repr(error)
    assert found == {}


REFUSED_IF_LONG = ["DOI", "DOI looked up", "cause", "cursor", "object id", "record looked up"]


def refusal(act: Callable[[], object]) -> str:
    """What our own error says where `act` raises one; empty where it is done. Any other error is the test's failure."""
    try:
        act()
    except (BadInput, Refused) as error:
        return str(error) or "(nothing said)\n"
    return ""


def test_long_texts_are_stored_or_refused_by_our_own_errors(house: Sandbox) -> None:
    saved()
    doi = str(doitui_core.reserve("ms-1").doi)
    long = "x" * 20_000
    page = f"https://archive.example.org/{long}"
    acts: dict[str, Callable[[], object]] = {
        "owner": lambda: doitui_core.save_record("ms-1", owner_name=long, owner_email=long),
        "landing page": lambda: doitui_core.save_record("ms-1", url=page),
        "landing page of a DOI": lambda: doitui_core.set_url(doi, page),
        "object id": lambda: doitui_core.save_record(long, metadata=METADATA),
        "DOI": lambda: doitui_core.save_record("ms-2", metadata={**METADATA, "doi": f"10.5072/{long}"}),
        "title": lambda: doitui_core.save_record("ms-3", metadata={**METADATA, "titles": [{"title": long}]}),
        "record looked up": lambda: doitui_core.get_record(long),
        "DOI looked up": lambda: doitui_core.get_doi(f"10.5072/{long}"),
        "cause": lambda: doitui_core.retry(long),
        "actor": lambda: doitui_core.publish("ms-1", actor=long),
        "cursor": lambda: list(doitui_core.list_dois(after=long)),
    }
    refused = {what: one_line for what, act in acts.items() if (one_line := refusal(act))}
    assert (sorted(refused), [one for one in refused.values() if "\n" in one]) == (REFUSED_IF_LONG, [])
    stored = doitui_core.get_record("ms-1")
    assert (stored.owner_name, stored.owner_email, stored.url) == (long, long, page)


def test_threads_share_the_database(house: Sandbox) -> None:
    errors: list[DoituiError] = []

    def save(name: str) -> None:
        try:
            for number in range(5):
                saved(f"{name}{number}")
                doitui_core.mint(f"{name}{number}")
        except DoituiError as error:
            errors.append(error)

    threads = [threading.Thread(target=save, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert doitui_core.status()["jobs"]["pending"] == 20
