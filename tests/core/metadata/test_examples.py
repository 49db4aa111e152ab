"""Every official example of 4.6 and 4.7 arrives whole and is found to be right."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from doitui_core.metadata import build, compare, from_json, from_xml, validate

_WHERE = Path(os.environ.get("DOITUI_SHARED", Path(__file__).parents[4] / "shared")) / "data" / "kernel-4-examples"
_EXAMPLES = sorted(path.relative_to(_WHERE).as_posix() for path in _WHERE.glob("kernel-4.*/*.xml"))
_NOT_DATA = ("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation", "identifierType")

every_example = pytest.mark.parametrize("name", _EXAMPLES or ["none"])


@pytest.fixture
def example(shared: Path, name: str) -> bytes:
    return (shared / "data" / "kernel-4-examples" / name).read_bytes()


def folded(value: object) -> str:
    try:
        return repr(float(str(value)))
    except ValueError:
        return " ".join(str(value).split())


def values_of_xml(data: bytes) -> Iterator[str]:
    for element in etree.fromstring(data).iter(etree.Element):
        yield from (value for name, value in element.attrib.items() if name not in _NOT_DATA)
        if not len(element) and element.text and element.text.strip():
            yield element.text


def values_of_json(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from values_of_json(item)
    elif isinstance(value, list):
        for item in value:
            yield from values_of_json(item)
    else:
        yield value


def test_all_thirty_examples_are_there(shared: Path) -> None:
    counts = Counter(name.partition("/")[0] for name in _EXAMPLES)

    assert counts == {"kernel-4.6": 13, "kernel-4.7": 17}


@every_example
def test_every_text_and_attribute_of_the_file_arrives(example: bytes) -> None:
    arrived = Counter(map(folded, values_of_json(from_xml.parse(example))))

    assert Counter(map(folded, values_of_xml(example))) - arrived == Counter()


@every_example
def test_nothing_arrives_that_the_file_does_not_have(example: bytes) -> None:
    arrived = Counter(map(folded, values_of_json(from_xml.parse(example))))

    assert arrived - Counter(map(folded, values_of_xml(example))) == Counter()


@every_example
def test_an_official_example_has_no_errors(example: bytes) -> None:
    errors = [finding for finding in validate.check(from_xml.parse(example)) if finding.level == "error"]

    assert errors == []


@every_example
def test_an_official_example_is_in_canonical_form_already(example: bytes) -> None:
    attributes = from_xml.parse(example)

    assert from_json.canonical(attributes) == attributes


@every_example
def test_an_official_example_has_no_unknown_attributes(example: bytes) -> None:
    assert from_json.unknown(from_xml.parse(example)) == []


@every_example
def test_what_is_sent_is_no_different_from_itself(example: bytes) -> None:
    attributes = from_xml.parse(example)
    sent = build.document(attributes, doi=attributes["doi"], url="https://repo.example.org/1")

    assert compare.differences(sent, sent) == []
