"""usage.md 1, 5.10: what hub and sandbox do alike, and what the hub does better than Sashimi. On both databases."""

from __future__ import annotations

import gzip
import json
import threading
import zlib
from datetime import datetime, timedelta

import pytest

from doitui.web.reports import report_answers
from doitui_core.hub_store import body_storage, hub_database
from doitui_core.hub_store.report_record import ALL
from doitui_core.hub_store.report_validator import ReportValidator

from .report_stores import COMPRESSED, POLICIES, MountedStore, dataset, packed, report, titles

UID = "0b7a4c86-53ef-4b6c-9d0a-6f2f0e7a1b2c"


@pytest.fixture
def hub(store, tmp_path):
    return MountedStore(hub_database.archive(), tmp_path / "bodies", POLICIES["hub"])


@pytest.fixture(params=POLICIES)
def any_store(request, store, tmp_path):
    return MountedStore(hub_database.archive(), tmp_path / "bodies", POLICIES[request.param])


# -- alike ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["", "/"])
def test_a_plain_report_is_created_validated_and_counted(any_store, end):
    answer = any_store.send(report(), f"/reports{end}")
    made = answer.json["report"]
    assert (answer.status_code, made["state"], made["exceptions"]) == (201, "valid", [])
    any_store.validator.finish()
    assert any_store.totals() == {("10.5072/a", "total-dataset-investigations-regular"): 3}
    assert any_store.get(f"/reports/{made['id']}{end}")["report"]["report-datasets"] == report()["report-datasets"]


@pytest.mark.parametrize("caller", [None, "other.repo"])
def test_who_may_is_asked_before_a_body_is_read(any_store, caller):
    any_store.send(report(), f"/reports/{UID}")
    answer = any_store.send("no JSON", f"/reports/{UID}", caller)
    assert answer.status_code == (any_store.policy.forbidden if caller else 401)


def test_subsets_are_shown_with_their_number(any_store):
    any_store.send(packed())
    (part,) = any_store.reports.parts(any_store.reports.with_number(1))
    shown = any_store.get(f"/report-subsets/{part.number}/")["report-subset"]
    assert (shown["id"], shown["checksum"]) == (part.number, part.checksum)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (packed(), {"Content_Type": "application/gzip; Content-Encoding: gzip", "Content_Encoding": ""}, "later"),
        (packed(), {"Content_Type": "application/json", "Content_Encoding": ""}, "later"),
        (zlib.compress(gzip.decompress(packed())), {"Content_Encoding": "deflate"}, "later"),
        (zlib.compress(gzip.decompress(packed()), wbits=-15), {"Content_Encoding": "deflate"}, "later"),
        (gzip.compress(gzip.decompress(packed())[:40]) + gzip.compress(gzip.decompress(packed())[40:]), {}, "later"),
        (packed(), {"Content_Encoding": "br"}, 415),
        (packed(), {"Content_Type": "text/html"}, 415),
        (packed().replace(b"\n", b"").replace(b"\0", b""), {}, 400),
        (packed()[:-9], {}, 400),
        (packed() + b"more", {}, 400),
        (b"{}", {}, 400),
        ("[" * 10_000, {}, 400),
        ('{"report-header": ' + "[" * 10_000, {}, 400),
        (json.dumps(report()).encode().replace(b"dataset report", b"\xff"), {"Content_Encoding": ""}, 400),
        (json.dumps(report())[:-9], {}, 400),
        ("5", {}, 400),
        ({"report-datasets": []}, {}, 400),
    ],
)
def test_what_is_read_and_how(any_store, body, headers, status):
    """Concatenated members are one file (RFC 1952 2.2)."""
    accepted = 202 if any_store.policy.background else 201
    answer = any_store.send(body, **headers)
    assert answer.status_code == (accepted if status == "later" else status), answer.text
    assert any_store.get("/reports")["meta"]["total"] == (status == "later")
    assert len(list(any_store.reports.storage.names())) == (status == "later")


# -- the hub --------------------------------------------------------------------------------------------------------


def test_a_compressed_report_is_accepted_then_validated(hub):
    answer = hub.send(packed())
    made = answer.json["report"]
    assert (answer.status_code, made["state"]) == (202, "waiting")
    assert [one["id"] for one in hub.get("/reports", queued="true")["reports"]] == [made["id"]]
    hub.validator.finish()
    assert (hub.get(f"/reports/{made['id']}")["report"]["state"], len(hub.totals())) == ("valid", 1)
    assert hub.get("/reports", queued="true")["reports"] == []


def test_why_a_report_is_not_valid_is_shown(hub):
    uid = hub.send(packed(dataset("10.5072/a", yop=2020))).json["report"]["id"]
    hub.validator.finish()
    made = hub.get(f"/reports/{uid}")["report"]
    (reason,) = made["exceptions"]
    assert (made["state"], reason["severity"], reason["message"][:21]) == (
        "not_valid",
        "error",
        "report-datasets/0/yop",
    )
    assert ([one["id"] for one in hub.get("/reports", incorrect="true")["reports"]], hub.totals()) == ([uid], {})


def test_more_than_50000_datasets_are_not_valid(hub):
    uid = hub.send(packed(*[dataset("10.5072/a")] * 50_001, level=1)).json["report"]["id"]
    hub.validator.finish()
    made = hub.get(f"/reports/{uid}")["report"]
    assert (made["state"], "50000" in made["exceptions"][0]["message"], hub.totals()) == ("not_valid", True, {})


def datasets(*more: bytes) -> bytes:
    """A compressed report whose datasets are this text."""
    head = json.dumps({"report-header": report(exceptions=[COMPRESSED])["report-header"]})[:-1]
    return gzip.compress(b"".join([head.encode(), b', "report-datasets": [', *more]))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (datasets(b"{}," * 200, b"{}]}"), 'report-datasets/0: "data-type" is a required property'),
        (datasets(b"{},", b"["), "the body is no report"),
        (datasets(b'{"a": ', b"[" * 10_000), "the body is no report"),
    ],
)
def test_a_body_that_validation_gives_up_is_not_kept_but_the_reasons_are(hub, body, reason):
    uid = hub.send(body).json["report"]["id"]
    hub.validator.finish()
    made = hub.get(f"/reports/{uid}")["report"]
    (part,) = made["report-subsets"]
    assert (made["state"], part["gzip"], list(hub.reports.storage.names())) == ("not_valid", "", [])
    assert made["exceptions"][0]["message"].startswith(reason)
    assert made["exceptions"][-1]["message"].startswith("report-datasets: not kept")
    assert hub.get(f"/report-subsets/{part['id']}")["report-subset"]["gzip"] == ""
    assert [one["id"] for one in hub.get("/reports", incorrect="true")["reports"]] == [uid]


def test_a_plain_body_that_is_not_kept_has_no_datasets(hub):
    body = gzip.decompress(datasets(b"{}," * 4_000_000, b"{}]}")).replace(json.dumps(COMPRESSED).encode(), b"")
    uid = hub.send(body.decode()).json["report"]["id"]
    hub.validator.finish()
    made = hub.get(f"/reports/{uid}")["report"]
    assert (made["state"], made["report-datasets"], made["report-subsets"]) == ("not_valid", [], [])


def test_a_body_that_is_dropped_while_it_is_read_ends_empty(hub):
    uid = hub.send(datasets(b"{},", b"[")).json["report"]["id"]
    known = hub.reports.find(uid)
    reading = report_answers.single(hub.reports, known)
    begun = next(reading)
    hub.validator.finish()
    made = json.loads(begun + b"".join(reading))["report"]
    assert (made["state"], [part["gzip"] for part in made["report-subsets"]]) == ("waiting", [""])


def test_the_body_of_a_report_with_a_mistake_is_kept(hub):
    hub.send(packed(dataset("10.5072/a", yop=2020)))
    hub.validator.finish()
    assert len(list(hub.reports.storage.names())) == 1


def test_the_same_datasets_are_stored_once_however_compressed(hub):
    for level in (9, 1):
        made = hub.send(packed(level=level, created=f"2026-06-0{level}")).json["report"]
    assert len(made["report-subsets"]) == 1
    assert len(hub.send(packed(dataset("10.5072/b"))).json["report"]["report-subsets"]) == 2


def test_a_plain_report_sent_again_replaces_the_first(hub):
    for count in (3, 8):
        hub.send(report(dataset("10.5072/a", count)))
    hub.validator.finish()
    assert list(hub.totals().values()) == [8]


@pytest.mark.parametrize("compress", [False, True])
def test_a_put_with_fewer_counts_takes_the_others_back(hub, compress):
    make = packed if compress else report
    hub.send(make(dataset("10.5072/a", 3, 2, 1), dataset("10.5072/b")), f"/reports/{UID}")
    hub.validator.finish()
    assert len(hub.totals()) == 4
    hub.send(make(dataset("10.5072/a", 5)), f"/reports/{UID}")
    hub.validator.finish()
    assert hub.totals() == {("10.5072/a", "total-dataset-investigations-regular"): 5}


def test_put_then_post_are_one_report(hub):
    hub.send(packed(), f"/reports/{UID}")
    hub.send(packed(dataset("10.5072/b")))
    hub.validator.finish()
    made = hub.get(f"/reports/{UID}")["report"]
    assert ([one["state"] for one in made["report-subsets"]], len(hub.totals())) == (["valid", "valid"], 2)


def test_an_invalid_replacement_leaves_the_events(hub):
    hub.send(report(), f"/reports/{UID}")
    hub.validator.finish()
    hub.send(packed({}), f"/reports/{UID}")
    hub.validator.finish()
    assert list(hub.totals().values()) == [3]


def test_a_deleted_report_takes_its_events_along(hub):
    hub.send(report(), f"/reports/{UID}")
    hub.validator.finish()
    deleted = [hub.client.simulate_delete(f"/reports/{UID}", headers={"Caller": who}) for who in ("demo.repo", "staff")]
    hub.validator.finish()
    assert ([one.status_code for one in deleted], hub.totals()) == ([403, 204], {})


def test_an_interrupted_validator_is_resumed_by_the_next(hub):
    """kill -9 after any step: nothing is lost, nothing doubled."""
    datasets = [dataset(f"10.5072/{number}") for number in range(600)]
    hub.send(packed(*datasets))
    for _ in range(6):
        ReportValidator(hub.reports, hub.events, hub.policy, threading.Event()).step()
    (part,) = hub.reports.parts(hub.reports.with_number(1))
    assert (len(hub.totals()), part.counted) == (600, ALL)


def test_old_files_without_a_row_are_deleted(hub):
    uid = hub.send(report()).json["report"]["id"]
    now = datetime.fromisoformat(hub.hub.now())
    for age in (5, 90):
        hub.reports.storage.write(body_storage.new_name(now - timedelta(minutes=age)), [b"x"])
    hub.validator.finish()
    assert len(list(hub.reports.storage.names())) == 2
    assert hub.get(f"/reports/{uid}")["report"]["state"] == "valid"


@pytest.mark.parametrize("place", ["memory://reports-of-a-test"])
def test_bodies_live_at_any_place_of_fsspec(store, place):
    storage = body_storage.at(place)
    storage.write("a.json.gz", [b"1", b"2"])
    with storage.open("a.json.gz") as file:
        assert file.read() == b"12"
    assert list(storage.names()) == ["a.json.gz"]
    storage.delete("a.json.gz")
    assert list(storage.names()) == []


# -- strict and lenient ---------------------------------------------------------------------------------------------


def underscored(document):
    text = json.dumps(document)
    for name in ("report-header", "report-datasets", "created-by", "dataset-title", "metric-type"):
        text = text.replace(f'"{name}"', f'"{name.replace("-", "_")}"')
    return json.loads(text)


YEARS = {"begin-date": "2018-01-01", "end-date": "2022-01-01"}
ROR = [{"type": "ror", "value": "https://ror.org/04wxnsj81"}]


@pytest.mark.parametrize(
    ("document", "named"),
    [
        (underscored(report()), ["report_header", "created_by", "dataset_title", "metric_type"]),
        (report(**{"reporting-period": YEARS}), ["Reports are monthly"]),
        (report(exceptions=[COMPRESSED]), ["exceptions: 69"]),
        (report(dataset("10.5072/a", **{"publisher-id": ROR})), ["ror"]),
        (report(dataset("10.5072/a", volume=5)), [":volume"]),
    ],
)
def test_strict_names_what_lenient_takes_with_a_warning(store, tmp_path, document, named):
    strict, lenient = (
        MountedStore(hub_database.archive(), tmp_path / name, POLICIES[name]) for name in ("hub", "lenient")
    )
    refused, taken = strict.send(document), lenient.send(document)
    assert (refused.status_code, taken.status_code) == (422, 201), taken.text
    for name in named:
        assert any(name in title for title in titles(refused)) or "_" in name
        assert any(name in warning for warning in taken.json["report"]["warnings"])
    lenient.validator.finish()
    assert len(lenient.totals()) == 1
