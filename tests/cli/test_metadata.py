"""`metadata validate` and `convert`, `doi export`, `record check`, `funding import`."""

from __future__ import annotations

import functools
import http.server
import json
import shlex
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from doitui_core.errors import NoAnswer
from doitui_core.metadata import official_schema

Doitui = Callable[..., Any]

GOOD: dict[str, Any] = {
    "doi": "10.5072/good",
    "creators": [{"name": "Brandt, Ida"}],
    "titles": [{"title": "Letters"}],
    "publisher": "Hollin Archive",
    "publicationYear": 2020,
    "types": {"resourceTypeGeneral": "Text"},
}


@pytest.fixture
def document(tmp_path: Path) -> Callable[..., Path]:
    """A JSON file of `GOOD` with other attributes; None: without that one."""

    def write(name: str = "record.json", **changes: Any) -> Path:
        path = tmp_path / name
        attributes = {key: value for key, value in (GOOD | changes).items() if value is not None}
        path.write_text(json.dumps(attributes), encoding="utf-8")
        return path

    return write


def test_a_valid_document_needs_no_database(typed: Doitui, document: Callable[..., Path]) -> None:
    done = typed("metadata", "validate", document())
    assert (done.code, done.out, done.err) == (0, "1 document checked, 0 invalid\n", "")


#: Contents that are no documents, and a part of the reason.
UNREADABLE = {
    b"": "is empty",
    b"plain words": "is neither DataCite XML nor JSON",
    b'{"titles": [': "is no JSON",
    b"<resource": "",
    b"<a/>": "",
    b'<!DOCTYPE x [<!ENTITY a "b">]><resource xmlns="http://datacite.org/schema/kernel-4">&a;</resource>': "",
    b"[1, 2]": "not one document",
    b'{"a":' * 500 + b"1" + b"}" * 500: "nested",
    b"\x00\xff\xfe\x00": "",
}


def test_what_cannot_be_read_is_one_line_and_invalid(typed: Doitui, tmp_path: Path) -> None:
    wrong = []
    for content, reason in UNREADABLE.items():
        path = tmp_path / "x.xml"
        path.write_bytes(content)
        done = typed("metadata", "validate", path)
        if done.code != 1 or not done.complaint.startswith(f"{path}: ") or reason not in done.complaint:
            wrong.append((content[:40], done))
    assert wrong == []


def test_several_files_are_all_checked(typed: Doitui, document: Callable[..., Path], tmp_path: Path) -> None:
    files = (document("a.json"), tmp_path / "missing.json", document("b.json", titles=None))
    done = typed("metadata", "validate", *files, "--json")
    assert (done.code, [row["valid"] for row in done.json["documents"]]) == (1, [True, False, False])


def test_over_mds_more_is_lost(typed: Doitui, document: Callable[..., Path]) -> None:
    path = document(subjects=[{"subject": "x<y"}])
    plain, over_mds = (typed("metadata", "validate", path, *more, "--json") for more in ((), ("--mds",)))
    count = len(plain.json["documents"][0]["findings"])
    assert len(over_mds.json["documents"][0]["findings"]) > count


def test_converted_to_xml_and_back_it_is_the_same(typed: Doitui, document: Callable[..., Path], tmp_path: Path) -> None:
    first = typed("metadata", "convert", document(), "--to", "xml")
    assert first.code == 0, first.err
    path = tmp_path / "back.xml"
    path.write_text(first.out, encoding="utf-8")
    second = typed("metadata", "convert", path, "--to", "json")
    assert second.json == GOOD | {"publisher": {"name": "Hollin Archive"}}


def test_a_document_with_errors_is_converted_only_without_validation(
    typed: Doitui, document: Callable[..., Path]
) -> None:
    path = document(titles=None)
    done = typed("metadata", "convert", path, "--to", "xml")
    command = f"doitui metadata convert {path} --to xml --no-validate"
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines()[-1].endswith(f"fix the errors, or run `{command}`")
    assert typed(*command.split()[1:]).out.startswith("<?xml")


@pytest.mark.parametrize("name", ["my record.json", "o'hara.json", '"$HOME".json', "-r.json", "ä;b.json"])
def test_the_command_that_ignores_errors_can_be_run_as_it_is_printed(
    typed: Doitui, document: Callable[..., Path], name: str
) -> None:
    done = typed("metadata", "convert", document(name, titles=None), "--to", "xml")
    command = done.err.splitlines()[-1].partition("or run `")[2].removesuffix("`")
    assert command.endswith(" --no-validate")
    assert typed(*shlex.split(command)[1:]).out.startswith("<?xml")


def test_xml_needs_a_doi(typed: Doitui, document: Callable[..., Path]) -> None:
    done = typed("metadata", "convert", document(doi=None), "--to", "xml")
    assert (done.code, "doi: required in DataCite XML, missing (doi_missing)" in done.err) == (1, True)
    assert typed("metadata", "convert", document(doi=None), "--to", "json").code == 0


def test_one_file_is_one_document(typed: Doitui, tmp_path: Path) -> None:
    path = tmp_path / "two.jsonl"
    path.write_text("\n".join([json.dumps(GOOD)] * 2), encoding="utf-8")
    done = typed("metadata", "convert", path, "--to", "json")
    assert (done.code, "several documents" in done.complaint) == (2, True)


def test_a_hostile_title_sends_no_control_character_to_the_terminal(
    typed: Doitui, document: Callable[..., Path]
) -> None:
    path = document(titles=[{"title": "a\u009b31mb\u202ec"}])
    for form in ("json", "xml"):
        out = typed("metadata", "convert", path, "--to", form).out
        assert all(character.isprintable() or character == "\n" for character in out), out
    assert etree.fromstring(out.encode()).findtext(".//{*}title") == "a\u009b31mb\u202ec"


def test_a_doi_is_exported_as_it_is_sent(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    doi = doi_of("a")
    xml, by_record = (
        minted("doi", "export", doi, "--format", "xml"),
        minted(*("doi", "export", "--record", "a", "--format", "json")),
    )
    root = etree.fromstring(xml.out.encode())
    assert (root.findtext("{*}identifier"), root.findtext(".//{*}title")) == (doi, "Record a")
    assert by_record.json["doi"] == doi
    assert by_record.json["url"] == "https://archive.example.org/a"
    assert (xml.err, by_record.err) == ("", "")


def test_an_export_with_errors_names_the_command_without_validation(
    archive: Doitui, write: Callable[..., Path]
) -> None:
    archive("record", "import", write("a", publicationYear=None))
    archive("doi", "reserve", "a")
    done = archive("doi", "export", "--record", "a", "--format", "xml")
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines()[-1].endswith("`doitui doi export --record a --format xml --no-validate`")
    assert archive("doi", "export", "--record", "a", "--format", "xml", "--no-validate").code == 0


def test_an_unpublished_records_export_warns_of_registering_it_by_hand(minted: Doitui) -> None:
    minted("record", "unpublish", "a")
    done = minted("doi", "export", "--record", "a", "--format", "json")
    assert (done.code, "is not published: do not register" in done.complaint) == (0, True)


def test_an_export_needs_one_doi_or_record(minted: Doitui) -> None:
    assert minted("doi", "export", "--format", "xml").code == 2
    assert minted("doi", "export", "10.5072/x", "--record", "a", "--format", "xml").code == 2
    assert minted("doi", "export", "10.5072/nope", "--format", "xml").code == 2


def test_a_record_without_doi_says_how_to_get_one(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a"))
    done = archive("doi", "export", "--record", "a", "--format", "xml")
    assert (done.code, "doitui doi reserve a" in done.complaint) == (1, True)


def test_records_are_checked_by_finding(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a", "b", "c", creators=[{"name": "A"}, {"name": ""}], publicationYear=None))
    archive("record", "import", write("d", name="good.jsonl"))
    done = archive("record", "check", "--all", "--json")
    assert (done.code, done.json["records"], done.json["refused"]) == (1, 4, 3)
    years = [group for group in done.json["groups"] if group["code"] == "publication_year_missing"]
    assert [(group["records"], group["object_ids"]) for group in years] == [(3, ["a", "b", "c"])]
    assert [group["code"] for group in done.json["groups"] if group["remedy"] not in group["message"]] == []
    assert "or if that is unknown the year in which its DOI is registered" in years[0]["remedy"]
    assert archive("record", "check", "d").out == "1 record checked, 0 would be rejected\n"
    assert "error in 3 records: publicationYear" in archive("record", "check", "--all").out


def test_a_check_needs_ids_or_all(minted: Doitui) -> None:
    assert minted("record", "check").code == 2
    assert minted("record", "check", "a", "--all").code == 2
    assert minted("record", "check", "nope").code == 2
    assert minted("record", "check", "--all", "--repository", "h").code == 0


def test_imported_fundings_are_sent_with_the_next_update(
    minted: Doitui, doi_of: Callable[[str], str], tmp_path: Path
) -> None:
    path = tmp_path / "f.csv"
    path.write_text("object_id,funder_name,award_number\na,DFG,A 1\na,DFG,A 1\nz,DFG,\n", encoding="utf-8")
    dry = minted("funding", "import", path, "--dry-run")
    assert "2 fundings would be imported" in dry.out
    done = minted("funding", "import", path, "--json")
    assert (done.code, done.json["imported"], done.json["duplicates"], len(done.json["rejected"])) == (1, 1, 1, 1)
    assert f"{path}:4: there is no record 'z'" in done.err
    doi = doi_of("a")
    assert "changed" in minted("doi", "show", doi, "--json").json["marks"]
    assert minted("doi", "update", doi, "--now").code == 0
    sent = minted("doi", "history", doi, "--json").json["attempts"]
    assert "A 1" in json.dumps(sent)


def test_the_official_schema_is_a_second_opinion(
    typed: Doitui, document: Callable[..., Path], shared: Path, tmp_path: Path
) -> None:
    valid, invalid = document("a.json"), document("b.json", language="x y z")
    missing = typed("metadata", "validate", valid, "--xsd")
    assert (missing.code, "doitui schema install" in missing.complaint) == (3, True)
    archive = shutil.make_archive(str(tmp_path / "kernel"), "zip", shared / "data" / "kernel-4")
    for source in (shared / "data" / "kernel-4", archive):
        done = typed("schema", "install", "--from", source)
        assert (done.code, done.out.startswith("schema installed in ")) == (0, True)
        assert typed("metadata", "validate", valid, "--xsd").code == 0
    found = typed("metadata", "validate", invalid, "--xsd", "--json").json["documents"][0]["findings"]
    assert [finding for finding in found if finding["code"] == "xsd" and "language" in finding["message"]]


def test_a_bad_schema_does_not_replace_a_good_one(
    typed: Doitui, document: Callable[..., Path], shared: Path, tmp_path: Path
) -> None:
    typed("schema", "install", "--from", shared / "data" / "kernel-4")
    xs = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{}</xs:schema>'
    contents = {
        "no XML": "nonsense",
        "no schema": "<a/>",
        "an included file is missing": xs.format('<xs:include schemaLocation="include/none.xsd"/>'),
        "outside": xs.format('<xs:include schemaLocation="../../../etc/passwd"/>'),
        "on the network": xs.format('<xs:include schemaLocation="http://example.org/a.xsd"/>'),
        "not usable": xs.format('<xs:element name="a" type="unknown"/>'),
        "large": xs.format("<!--" + "x" * 1024 * 1024 + "-->"),
    }
    wrong = []
    for name, content in contents.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "metadata.xsd").write_text(content)
        done = typed("schema", "install", "--from", folder)
        if done.code != 2 or done.err.count("\n") != 1:
            wrong.append((name, done))
    wrong += [
        done
        for source in (tmp_path / "nowhere", document())
        if (done := typed("schema", "install", "--from", source)).code != 2
    ]
    assert wrong == []
    assert typed("metadata", "validate", document(), "--xsd").code == 0


def test_the_schema_is_downloaded_with_all_its_files(shared: Path, home: Path) -> None:
    folder = shared / "data" / "kernel-4"
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        installed = official_schema.install(url=f"{address}/metadata.xsd")
        with pytest.raises(NoAnswer, match=r"HTTP 404.*--from"):
            official_schema.install(url=f"{address}/none/metadata.xsd")
        server.shutdown()
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.xsd"))
    assert sorted(str(path.relative_to(installed)) for path in installed.rglob("*.xsd")) == names
    with pytest.raises(NoAnswer):
        official_schema.install(url=f"{address}/metadata.xsd")


KERNEL_3 = """<resource xmlns="http://datacite.org/schema/kernel-3">
<identifier identifierType="DOI">10.5072/old</identifier>
<creators><creator><creatorName>Brandt, Ida</creatorName></creator></creators>
<titles><title>Letters</title></titles><publisher>Hollin</publisher><publicationYear>2012</publicationYear>
<geoLocations><geoLocation><geoLocationPoint>31.2 -67.3</geoLocationPoint></geoLocation></geoLocations></resource>"""


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    path = tmp_path / "old.xml"
    path.write_text(KERNEL_3, encoding="utf-16")
    return path


def test_validation_tells_what_a_kernel_3_document_becomes(typed: Doitui, old_file: Path) -> None:
    [document] = json.loads(typed("metadata", "validate", old_file, "--json").out)["documents"]

    assert document["valid"]
    assert [(found["code"], found["path"]) for found in document["findings"]] == [
        ("kernel_3", "schemaVersion"),
        ("upgraded", "types.resourceTypeGeneral"),
        ("upgraded", "geoLocations[0].geoLocationPoint"),
    ]


def test_converting_tells_what_a_kernel_3_document_becomes(typed: Doitui, old_file: Path) -> None:
    done = typed("metadata", "convert", old_file, "--to", "xml")

    assert (done.code, len(done.err.splitlines())) == (0, 3)
    assert etree.fromstring(done.out.encode()).tag == "{http://datacite.org/schema/kernel-4}resource"
