"""usage.md 1.4 to 1.6, datacite-api.md 3.6: compressed reports, the parts they grow by, and lists of reports."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import subprocess
import sys
import uuid
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests

from doitui.web.common.accounts import Account
from doitui.web.dois.state_file import StateFile
from doitui.web.sandbox.server import running_sandbox
from doitui_core.hub_store.report_intake import MAX_INFLATED

ACCOUNTS = (Account("DEMO.REPO", "demo", frozenset(("10.5072",))), Account("OTHER.REPO", "other"))
SEND = {"Content-Type": "application/gzip", "Content-Encoding": "gzip", "Authorization": "Bearer demo"}
COMPRESSED = {
    "code": 69,
    "severity": "warning",
    "message": "Report is compressed using gzip",
    "help-url": "https://github.com/datacite/sashimi",
    "data": "usage data needs to be uncompressed",
}
DAYS = {"begin-date": "2026-05-01", "end-date": "2026-05-31"}
RELATION = "total-dataset-requests-machine"


@pytest.fixture(scope="module")
def hub():
    with running_sandbox(ACCOUNTS) as sandbox:
        yield sandbox


@pytest.fixture
def demo(hub, connect):
    return connect(hub.url, ("DEMO.REPO", "demo"))


@pytest.fixture
def creator():
    """A created-by no other test has."""
    return f"creator-{uuid.uuid4().hex}"


def header(creator, **changed):
    return {
        "report-name": "dataset report",
        "report-id": "DSR",
        "release": "rd1",
        "created": "2026-06-01",
        "created-by": creator,
        "reporting-period": DAYS,
        "exceptions": [COMPRESSED],
        **changed,
    }


def dataset(doi, count=3):
    instance = {"metric-type": "total-dataset-requests", "access-method": "machine", "count": count}
    return {
        "dataset-title": "T",
        "dataset-id": [{"type": "doi", "value": doi}],
        "platform": "P",
        "publisher": "U",
        "publisher-id": [{"type": "client-id", "value": "u.p"}],
        "data-type": "dataset",
        "performance": [{"period": DAYS, "instance": [instance]}],
    }


def packed(creator, *dois, count=3, **changed):
    datasets = [dataset(doi, count) for doi in dois]
    text = json.dumps({"report-header": header(creator, **changed), "report-datasets": datasets})
    return gzip.compress(text.encode(), mtime=0)


def send(api, body, uid=None, **headers):
    path, method = (f"/reports/{uid}", "PUT") if uid else ("/reports", "POST")
    return api.send(method, path, data=body, headers=SEND | headers)


def kept(answer):
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["report"]


def title(answer):
    return answer.json()["errors"][0]["title"]


def total(api, doi):
    events = api.get("/events", doi=doi, **{"relation-type-id": RELATION}).json()["data"]
    return [one["attributes"]["total"] for one in events]


def test_a_compressed_report_is_stored_unchanged(demo, creator, doi):
    """usage.md 1.3"""
    body = packed(creator, doi)
    (part,) = kept(send(demo, body))["report-subsets"]
    assert (base64.b64decode(part["gzip"]), part["checksum"]) == (body, hashlib.sha256(body).hexdigest())


def test_a_part_is_shown_by_its_number(demo, creator, doi):
    """usage.md 1.1"""
    (part,) = kept(send(demo, packed(creator, doi)))["report-subsets"]
    assert demo.get(f"/report-subsets/{part['id']}").json() == {"report-subset": part}


def test_it_becomes_events(demo, creator, doi):
    """usage.md 1.9"""
    send(demo, packed(creator, doi, count=7))
    assert total(demo, doi) == [7]


def test_deflate_is_accepted_too(demo, creator, doi):
    """usage.md 1.4"""
    body = zlib.compress(gzip.decompress(packed(creator, doi)))
    kept(send(demo, body, **{"Content-Encoding": "deflate"}))
    assert total(demo, doi) == [3]


def test_posting_again_appends_a_part(demo, creator, doi):
    """datacite-api.md 3.6"""
    first = kept(send(demo, packed(creator, doi)))
    second = kept(send(demo, packed(creator, f"{doi}-2")))
    assert (second["id"], len(second["report-subsets"])) == (first["id"], 2)


def test_all_parts_become_events(demo, creator, doi):
    for number in range(3):
        send(demo, packed(creator, f"{doi}-{number}"))
    assert [total(demo, f"{doi}-{number}") for number in range(3)] == [[3], [3], [3]]


def test_the_same_part_again_is_stored_twice(demo, creator, doi):
    """usage.md 1.6"""
    send(demo, packed(creator, doi))
    assert len(kept(send(demo, packed(creator, doi)))["report-subsets"]) == 2


def test_put_drops_all_parts_before(demo, creator, doi):
    """usage.md 1.6"""
    uid = str(uuid.uuid4())
    first = send(demo, packed(creator, doi), uid)
    send(demo, packed(creator, f"{doi}-2"))
    again = send(demo, packed(creator, doi), uid)
    assert (first.status_code, again.status_code, len(kept(again)["report-subsets"])) == (201, 200, 1)


def test_a_submission_started_again_from_the_beginning_is_counted_once(demo, creator, doi):
    """usage.md 5.9: first part by PUT, the others by POST"""
    uid = str(uuid.uuid4())
    for _ in range(2):
        send(demo, packed(creator, doi, count=4), uid)
        send(demo, packed(creator, f"{doi}-2", count=5))
    assert [total(demo, doi), total(demo, f"{doi}-2")] == [[4], [5]]


def test_without_exception_69_it_has_no_datasets(demo, creator, doi):
    """usage.md 1.6"""
    answer = send(demo, packed(creator, doi, exceptions=[]))
    assert (answer.status_code, title(answer).startswith("report-datasets: can't be blank")) == (422, True)


def test_69_may_be_given_with_3040(demo, creator, doi):
    """usage.md 1.6: anywhere in the list"""
    partial = {"code": 3040, "severity": "warning", "message": "Partial Data Returned", "help-url": "", "data": ""}
    made = kept(send(demo, packed(creator, doi, exceptions=[partial, COMPRESSED])))
    assert [one["code"] for one in made["report-header"]["exceptions"]] == [3040, 69]


def test_a_wrong_header_is_refused_at_the_door(demo, creator, doi):
    """usage.md 1.5"""
    days = {"begin-date": "2026-05-01", "end-date": "2026-06-01"}
    answer = send(demo, packed(creator, doi, **{"reporting-period": days}))
    assert (answer.status_code, title(answer)[:19]) == (422, "Reports are monthly")


def test_invalid_datasets_are_accepted_and_found_out_later(demo, creator, doi):
    """usage.md 1.5: stored first, validated behind the submitter's back"""
    body = gzip.compress(json.dumps({"report-header": header(creator), "report-datasets": [{"a": 1}]}).encode())
    answer = send(demo, body)
    assert (answer.status_code, kept(answer)["state"]) == (201, "not_valid")


def test_a_part_that_is_not_valid_makes_no_events(demo, creator, doi):
    datasets = [dataset(doi) | {"yop": 2020}]
    send(demo, gzip.compress(json.dumps({"report-header": header(creator), "report-datasets": datasets}).encode()))
    assert total(demo, doi) == []


def test_more_than_50000_datasets_are_refused(demo, creator):
    """datacite-api.md 3.6"""
    body = gzip.compress(json.dumps({"report-header": header(creator), "report-datasets": [0] * 50_001}).encode())
    assert (send(demo, body).status_code, title(send(demo, body))[:22]) == (422, "report-datasets: 50001")


def test_a_bomb_is_not_inflated(demo):
    """DESIGN 9"""
    inflater = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    block = b" " * 2**20
    bomb = b"".join(inflater.compress(block) for _ in range(MAX_INFLATED // len(block) + 1)) + inflater.flush()
    assert send(demo, bomb).status_code == 413


@pytest.mark.parametrize(
    "body", [b"", b"not gzip", gzip.compress(b"not json", mtime=0), gzip.compress(b"{}", mtime=0)[:-5]]
)
def test_what_cannot_be_read_is_400(demo, body):
    assert send(demo, body).status_code == 400


def test_a_plain_report_put_over_parts_replaces_them(demo, creator, doi):
    uid = kept(send(demo, packed(creator, doi)))["id"]
    plain = {"report-header": header(creator, exceptions=[]), "report-datasets": [dataset(doi, 9)]}
    made = kept(demo.send("PUT", f"/reports/{uid}", json=plain))
    assert (made["report-subsets"], made["state"], total(demo, doi)) == ([], "valid", [9])


@pytest.fixture(scope="module")
def listed(connect):
    """A sandbox with five reports, May to September, the last one with datasets that are not valid."""
    with running_sandbox(ACCOUNTS) as sandbox:
        api = connect(sandbox.url, ("DEMO.REPO", "demo"))
        for month in range(5, 10):
            days = {"begin-date": f"2026-{month:02}-01", "end-date": f"2026-{month:02}-02"}
            about = {"reporting-period": days, "created": f"2027-01-{20 - month}", "report-name": f"Report {month}"}
            send(api, packed("demo", *(["10.5072/x"] if month < 9 else [None]), **about))
        yield api


def months(answer):
    return [one["report-header"]["reporting-period"]["begin-date"][5:7] for one in answer.json()["reports"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["05", "06", "07", "08", "09"]),
        ({"year": "2026", "month": "6"}, ["06"]),
        ({"month": "06"}, ["06"]),
        ({"month": "x"}, []),
        ({"created-by": "demo"}, ["05", "06", "07", "08", "09"]),
        ({"created_by": "other"}, []),
        ({"client-id": "demo.repo", "created": "2027-01-13"}, ["07"]),
        ({"report-name": "Report 8"}, ["08"]),
        ({"report-id": "DSR", "release": "rd1", "month": "7"}, ["07"]),
        ({"report-id": "PR"}, []),
        ({"incorrect": "true"}, ["09"]),
        ({"queued": "true"}, []),
        ({"sort": "created"}, ["09", "08", "07", "06", "05"]),
        ({"sort": "-name"}, ["09", "08", "07", "06", "05"]),
        ({"page[size]": "2"}, ["05", "06"]),
        ({"page[size]": "2", "page[number]": "3"}, ["09"]),
        ({"page[size]": "2", "page[number]": "4"}, []),
        ({"page[size]": "0"}, []),
    ],
)
def test_a_list_shows(listed, query, found):
    """usage.md 1.2, 5.10; INTERFACE 6"""
    assert months(listed.get("/reports", **query)) == found


def test_a_list_is_found_by_ids(listed):
    """usage.md 1.2"""
    uids = [one["id"] for one in listed.get("/reports").json()["reports"]]
    assert months(listed.get("/reports", id=f"{uids[1]},{uids[3]}")) == ["06", "08"]


def test_the_meta_tell_total_and_pages(listed):
    """usage.md 1.2"""
    meta = listed.get("/reports", **{"page[size]": 2, "page[number]": 2}).json()["meta"]
    assert meta == {"total": 5, "total-pages": 3, "page": 2}


def test_a_list_has_headers_only(listed):
    """usage.md 1.1"""
    assert set(listed.get("/reports").json()["reports"][0]) == {"id", "report-header", "state"}


def test_a_report_whose_events_a_kill_prevented_gets_them_at_the_next_start(tmp_path, connect, creator, doi):
    """Accepted is accepted: the file is brought into the state between both steps."""
    with running_sandbox(ACCOUNTS, state=tmp_path / "state") as sandbox:
        send(connect(sandbox.url), packed(creator, doi))
    file = StateFile(tmp_path / "state")
    for table in ("hub_event", "hub_event_term", "hub_event_group"):
        file.connection.execute(f"DELETE FROM {table}")
    file.connection.execute("UPDATE hub_report_part SET state = 'waiting', counted = 0")
    file.close()
    with running_sandbox(ACCOUNTS, state=tmp_path / "state") as sandbox:
        assert total(connect(sandbox.url), doi) == [3]


@contextmanager
def process(*options):
    """`doitui sandbox` in a process of its own: the process and its address."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "doitui", "sandbox", "--port", "0", *map(str, options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        try:
            yield running, running.stdout.readline().split()[-1]
        finally:
            running.kill()


def test_a_kill_in_the_midst_of_a_report_loses_no_event(tmp_path, connect, creator):
    dois = [f"10.5072/k{number}" for number in range(25_000)]
    with process("--state", tmp_path / "state") as (running, url), ThreadPoolExecutor(1) as thread:
        sending = thread.submit(send, connect(url), packed(creator, *dois))
        api = connect(url)
        while not api.get("/reports").json()["reports"] and not sending.done():
            pass
        running.kill()
        sending.exception(timeout=60)
    with process("--state", tmp_path / "state") as (_, url):
        api = connect(url)
        assert api.get("/events", **{"page[size]": 0}).json()["meta"]["total"] == len(dois)
        assert api.get("/reports").json()["reports"][0]["state"] == "valid"


def test_the_command_writes_events_with_its_option():
    """INTERFACE 2: doitui sandbox --events-writable"""
    body = {"data": {"attributes": {"subj-id": "10.5072/a", "source-id": "s", "source-token": "t"}}}
    with process("--events-writable") as (_, url):
        assert requests.post(f"{url}/events", json=body, auth=("DEMO.REPO", "demo"), timeout=20).status_code == 201
