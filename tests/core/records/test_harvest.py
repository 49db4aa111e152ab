"""Records harvested over OAI-PMH from a real server: everything arrives once, whatever happens on the way."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from doitui_core import __version__
from doitui_core.config import repositories
from doitui_core.db.models import Doi, Harvest, Record, Repository
from doitui_core.domain import identifiers
from doitui_core.errors import BadAnswer, BadInput, NotSent, RemoteFailed
from doitui_core.metadata import from_xml
from doitui_core.operations import change_settings
from doitui_core.records import harvesting, publish_rules, records
from doitui_core.records.harvest_state import HarvestRequest
from doitui_core.records.harvesting import HarvestResult, local_part
from doitui_core.records.oai_client import RequestPolicy

from ...oai_archive import OAI_DATACITE, RESOURCE, RESPONSE_DATE, OaiArchive, datacite, dublin_core

Run = Callable[..., HarvestResult]

BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>'


@pytest.fixture
def waits() -> list[float]:
    """The waits of the harvests of a test, which do not happen."""
    return []


@pytest.fixture
def run(archive: Repository, oai: OaiArchive, waits: list[float]) -> Run:
    """Harvests the server; keywords are those of `HarvestRequest`, `dry_run`, `result` and `RequestPolicy`."""

    def harvest(**given: Any) -> HarvestResult:
        kinds = {name: given.pop(name) for name in ("largest", "deadline") if name in given}
        more = {name: given.pop(name) for name in ("dry_run", "result") if name in given}
        policy = RequestPolicy(waits=(1, 2), pace=lambda _: None, sleep=waits.append, **kinds)
        request = HarvestRequest(given.pop("url", oai.url), **given)
        return harvesting.harvest(request, repositories.config(archive), policy=policy, **more)

    return harvest


def stored() -> list[str]:
    return sorted(row.object_id for row in Record.select())


def attributes(object_id: str) -> Any:
    return json.loads(Record.get(Record.object_id == object_id).metadata)


def test_all_pages_are_stored(run: Run, oai: OaiArchive) -> None:
    oai.add(1, 2, 3, 4, 5, 6, 7)
    result = run()
    assert (result.harvested, result.created, result.updated, result.rejected) == (7, 7, 0, [])
    assert stored() == ["1", "2", "3", "4", "5", "6", "7"]


def test_requests_are_those_of_the_protocol(run: Run, oai: OaiArchive) -> None:
    oai.add(1, 2, 3, 4)
    run(set_spec="letters", from_date="2026-01-01")
    first = {"verb": "ListRecords", "metadataPrefix": "oai_datacite", "set": "letters", "from": "2026-01-01"}
    assert oai.requests == [first, {"verb": "ListRecords", "resumptionToken": "0|2026-01-01|3"}]
    assert oai.agents == {f"doitui/{__version__}"}


def test_the_payload_of_oai_datacite_is_the_metadata(run: Run, oai: OaiArchive) -> None:
    oai.add(1)
    run()
    assert attributes("1")["titles"] == [{"title": "Record 1"}]


def test_a_bare_resource_is_read(run: Run, oai: OaiArchive) -> None:
    oai.add(1, metadata=RESOURCE.format(title="Bare"))
    run()
    assert attributes("1")["titles"] == [{"title": "Bare"}]


def test_datacites_own_examples_arrive_as_from_files(run: Run, oai: OaiArchive, shared: Path) -> None:
    examples = sorted((shared / "data" / "kernel-4-examples").rglob("*.xml"))
    roots = [etree.parse(path).getroot() for path in examples]
    for number, root in enumerate(roots, start=1):
        root.find("{*}identifier").text = f"10.82433/{number}"  # several versions of the schema have the same examples
        resource = etree.tostring(root, encoding="unicode")
        oai.add(number, metadata=OAI_DATACITE.format(resource), datestamp="2026-01-01")
    result = run()
    assert (len(examples) > 10, result.rejected) == (True, [])
    for number, path in enumerate(examples, start=1):
        expected = from_xml.parse(path.read_bytes())
        expected.pop("doi", None)
        assert attributes(str(number)) == expected


def test_harvesting_again_updates(run: Run, oai: OaiArchive) -> None:
    oai.add(1, 2)
    run()
    oai.rows[0].metadata = datacite("New title")
    result = run()
    assert (result.created, result.updated) == (0, 2)
    assert attributes("1")["titles"] == [{"title": "New title"}]


def test_a_bad_record_is_rejected_by_its_identifier_and_the_others_are_stored(run: Run, oai: OaiArchive) -> None:
    oai.add(1, metadata="<mods xmlns='http://www.loc.gov/mods/v3'/>")
    oai.add(2)
    result = run()
    assert [(row.place, row.error) for row in result.rejected] == [
        ("oai:archive.example.org:1", "has <mods> without a DataCite <resource>")
    ]
    assert stored() == ["2"]


def test_a_record_of_an_older_kernel_is_rejected(run: Run, oai: OaiArchive) -> None:
    oai.add(1, metadata=RESOURCE.format(title="Old").replace("kernel-4", "kernel-2.2"))
    assert "'kernel-2.2' <resource> is neither kernel-4 nor kernel-3" in run().rejected[0].error


def test_a_record_of_kernel_3_is_upgraded(run: Run, oai: OaiArchive) -> None:
    oai.add(1, metadata=RESOURCE.format(title="Old").replace("kernel-4", "kernel-3"))
    assert run().rejected == []
    assert attributes("1")["titles"] == [{"title": "Old"}]


def test_two_records_with_the_same_last_part_do_not_overwrite_each_other(run: Run, oai: OaiArchive) -> None:
    oai.add(1, 1)
    document = oai.document

    def two_hosts(query: dict[str, str]) -> str:
        return document(query).replace("archive.example", "other.example", 1)

    oai.document = two_hosts  # type: ignore[method-assign]
    result = run()
    assert result.created == 1
    assert "has the object id '1' of oai:other.example.org:1" in result.rejected[0].error


def test_deleted_records_are_named_and_change_nothing(run: Run, oai: OaiArchive) -> None:
    oai.add(1)
    run()
    oai.rows.clear()
    oai.delete(1)
    oai.delete(2)
    result = run()
    told = [(row.identifier, row.object_id, row.known) for row in result.deleted]
    assert told == [("oai:archive.example.org:1", "1", True), ("oai:archive.example.org:2", "2", False)]
    assert (result.harvested, result.stored, stored()) == (2, 0, ["1"])


def test_a_deleted_record_that_is_a_tombstone_here_needs_nothing_more(
    run: Run, oai: OaiArchive, a_minted_doi: Callable[..., Doi]
) -> None:
    a_minted_doi("1")
    publish_rules.delete(Record.get())
    oai.delete(1)
    assert [row.known for row in run().deleted] == [False]


def test_no_records_match_is_a_harvest_of_none(run: Run) -> None:
    assert run().harvested == 0


def test_the_object_id_can_come_from_the_metadata(run: Run, oai: OaiArchive) -> None:
    oai.add(1, metadata=dublin_core(title="A", identifier="MS-0112"))
    run(prefix="oai_dc", object_id="auto")
    assert stored() == ["MS-0112"]


def test_a_dry_run_stores_nothing(run: Run, oai: OaiArchive) -> None:
    oai.add(1, 2, 3, 4)
    result = run(dry_run=True)
    assert (result.created, stored(), Harvest.select().count()) == (4, [], 0)


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}, "down"),
        (503, {"Retry-After": "7"}, "busy"),
        (200, {}, "<OAI-PMH"),
        (200, {}, "<html><body>Maintenance</body></html>"),
        (200, {"Content-Length": "9999", "Connection": "close"}, "<OAI-PMH xmlns='x'>"),
    ],
    ids=["error", "busy", "broken", "html", "cut"],
)
def test_a_page_that_is_broken_once_is_requested_again(
    run: Run, oai: OaiArchive, waits: list[float], answer: tuple[int, dict[str, str], str]
) -> None:
    oai.add(1, 2, 3, 4)
    oai.answers.append(answer)
    assert run().created == 4
    assert waits == [7 if answer[0] == 503 else 1]


def test_a_server_that_does_not_answer_in_time_is_asked_again(run: Run, oai: OaiArchive, waits: list[float]) -> None:
    oai.add(1)
    oai.answers.append(None)
    assert run(deadline=0.3).created == 1
    assert waits == [1]


def test_an_address_without_a_server_is_not_asked_again(run: Run, waits: list[float]) -> None:
    with pytest.raises(NotSent, match="cannot be reached"):
        run(url="http://127.0.0.1:1/oai")
    assert waits == []


def test_after_the_last_attempt_the_harvest_ends_and_continues_later(
    run: Run, oai: OaiArchive, waits: list[float]
) -> None:
    oai.add(*range(1, 8))
    oai.answers.extend([(200, {}, oai.document({}))] + [(500, {}, "down")] * 3)
    result = HarvestResult()
    with pytest.raises(BadAnswer, match=r"resumptionToken=.* answers HTTP 500: down"):
        run(result=result)
    assert (result.created, waits, stored()) == (3, [1, 2], ["1", "2", "3"])
    oai.requests.clear()
    again = run()
    assert (again.continued, again.created, again.updated) == (True, 4, 0)
    assert oai.requests[0] == {"verb": "ListRecords", "resumptionToken": "0||3"}


def test_a_killed_harvest_continues_and_stores_everything_once(
    archive: Repository, database_url: str, oai: OaiArchive
) -> None:
    oai.add(*range(1, 9))
    oai.answers.extend((200, {}, oai.document({"resumptionToken": f"0||{start}"})) for start in (0, 3))
    oai.answers.append(None)
    command = [sys.executable, "-m", "doitui", "--database", database_url, "record", "harvest", oai.url, "--json"]
    with subprocess.Popen(command) as process:
        assert oai.waiting.wait(60)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    oai.released.set()
    oai.requests.clear()
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert oai.requests == [{"verb": "ListRecords", "resumptionToken": "0||6"}]
    expected = {"harvested": 2, "created": 2, "updated": 0, "deleted": [], "rejected": []}
    assert json.loads(again.stdout) | expected == json.loads(again.stdout)
    assert stored() == ["1", "2", "3", "4", "5", "6", "7", "8"]


def test_a_complete_harvest_begins_anew(run: Run, oai: OaiArchive) -> None:
    oai.add(1, 2, 3, 4)
    run()
    assert run().continued is False


@pytest.mark.parametrize("status", [301, 403, 404])
def test_an_answer_that_will_not_change_is_not_requested_again(
    run: Run, oai: OaiArchive, waits: list[float], status: int
) -> None:
    oai.answers.append((status, {"Location": "https://new.example.org/oai?verb=x"}, "no"))
    with pytest.raises(BadAnswer, match=r"use that address" if status == 301 else f"HTTP {status}"):
        run()
    assert waits == []


def test_an_error_in_a_page_of_http_400_is_read(run: Run, oai: OaiArchive) -> None:
    oai.answers.append((400, {}, oai.error("noRecordsMatch", "none")))
    assert run().harvested == 0


@pytest.mark.parametrize("code", ["badArgument", "cannotDisseminateFormat", "noSetHierarchy"])
def test_a_request_that_the_server_rejects_says_what_to_change(run: Run, oai: OaiArchive, code: str) -> None:
    oai.answers.append((200, {}, oai.error(code, "not here")))
    with pytest.raises(BadInput, match=rf"rejects the request: not here \({code}\): .*--|leave out"):
        run()


@pytest.mark.parametrize("code", ["", "__doc__", "badVerb"])
def test_an_unknown_error_code_ends_the_harvest(run: Run, oai: OaiArchive, code: str) -> None:
    oai.answers.append((200, {}, oai.error(code, "odd")))
    with pytest.raises(BadAnswer, match="answers with an error: odd"):
        run()


def interrupted(run: Run, oai: OaiArchive) -> None:
    """A harvest whose second page fails, and whose token expires until it is continued."""
    oai.answers.extend([(200, {}, oai.document({})), (404, {}, "down")])
    with pytest.raises(BadAnswer):
        run()
    oai.expire()
    oai.requests.clear()


def test_an_expired_token_is_replaced_by_the_latest_datestamp(run: Run, oai: OaiArchive) -> None:
    oai.add(*range(1, 8))
    interrupted(run, oai)
    result = run()
    assert [query.get("from") for query in oai.requests] == [None, "2026-01-03T00:00:00Z", None]
    assert (result.rejected, stored()) == ([], ["1", "2", "3", "4", "5", "6", "7"])


def test_without_order_by_datestamp_an_expired_token_starts_from_the_beginning(run: Run, oai: OaiArchive) -> None:
    oai.add(9, 2, 3, 1, 4)
    interrupted(run, oai)
    run()
    assert oai.requests[1] == {"verb": "ListRecords", "metadataPrefix": "oai_datacite"}
    assert stored() == ["1", "2", "3", "4", "9"]


@pytest.mark.parametrize("numbers", [range(1, 8), (9, 2, 3, 1, 4)], ids=["sorted", "unsorted"])
def test_tokens_that_never_work_end_the_harvest(run: Run, oai: OaiArchive, numbers: Any) -> None:
    oai.add(*numbers, datestamp="" if len(numbers) == 5 else "2026-01-01")
    oai.lasting = False
    with pytest.raises(BadAnswer, match="rejects its own resumption tokens: the token has expired"):
        run()


def test_a_token_that_leads_to_the_same_page_ends_the_harvest(run: Run, oai: OaiArchive) -> None:
    oai.add(*range(1, 8))
    page = oai.document({"resumptionToken": "0||3"}).replace("0||6", "0||3")
    oai.answers.extend([(200, {}, oai.document({}))] + [(200, {}, page)] * 5)
    with pytest.raises(BadAnswer, match="with itself"):
        run()


def test_since_the_last_complete_harvest(run: Run, oai: OaiArchive) -> None:
    oai.add(1, 2)
    run()
    oai.add(3, datestamp="2026-03-01T13:00:00Z")
    result = run(from_date="last")
    assert (oai.requests[-1]["from"], result.created, result.updated) == (RESPONSE_DATE[:10], 1, 0)


def test_before_the_first_complete_harvest_there_is_no_last(run: Run) -> None:
    with pytest.raises(BadInput, match="has not been harvested completely yet: leave out --from last"):
        run(from_date="last")


def test_daily_harvests_leave_few_rows(run: Run, oai: OaiArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    oai.add(1, 2, datestamp="2026-12-31T00:00:00Z")
    run()
    for day in range(1, 6):
        body = oai.document({}).replace(RESPONSE_DATE, f"2026-04-0{day}T00:00:00Z")
        oai.answers.append((200, {}, body))
        run(from_date="last")
    assert Harvest.select().count() == 1
    run(from_date="last")
    assert oai.requests[-1]["from"] == "2026-04-05"


def test_a_large_page_is_stored_in_batches(run: Run, oai: OaiArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harvesting.importing, "BATCH", 2)
    oai.page_size = 5
    oai.add(*range(1, 8))
    assert run().created == 7
    assert len(stored()) == 7


def test_entities_are_never_expanded(run: Run, oai: OaiArchive) -> None:
    oai.answers.extend([(200, {}, BOMB)] * 3)
    with pytest.raises(BadAnswer, match="document type"):
        run()


def test_a_response_that_is_too_large_is_not_read(run: Run, oai: OaiArchive) -> None:
    oai.add(1)
    with pytest.raises(RemoteFailed, match="larger than 100 bytes"):
        run(largest=100)


def test_control_characters_in_a_title_do_not_stop_a_page(run: Run, oai: OaiArchive) -> None:
    oai.add(1, metadata=datacite("A\x0bB"))
    run()
    assert attributes("1")["titles"] == [{"title": "A B"}]


@pytest.mark.parametrize(
    "url",
    ["ftp://x/oai", "file:///etc/passwd", "https://u:p@x/oai", "https://x/oai?verb=Identify", "https://x/#a", "x"],
)
def test_other_addresses_are_rejected(run: Run, url: str) -> None:
    with pytest.raises(BadInput):
        run(url=url)


@pytest.mark.parametrize("date", ["yesterday", "2026", "01.02.2026", "2026-01-01T00:00"])
def test_a_date_of_another_form_is_rejected(run: Run, date: str) -> None:
    with pytest.raises(BadInput, match="must be YYYY-MM-DD"):
        run(from_date=date)


def test_relations_of_dublin_core_are_counted(run: Run, oai: OaiArchive) -> None:
    oai.add(1, metadata=dublin_core(title="A", relation="https://example.org/other", source="a box"))
    assert run(prefix="oai_dc").relations == 1


def test_what_a_person_set_stays(run: Run, oai: OaiArchive) -> None:
    oai.add(1, metadata=dublin_core(title="A", identifier="https://example.org/old"))
    run(prefix="oai_dc")
    records.change_url(Record.get(), "https://example.org/new")
    (kept,) = run(prefix="oai_dc").protected
    assert (kept[1].field, Record.get().url) == ("url", "https://example.org/new")


def test_a_foreign_doi_is_never_ours(run: Run, oai: OaiArchive) -> None:
    oai.add(1, metadata=dublin_core(title="A", identifier="https://doi.org/10.1234/abc"))
    run(prefix="oai_dc")
    assert identifiers.fold(Record.get().foreign_doi) == "10.1234/abc"


def test_a_record_that_was_called_by_its_doi_gets_the_sources_object_id(run: Run, oai: OaiArchive) -> None:
    records.save("10.1234/ABC", metadata={"titles": [{"title": "A"}], "doi": "10.1234/ABC"})
    oai.add(1, metadata=dublin_core(title="B", identifier="https://doi.org/10.1234/abc"))
    would, done = run(prefix="oai_dc", dry_run=True), run(prefix="oai_dc")
    assert would.renamed == done.renamed == [(Record.get().object_id, "10.1234/ABC")]
    assert (stored(), done.created, Record.get().title) == (["1"], 0, "B")


def test_a_repository_with_a_harvest_can_be_removed(run: Run, oai: OaiArchive) -> None:
    oai.add(1, metadata="<none/>")
    run()
    change_settings.remove_repository("h")
    assert Harvest.select().count() == 0


@pytest.mark.parametrize(
    ("identifier", "local"),
    [
        ("oai:archive.example.org:123", "123"),
        ("OAI:a.org:col/1:2", "col/1:2"),
        ("oai:broken", "oai:broken"),
        ("urn:nbn:de:1", "urn:nbn:de:1"),
    ],
)
def test_the_local_part_of_an_identifier(identifier: str, local: str) -> None:
    assert local_part(identifier) == local
