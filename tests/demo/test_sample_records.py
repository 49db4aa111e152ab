"""The sample records of `doitui demo`: the valid ones are valid, the broken ones have the expected error."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

RECORDS = Path(__file__).resolve().parents[2] / "doitui" / "demo" / "records"
KERNEL = {"k": "http://datacite.org/schema/kernel-4"}

BROKEN = {
    "cut-off.json": "the JSON ends in the middle of a string",
    "no-creators.json": "creators are missing",
    "no-title.json": "titles are missing",
    "not-well-formed.xml": "an ampersand is not escaped",
    "second-MS-0112.jsonl": "its object id belongs to a record of archive.jsonl",
    "type-in-wrong-case.json": "resourceTypeGeneral is 'dataset' and not 'Dataset'",
}

JSON_LINES = [
    json.loads(line)
    for path in sorted(RECORDS.glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]
JSON_FILES = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RECORDS.glob("datasets/*.json"))]
XML_FILES = sorted(RECORDS.glob("software/*.xml"))


def attributes(document: dict[str, Any]) -> dict[str, Any]:
    """The DataCite attributes, bare or inside a JSON:API document."""
    return document["data"]["attributes"] if "data" in document else document


def object_id_of_json(document: dict[str, Any]) -> str | None:
    bare = attributes(document)
    local = (row["identifier"] for row in bare.get("identifiers", []) if row["identifierType"] == "Local")
    return bare.get("object_id") or next(local, None)


def object_id_of_xml(path: Path) -> str | None:
    root = etree.parse(path).getroot()
    local = root.findtext(".//k:alternateIdentifier[@alternateIdentifierType='Local']", namespaces=KERNEL)
    doi = root.findtext("k:identifier[@identifierType='DOI']", namespaces=KERNEL)
    return local or (doi if doi and doi.startswith("10.5072/") else None)


def good_object_ids() -> list[str | None]:
    documents = [object_id_of_json(case) for case in JSON_LINES + JSON_FILES]
    return documents + [object_id_of_xml(case) for case in XML_FILES]


def broken_json(name: str) -> dict[str, Any]:
    return attributes(json.loads((RECORDS / "broken" / name).read_text(encoding="utf-8")))


def test_there_are_at_least_36_good_records() -> None:
    assert len(JSON_LINES) + len(JSON_FILES) + len(XML_FILES) >= 36


def test_no_two_good_records_have_the_same_object_id() -> None:
    assert [object_id for object_id, times in Counter(good_object_ids()).items() if times > 1] == []


def test_a_json_record_has_every_mandatory_field_and_an_object_id(check_all: Callable[..., None]) -> None:
    def check(document: dict[str, Any]) -> None:
        bare = attributes(document)
        assert object_id_of_json(document)
        assert all(creator["name"].strip() for creator in bare["creators"])
        assert all(title["title"].strip() for title in bare["titles"])
        assert bare["creators"]
        assert bare["titles"]
        assert bare["publisher"]
        assert 1000 <= bare["publicationYear"] <= 9999
        assert bare["types"]["resourceTypeGeneral"]

    check_all(check, JSON_LINES + JSON_FILES)


def test_the_single_documents_come_both_bare_and_as_json_api() -> None:
    assert {"data" in case for case in JSON_FILES} == {True, False}


def test_an_xml_record_is_well_formed_and_carries_a_local_identifier_or_its_own_doi(
    check_all: Callable[..., None],
) -> None:
    def check(path: Path) -> None:
        assert object_id_of_xml(path)

    check_all(check, XML_FILES)


def test_an_xml_record_has_every_mandatory_text(check_all: Callable[..., None]) -> None:
    def check(path: Path, field: str) -> None:
        assert (etree.parse(path).findtext(f"k:{field}", namespaces=KERNEL) or "").strip()

    check_all(check, XML_FILES, ["creators/k:creator/k:creatorName", "titles/k:title", "publisher", "publicationYear"])


@pytest.mark.parametrize("path", XML_FILES)
def test_an_xml_record_names_its_general_type(path: Path) -> None:
    assert etree.parse(path).getroot().xpath("string(k:resourceType/@resourceTypeGeneral)", namespaces=KERNEL)


def test_only_the_tide_model_brings_its_own_doi() -> None:
    own = [name for name in good_object_ids() if name and name.startswith("10.")]
    assert own == ["10.5072/hollin-tide-model"]


def test_every_broken_file_is_named_with_its_reason() -> None:
    assert {path.name for path in (RECORDS / "broken").iterdir()} == set(BROKEN)


@pytest.mark.parametrize(
    ("name", "parse", "error"),
    [
        ("cut-off.json", json.loads, json.JSONDecodeError),
        ("not-well-formed.xml", etree.fromstring, etree.XMLSyntaxError),
    ],
)
def test_a_file_said_to_be_unreadable_cannot_be_parsed(
    name: str, parse: Callable[[bytes], object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        parse((RECORDS / "broken" / name).read_bytes())


@pytest.mark.parametrize(("name", "missing"), [("no-creators.json", "creators"), ("no-title.json", "titles")])
def test_a_record_said_to_lack_a_mandatory_field_lacks_only_that_one(name: str, missing: str) -> None:
    mandatory = {"creators", "titles", "publisher", "publicationYear", "types"}
    assert mandatory - broken_json(name).keys() == {missing}


def test_the_type_in_wrong_case_is_only_that() -> None:
    assert broken_json("type-in-wrong-case.json")["types"]["resourceTypeGeneral"] == "dataset"


def test_the_duplicate_has_the_object_id_of_a_good_record() -> None:
    assert broken_json("second-MS-0112.jsonl")["object_id"] in good_object_ids()
