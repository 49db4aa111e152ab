"""The store: order, totals and numbers, without HTTP."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from falcon.testing import TestClient

from doitui.web.common.accounts import Accounts, parse_account
from doitui.web.dois.doi_record import Doi
from doitui.web.dois.state_file import StateFile
from doitui.web.dois.store import CountKey, Store
from doitui.web.sandbox.sandbox import create_app


@pytest.fixture(params=["memory", "file"])
def store(request, tmp_path):
    store = Store(StateFile(tmp_path / "state") if request.param == "file" else None, clock=lambda: 0.0)
    yield store
    store.close()


def add(store, name, state="draft"):
    moment = store.moment()
    doi = Doi(moment.number, name, "demo.repo", state, {}, moment.at, moment.at)
    store.save(doi)
    return doi


def test_a_number_is_never_given_twice(store):
    add(store, "10.5072/A")
    store.delete(add(store, "10.5072/B"))
    assert add(store, "10.5072/C").number == 3


def test_totals_are_counted_by_kind(store):
    add(store, "10.5072/A")
    add(store, "10.5072/B", "findable")
    store.delete(add(store, "10.5072/C"))
    expected = {CountKey("demo.repo", "10.5072", "draft"): 1, CountKey("demo.repo", "10.5072", "findable"): 1}
    assert store.counts() == expected


def test_a_list_being_read_skips_what_is_deleted_meanwhile(store):
    dois = [add(store, f"10.5072/{name}") for name in "ABC"]
    reading = store.after(0)
    store.delete(dois[1])
    assert [doi.doi for doi in reading] == ["10.5072/A", "10.5072/C"]


def test_times_come_from_the_clock(store):
    assert add(store, "10.5072/A").created == "1970-01-01T00:00:00.000Z"


class MeetingFile(StateFile):
    """Holds every save up until a second one comes along, or half a second is over."""

    def __init__(self, path):
        super().__init__(path)
        self._both = threading.Barrier(2)

    def save(self, doi, changes_links):
        try:
            self._both.wait(timeout=0.5)
        except threading.BrokenBarrierError:
            super().save(doi, changes_links)


def test_nothing_comes_between_looking_for_a_doi_and_saving_it(tmp_path):
    """datacite-api.md 1.9: without the lock both creations would look first, meet in `save`, and both answer 201."""
    store = Store(MeetingFile(tmp_path / "state"))
    client = TestClient(create_app(store, Accounts([parse_account("DEMO.REPO:demo", ["10.5072"])])))
    headers = {"Authorization": "Basic REVNTy5SRVBPOmRlbW8="}

    def create(_):
        body = '{"data": {"attributes": {"doi": "10.5072/a"}}}'
        return client.simulate_post("/dois", body=body, headers=headers).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(create, range(2)))
    store.close()
    assert statuses == [201, 422]
