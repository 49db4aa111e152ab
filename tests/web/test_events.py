"""datacite-api.md 3.1 and 3.2: writing events, who may, in which dialect, and which event a write is about."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from doitui.web.common.accounts import Account
from doitui.web.sandbox.server import running_sandbox

ACCOUNTS = (
    Account("DEMO.REPO", "demo", frozenset(("10.5072",))),
    Account("GONE.REPO", "gone", active=False),
    Account("DEMO", "member"),
    Account("ADMIN", "DC.staff", staff=True),
)
V2 = {"Accept": "application/vnd.api+json; version=2"}
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"


@pytest.fixture(scope="module")
def strict():
    """A sandbox with DataCite's own rule: only staff writes."""
    with running_sandbox(ACCOUNTS) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def writable():
    with running_sandbox(ACCOUNTS, events_writable=True, all_events=True) as sandbox:
        yield sandbox


@pytest.fixture
def demo(writable, connect):
    return connect(writable.url, ("DEMO.REPO", "demo"))


@pytest.fixture
def event(doi):
    """Attributes of an event no other test has."""
    return {
        "subj-id": f"https://doi.org/{doi}",
        "obj-id": "https://example.org/a",
        "source-id": "doitui",
        "source-token": "token",
        "relation-type-id": "references",
    }


def body(attributes, uid=None):
    return {"data": {"type": "events", "attributes": attributes} | ({"id": uid} if uid else {})}


def post(api, attributes, uid=None, **options):
    return api.send("POST", "/events", json=body(attributes, uid), **options)


def put(api, uid, attributes, own=None):
    return api.send("PUT", f"/events/{uid}", json=body(attributes, own or uid))


def read(answer):
    return answer.json()["data"]["attributes"]


def titles(answer):
    return [error["title"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("credentials", "status"),
    [
        (None, 401),
        (("DEMO.REPO", "wrong"), 401),
        (("DEMO.REPO", "demo"), 403),
        (("DEMO", "member"), 403),
        (("GONE.REPO", "gone"), 403),
        (("ADMIN", "DC.staff"), 201),
    ],
)
def test_only_staff_writes_events(strict, connect, event, credentials, status):
    """3.2"""
    assert post(connect(strict.url, credentials), event).status_code == status


@pytest.mark.parametrize(
    ("credentials", "status"), [(None, 401), (("DEMO", "member"), 403), (("GONE.REPO", "gone"), 403)]
)
def test_events_writable_opens_them_to_repositories_only(writable, connect, event, credentials, status):
    assert post(connect(writable.url, credentials), event).status_code == status


def test_events_writable_opens_them_to_the_demo_account(demo, event):
    assert post(demo, event).status_code == 201


@pytest.mark.parametrize(("token", "status"), [("demo", 201), ("stale", 401), ("", 401)])
def test_a_bearer_token_is_an_account_s_password(writable, connect, event, token, status):
    """1.1: an API key is either"""
    answer = post(connect(writable.url), event, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize(("credentials", "status"), [(None, 401), (("DEMO.REPO", "demo"), 403)])
def test_changing_and_deleting_need_the_same_right(strict, connect, event, method, credentials, status):
    """3.2"""
    answer = connect(strict.url, credentials).send(method, f"/events/{uuid.uuid4()}", json=body(event))
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("status", "title"), [(401, "Bad credentials."), (403, "You are not authorized to access this resource.")]
)
def test_refusals_have_the_words_of_datacite(strict, connect, event, status, title):
    """1.9"""
    credentials = None if status == 401 else ("DEMO.REPO", "demo")
    answer = post(connect(strict.url, credentials), event)
    assert answer.json() == {"errors": [{"status": str(status), "title": title}]}


@pytest.mark.parametrize(
    ("missing", "title"),
    [
        ("subj-id", "Subj can't be blank"),
        ("source-id", "Source can't be blank"),
        ("source-token", "Source token can't be blank"),
    ],
)
def test_a_missing_attribute_is_422_with_a_number_as_status(demo, event, missing, title):
    """3.2"""
    del event[missing]
    answer = post(demo, event)
    assert (answer.status_code, answer.json()) == (422, {"errors": [{"status": 422, "title": title}]})


@pytest.mark.parametrize("document", [None, [], {}, {"data": {}}, {"data": {"attributes": []}}, {"data": "x"}])
def test_a_bad_envelope_is_422_with_text_as_status(demo, document):
    """3.2"""
    answer = demo.send("POST", "/events", json=document)
    assert (answer.status_code, answer.json()["errors"][0]["status"]) == (422, "422")


def test_what_is_left_out_gets_its_default(demo, event):
    """3.2"""
    del event["relation-type-id"]
    made = read(post(demo, event))
    assert [made[name] for name in ("total", "relation-type-id", "license", "message-action")] == [
        1,
        "references",
        CC0,
        "create",
    ]


def test_an_event_without_an_object_is_accepted(demo, event):
    """3.2"""
    del event["obj-id"]
    assert post(demo, event).status_code == 201


def test_the_same_key_again_is_a_change(demo, event):
    """3.2"""
    post(demo, event | {"total": 3})
    answer = post(demo, event | {"total": 5})
    assert (answer.status_code, read(answer)["total"]) == (200, 5)


def test_a_change_keeps_what_it_leaves_out(demo, event):
    """3.2"""
    post(demo, event | {"total": 3, "occurred-at": "2026-05-01T00:00:00Z"})
    assert read(post(demo, event))["occurred-at"] == "2026-05-01T00:00:00.000Z"


def test_the_month_is_not_part_of_the_key(demo, event):
    """3.2: one subject id for two months overwrites the total"""
    post(demo, event | {"occurred-at": "2026-05-01T00:00:00Z"})
    assert post(demo, event | {"occurred-at": "2026-06-01T00:00:00Z"}).status_code == 200


@pytest.mark.parametrize("name", ["subj-id", "obj-id", "source-id", "relation-type-id"])
def test_another_part_of_the_key_is_another_event(demo, event, name):
    """3.2"""
    post(demo, event)
    assert post(demo, event | {name: event[name] + "-2"}).status_code == 201


def test_the_key_ignores_case(demo, event):
    """3.2"""
    post(demo, event)
    assert post(demo, event | {"obj-id": event["obj-id"].upper()}).status_code == 200


def test_keys_that_agree_in_191_characters_collide(demo, event):
    """3.2"""
    long = event | {"obj-id": "https://example.org/".ljust(191, "x")}
    post(demo, long)
    assert post(demo, long | {"obj-id": long["obj-id"] + "y"}).status_code == 409


@pytest.mark.parametrize("spelling", ["10.5072/{}", "doi:10.5072/{}", "http://dx.doi.org/10.5072/{}"])
def test_dois_become_canonical(demo, event, spelling):
    """3.2"""
    suffix = uuid.uuid4().hex.upper()
    made = read(post(demo, event | {"subj-id": spelling.format(suffix), "obj-id": spelling.format(suffix)}))
    assert made["subj-id"] == made["obj-id"] == f"https://doi.org/10.5072/{suffix.lower()}"


def test_a_known_event_spelt_otherwise_is_409(demo, event, doi):
    """3.2: looked up before it is cleaned"""
    post(demo, event)
    answer = post(demo, event | {"subj-id": f"doi:{doi}"})
    assert (answer.status_code, titles(answer)) == (409, ["The resource already exists."])


def test_the_uuid_is_data_id(demo, event):
    """3.2"""
    uid = str(uuid.uuid4())
    assert post(demo, event, uid).json()["data"]["id"] == uid


def test_a_uuid_in_the_attributes_is_none(demo, event):
    """3.2"""
    uid = str(uuid.uuid4())
    assert post(demo, event | {"uuid": uid}).json()["data"]["id"] != uid


def test_an_invalid_uuid_is_refused(demo, event):
    """3.2"""
    answer = post(demo, event, "not-one")
    assert (answer.status_code, titles(answer)) == (422, ["not-one is not a valid UUID"])


def test_a_uuid_of_another_event_is_409(demo, event):
    """3.2"""
    uid = str(uuid.uuid4())
    post(demo, event, uid)
    assert post(demo, event | {"obj-id": "https://example.org/b"}, uid).status_code == 409


def test_posting_under_another_uuid_changes_the_stored_one(demo, event):
    """3.2"""
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    post(demo, event, first)
    post(demo, event, second)
    assert (demo.get(f"/events/{first}").status_code, demo.get(f"/events/{second}").status_code) == (404, 200)


def test_put_creates_what_is_not_there(demo, event):
    """3.2"""
    uid = str(uuid.uuid4())
    assert put(demo, uid, event).status_code == 201


def test_put_changes_what_is_there(demo, event):
    """3.2"""
    uid = str(uuid.uuid4())
    put(demo, uid, event)
    answer = put(demo, uid, {"total": 9})
    assert (answer.status_code, read(answer)["total"]) == (200, 9)


def test_put_of_a_known_key_under_a_new_uuid_is_409(demo, event):
    """3.2: put looks up by uuid only"""
    put(demo, str(uuid.uuid4()), event)
    assert put(demo, str(uuid.uuid4()), event).status_code == 409


def test_a_deleted_event_is_gone(demo, event):
    """3.2"""
    uid = post(demo, event).json()["data"]["id"]
    assert (demo.send("DELETE", f"/events/{uid}").status_code, demo.get(f"/events/{uid}").status_code) == (204, 404)


def test_deleting_nothing_is_404(demo):
    assert demo.send("DELETE", f"/events/{uuid.uuid4()}").status_code == 404


def test_a_wrong_dialect_is_dropped_without_a_word(demo, event):
    """3.1"""
    answer = post(demo, event, headers=V2)
    assert (answer.status_code, titles(answer)[0]) == (422, "Subj can't be blank")


def test_version_2_speaks_camel_case(demo, doi):
    """3.1"""
    attributes = {
        "subjId": doi,
        "objId": "10.5072/target",
        "sourceId": "doitui",
        "sourceToken": "t",
        "relationTypeId": "is-cited-by",
    }
    made = read(post(demo, attributes, headers=V2))
    expected = {
        "sourceDoi": "10.5072/target",
        "targetDoi": doi,
        "sourceRelationTypeId": "references",
        "targetRelationTypeId": "citations",
    }
    assert {name: made[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("relation", "target"),
    [
        ("unique-dataset-investigations-regular", "views"),
        ("unique-dataset-requests-regular", "downloads"),
        ("total-dataset-requests-regular", None),
        ("unique-dataset-requests-machine", None),
        ("is-new-version-of", None),
    ],
)
def test_only_unique_regular_usage_is_classified(demo, event, relation, target):
    """3.2"""
    uid = post(demo, event | {"relation-type-id": relation}).json()["data"]["id"]
    seen = read(demo.send("GET", f"/events/{uid}", headers=V2))
    assert seen["targetRelationTypeId"] == target


def test_an_event_has_these_attributes_in_version_1(demo, event):
    """3.4"""
    ids = {"subj-id", "obj-id", "source-id", "relation-type-id"}
    others = {"total", "message-action", "source-token", "license", "occurred-at", "timestamp"}
    assert set(read(post(demo, event))) == ids | others


def test_an_event_is_related_to_its_sides(demo, event):
    """3.4"""
    related = post(demo, event).json()["data"]["relationships"]
    assert related["subj"] == {"data": {"id": event["subj-id"], "type": "objects"}}


@pytest.mark.parametrize("value", ["\ud83d", {"registrantId": "\ud83d"}, [], 5, True, "x" * 5000, "\x00"])
@pytest.mark.parametrize("name", ["subj-id", "obj-id", "source-id", "total", "occurred-at", "subj"])
def test_nonsense_is_an_answer_and_no_crash(demo, event, name, value):
    assert post(demo, event | {name: value}).status_code in (200, 201, 409, 422)


def test_a_total_beyond_the_column_is_refused(demo, event):
    assert post(demo, event | {"total": 2**40}).status_code == 422


def test_the_log_names_the_doi_of_an_event(demo, event, doi):
    """INTERFACE 5"""
    post(demo, event)
    last = demo.get("/_requests").json()["requests"][-1]
    assert (last["method"], last["path"], last["status"], last["doi"]) == ("POST", "/events", 201, doi)


def test_the_log_names_the_doi_of_a_refused_usage_event(strict, connect, event, doi):
    api = connect(strict.url)
    post(api, event | {"subj-id": "https://api.example.org/reports/1", "obj-id": doi})
    assert api.get("/_requests").json()["requests"][-1]["doi"] == doi


def test_a_fault_takes_events_too(demo, event, doi):
    """INTERFACE 5"""
    demo.send("POST", "/_faults", json={"faults": ["POST /events status status=429 seconds=7 count=1"]})
    answer = post(demo, event)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert demo.get("/_requests").json()["requests"][-1]["doi"] == doi
    demo.send("DELETE", "/_faults")


def test_a_hung_write_is_done(writable, demo, event, connect):
    """INTERFACE 5"""
    demo.send("POST", "/_faults", json={"faults": ["POST /events hang seconds=0 count=1"]})
    with pytest.raises(requests.ConnectionError):
        post(demo, event)
    demo.send("DELETE", "/_faults")
    assert post(demo, event).status_code == 200


def test_events_outlive_a_restart(tmp_path, connect, event):
    """INTERFACE 5: --state"""
    with running_sandbox(ACCOUNTS, state=tmp_path / "state", events_writable=True, all_events=True) as sandbox:
        made = post(connect(sandbox.url, ("DEMO.REPO", "demo")), event).json()
    with running_sandbox(ACCOUNTS, state=tmp_path / "state", all_events=True) as sandbox:
        assert connect(sandbox.url).get(f"/events/{made['data']['id']}").json() == made


def test_the_same_event_sent_at_once_is_created_once(writable, connect, event):
    def send(_):
        return post(connect(writable.url, ("DEMO.REPO", "demo")), event).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(send, range(16)))
    assert sorted(statuses) == [200] * 15 + [201]
