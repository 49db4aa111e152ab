"""Whatever a file holds, `metadata validate` says so in one line, with little memory and without a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HUNDRED_MB = 100_000_000

#: The most that the process may take. MB.
MEMORY = 400

CORE = (
    '{"doi":"10.5072/a","creators":[{"name":"A"}],"titles":[{"title":"T"}],"publisher":{"name":"P"},'
    '"publicationYear":2020,"types":{"resourceTypeGeneral":"Text"}'
)
XML = '<resource xmlns="http://datacite.org/schema/kernel-4"><titles>'
ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
BOMB = f'<!DOCTYPE resource [<!ENTITY a0 "{"x" * 100}">{ENTITIES}]>{XML}<title>&a11;</title></titles></resource>'

#: Runs a command and prints its exit code, the most memory it took (KB), and its complaints.
MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
print(json.dumps([done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, done.stderr]))
"""


def rows(block: str, row: str, count: int) -> str:
    """A document with a block of `count` rows, and a last one that is empty."""
    return f'{CORE},"{block}":[{f"{row}," * count}{{}}]}}'


def large(start: str, item: str, end: str, size: int = 30_000_000) -> Callable[[], Iterator[str]]:
    many = max(1, 1_000_000 // len(item))
    return lambda: iter((start, *(item * many for _ in range(size // len(item * many))), end))


def text(content: str) -> Callable[[], Iterator[str]]:
    return lambda: iter((content,))


TOO_LARGE = "is larger than 20 MB"
MANY = "has more than 1,000,000 values"

#: Name of the file -> its content in parts, the exit code, and a part of what is said.
FILES: dict[str, tuple[Callable[[], Iterator[str]], int, str]] = {
    "text.json": (large(f'{CORE},"version":"', "x", '"}', HUNDRED_MB), 1, TOO_LARGE),
    "values.json": (large(f'{CORE},"sizes":[', '"ab",', '"a"]}'), 1, TOO_LARGE),
    "text.xml": (large(f"{XML}<title>", "x", "</title></titles></resource>", HUNDRED_MB), 1, TOO_LARGE),
    "elements.xml": (large(XML, "<title>x</title>", "</titles></resource>"), 1, TOO_LARGE),
    "blanks.json": (large("", " ", "{}"), 1, "is empty"),
    "one line.jsonl": (large(f'{CORE},"version":"', "x", '"}'), 1, f":1: {TOO_LARGE}"),
    "lines.jsonl": (large("", f'{CORE},"version":"{"x" * 100_000}"}}\n', "", HUNDRED_MB), 0, ""),
    "one line.csv": (large("object_id,title\n1,", "x", "\n"), 1, "a line has more than"),
    "first line.csv": (large("object_id,title,", "x", "\n"), 1, "a line has more than"),
    "open quote.csv": (large('object_id,title\n1,"', "x\n", "", HUNDRED_MB), 1, "is no CSV"),
    "noise.bin": (large("", "\x00\x01\x7f", "", HUNDRED_MB), 1, "neither DataCite XML nor JSON"),
    "bomb.xml": (text(BOMB), 1, "invalid XML"),
    "deep.json": (text('{"titles":' * 1_000_000), 1, "levels deep"),
    "deep.xml": (text(f"{XML}{'<title>' * 300_000}"), 1, "invalid XML"),
    "cut.json": (text(CORE), 1, "is no JSON"),
    "cut.xml": (text(XML), 1, "invalid XML"),
    "many dicts.json": (text(rows("sizes", "{}", 4_000_000)), 1, MANY),
    "many elements.xml": (text(f"{XML}{'<b/>' * 4_000_000}</titles></resource>"), 1, MANY),
    # Within all limits, and as much as they allow.
    "errors.json": (text(rows("dates", '{"date":"x","dateType":"y"}', 330_000)), 1, ""),
    "inner errors.json": (text(f'{CORE},"geoLocations":[{{"geoLocationPolygon":[{"{}," * 400_000}1]}}]}}'), 1, ""),
    "titles.json": (text(rows("titles", '{"title":"x"}', 480_000)), 0, ""),
    "titles.xml": (text(f"{XML}{'<title>x</title>' * 330_000}</titles></resource>"), 1, ""),
    "wide text.json": (text(f'{CORE},"version":"{chr(0x1F600) * 4_900_000}"}}'), 0, ""),
}


@pytest.mark.parametrize("name", FILES)
def test_no_file_takes_more_memory_than_there_is(name: str, tmp_path: Path) -> None:
    parts, code, reason = FILES[name]
    path = tmp_path / name
    with path.open("w", encoding="utf-8") as file:
        file.writelines(parts())
    command = [sys.executable, "-c", MEASURE, sys.executable, "-m", "doitui", "metadata", "validate", str(path)]
    measured = subprocess.run(command, capture_output=True, text=True, check=True)
    returned, memory, complaint = json.loads(measured.stdout)
    path.unlink()
    lines = len(complaint.splitlines())
    assert (returned, reason in complaint, lines, memory // 1000 < MEMORY) == (code, True, bool(reason), True), (
        memory,
        complaint[:300],
    )


def test_of_many_faults_the_first_are_listed_with_their_rows(typed: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    good, bad = '{"date":"2020","dateType":"Issued"}', '{"date":"2020","dateType":"issued"}'
    path.write_text(f'{CORE},"dates":[{",".join([good] * 2500 + [bad])}]}}', encoding="utf-8")
    (document,) = typed("metadata", "validate", path, "--json").json["documents"]
    assert [finding["path"] for finding in document["findings"]] == ["dates[2500].dateType"]
    path.write_text(f'{CORE},"dates":[{",".join([bad] * 2500)}]}}', encoding="utf-8")
    (document,) = typed("metadata", "validate", path, "--json").json["documents"]
    assert len(document["findings"]) == 1000


def test_a_fault_far_down_in_a_row_is_found(typed: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "far.json"
    good, bad = '{"name":"U"}', "7"
    path.write_text(
        f'{CORE},"contributors":[{{"name":"A","contributorType":"Editor","affiliation":'
        f"[{','.join([good] * 2500 + [bad])}]}}]}}",
        encoding="utf-8",
    )
    (document,) = typed("metadata", "validate", path, "--json").json["documents"]
    assert [finding["path"] for finding in document["findings"]] == ["contributors[0].affiliation[2500]"]
