"""What we write is JSON that every program reads, whatever a number was."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import falcon
import pytest

from doitui.web.common import bodies
from doitui_core.config import repositories
from doitui_core.db.models import Record
from doitui_core.dois import datacite_document, reservations
from doitui_core.domain import strict_json
from doitui_core.domain.answer import Answer
from doitui_core.errors import BadInput
from doitui_core.records import reading
from doitui_core.views import doi_page

#: Numbers that Python reads, and JSON does not have.
NONE = ["Infinity", "-Infinity", "NaN", "1e999", "-1E+400"]


@pytest.mark.parametrize("number", NONE)
def test_a_number_that_json_does_not_have_is_refused_where_documents_come_in(tmp_path: Path, number: str) -> None:
    text = f'{{"titles": [{{"title": "T"}}], "geoLocations": [{{"geoLocationPoint": {{"pointLatitude": {number}}}}}]}}'
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"number"):
        strict_json.loads(text)
    (found,) = reading.read(path)
    assert isinstance(found, reading.Unread)
    with pytest.raises(falcon.HTTPError, match="400"):
        bodies.parse(text.encode())


@pytest.mark.parametrize("number", NONE)
def test_in_an_answer_it_is_nothing(number: str) -> None:
    assert Answer(200, {}, f'{{"a": {number}, "b": 1.5}}').document == {"a": None, "b": 1.5}


def test_what_is_written_is_null_instead() -> None:
    text = strict_json.dumps({"a": [math.inf, 1.5, (math.nan,)], math.inf: "key", "b": {"c": -math.inf}})
    assert json.loads(text, parse_constant=pytest.fail) == {"a": [None, 1.5, [None]], "inf": "key", "b": {"c": None}}


def test_python_code_cannot_store_it(a_record: Callable[..., Record]) -> None:
    with pytest.raises(BadInput, match="'ms-1' contains a number that JSON cannot write"):
        a_record("ms-1", metadata={"geoLocations": [{"geoLocationPoint": {"pointLatitude": math.inf}}]})


def test_what_was_stored_before_is_sent_and_shown_without_it(a_record: Callable[..., Record]) -> None:
    record = a_record("ms-1")
    kept = record.metadata[:-1] + ', "sizes": [Infinity]}'
    Record.update(metadata=kept).where(Record.id == record.id).execute()
    record = Record.get_by_id(record.id)
    sent = datacite_document.attributes(record, repositories.config(record.repository))
    assert (sent["sizes"], doi_page.load(reservations.reserve(record).id).metadata["sizes"]) == ([None], [None])
