"""What DataCite changes or loses in XML: warned of before, a difference after, and never simply verified."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doitui.web.dois import doi_ingest
from doitui_core.delivery import verification
from doitui_core.dois import targets
from doitui_core.metadata import markup
from doitui_core.metadata.dates import is_edtf
from doitui_core.operations import comparing, doi_actions
from doitui_core.records import record_lookup

DESCRIPTION = {"descriptionType": "Abstract"}
RELATED = {"relatedIdentifierType": "DOI", "relationType": "Cites"}

#: Block -> (its value, the code of the warning, its path)
CHANGED: dict[str, tuple[dict[str, Any], str, str]] = {
    "less than": ({"titles": [{"title": "Where x<y holds"}]}, "changed_by_xml", "titles[0].title"),
    "less than with blanks": ({"titles": [{"title": "Where x < y"}]}, "changed_by_xml", "titles[0].title"),
    "ampersand": ({"subjects": [{"subject": "Salt & ash"}]}, "changed_by_xml", "subjects[0].subject"),
    "greater than": (
        {"descriptions": [{"description": "T > 5", **DESCRIPTION}]},
        "changed_by_xml",
        "descriptions[0].description",
    ),
    "paragraph": (
        {"descriptions": [{"description": "<p>One</p>", **DESCRIPTION}]},
        "changed_by_xml",
        "descriptions[0].description",
    ),
    "size": ({"sizes": ["< 5 MB"]}, "changed_by_xml", "sizes[0]"),
    "open range": ({"dates": [{"date": "2020-01/", "dateType": "Coverage"}]}, "date_open", "dates[0].date"),
    "junk date": ({"dates": [{"date": "soon", "dateType": "Coverage"}]}, "date_syntax", "dates[0].date"),
    "time without seconds": (
        {"dates": [{"date": "2020-01-01T10:00Z", "dateType": "Coverage"}]},
        "date_lost",
        "dates[0].date",
    ),
    "fraction of a second": (
        {"dates": [{"date": "2020-01-01T10:00:00.5Z", "dateType": "Coverage"}]},
        "date_lost",
        "dates[0].date",
    ),
    "no DOI": (
        {"relatedIdentifiers": [{"relatedIdentifier": "see there", **RELATED}]},
        "lost_over_xml",
        "relatedIdentifiers[0].relatedIdentifier",
    ),
    "alternate DOI": (
        {"identifiers": [{"identifier": "10.5072/b", "identifierType": "doi"}]},
        "lost_over_xml",
        "identifiers[0].identifierType",
    ),
    "content": ({"contentUrl": ["https://a.example.org/1.pdf"]}, "not_sent", "contentUrl"),
}

UNCHANGED: dict[str, dict[str, Any]] = {
    "plain": {},
    "letters": {"titles": [{"title": "Ärger in 北村 – “quoted” 'so'"}]},
    "kept tags": {"titles": [{"title": "On <i>Salicornia</i> and H<sub>2</sub>O"}]},
    "white space": {"descriptions": [{"description": "One\n  two\tthree", **DESCRIPTION}]},
    "dates": {
        "dates": [
            {"date": "2004-03-02/open", "dateType": "Valid"},
            {"date": "2019~", "dateType": "Created"},
            {"date": "2020-01-01T10:00:00Z", "dateType": "Updated"},
            {"date": ":unav", "dateType": "Accepted"},
        ]
    },
    "DOI in capitals": {"relatedIdentifiers": [{"relatedIdentifier": "https://doi.org/10.5072/ABC", **RELATED}]},
    "names": {"creators": [{"name": "Sons & Daughters <Ltd>"}]},
}


@pytest.fixture
def mds_house(house: Any) -> Any:
    house.settings(transport="mds")
    return house


def verified(house: Any, changes: dict[str, dict[str, Any]]) -> None:
    for name, document in changes.items():
        house.record(name.replace(" ", "-"), **document)
        doi_actions.mint(name.replace(" ", "-"))
    house.work()
    house.later(hours=25)
    verification.queue_due(24, actor="test")
    house.work()


def test_each_is_warned_of_before(mds_house: Any) -> None:
    missing = {}
    for name, (document, code, path) in CHANGED.items():
        mds_house.record(name, **document)
        told = [(found.level, found.code, found.path) for found in targets.check(record_lookup.find(name))]
        if ("warning", code, path) not in told:
            missing[name] = told
    assert missing == {}


def test_over_rest_nobody_is_warned_of_mds(house: Any) -> None:
    codes = set()
    for name, (document, _, _) in CHANGED.items():
        house.record(name, **document)
        codes |= {found.code for found in targets.check(record_lookup.find(name))}
    assert codes & {"changed_by_xml", "date_lost", "lost_over_xml", "not_sent"} == set()


def test_each_is_a_difference_after_and_no_silent_verified(mds_house: Any) -> None:
    verified(mds_house, {name: document for name, (document, _, _) in CHANGED.items()})
    silent = {}
    for name, (_, _, path) in CHANGED.items():
        block, row = path.partition(".")[0].partition("[")[0], mds_house.doi(name.replace(" ", "-"))
        told = mds_house.log(name.replace(" ", "-"))[-1].detail
        fields = [found.field.partition(".")[0] for found in comparing.ask(row.id).differences]
        if (row.api_check, block in told, fields) != ("mismatch", True, [block]):
            silent[name] = (row.api_check, told, fields)
    assert silent == {}


def test_what_is_kept_as_sent_has_no_warning_and_is_verified(mds_house: Any) -> None:
    verified(mds_house, UNCHANGED)
    told = {"changed_by_xml", "date_lost", "lost_over_xml", "not_sent"}
    wrong = {}
    for name in UNCHANGED:
        object_id = name.replace(" ", "-")
        warned = {found.code for found in targets.check(record_lookup.find(object_id))} & told
        differences = comparing.ask(mds_house.doi(object_id).id).differences
        if warned or differences or mds_house.doi(object_id).api_check != "verified":
            wrong[name] = (warned, differences, mds_house.log(object_id)[-1].detail)
    assert wrong == {}


def test_over_rest_the_same_documents_are_kept_as_sent(house: Any) -> None:
    verified(house, {name: document for name, (document, _, _) in CHANGED.items()})
    rows = [house.doi(name.replace(" ", "-")) for name in CHANGED]
    assert {row.doi: row.api_check for row in rows if row.api_check != "verified"} == {}


PIECES = st.sampled_from(
    ["<", ">", "&", "i", "/", "<i>", "</i>", "<b>", "</b>", "<br>", " ", "y", "!", "&amp;", "--", "ä"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=8).map("".join))
def test_whatever_text_the_reader_changes_is_foreseen(text: str) -> None:
    if doi_ingest.sanitized(text) != " ".join(text.split()):
        assert markup.changed_by_xml(text)


@settings(max_examples=300, deadline=None)
@given(st.text("012-/~?uT:Z.op", max_size=12) | st.sampled_from(["2020-01/", "2020-01/open", "unknown/2020", "2019~"]))
def test_whatever_date_the_reader_drops_is_foreseen(text: str) -> None:
    kept = doi_ingest.stored({"dates": [{"date": text, "dateType": "Other"}]}).get("dates")
    assert not is_edtf(text) or kept
