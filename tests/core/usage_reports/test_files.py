"""Reports on the disk: whole or not at all."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from doitui_core.errors import BadInput
from doitui_core.usage_reports.files import write_lines, write_parts
from doitui_core.usage_reports.parts import Part

PLAIN = Part(1, b"{}", False, 1)


def packed(number: int) -> Part:
    return Part(number, b"\x1f\x8b", True, 1)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: the nearest to a full disk that a test can have."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_one_part_is_one_file(tmp_path: Path) -> None:
    assert write_parts(tmp_path, "r", [PLAIN]) == [tmp_path / "r.json"]


def test_the_file_holds_what_is_sent(tmp_path: Path) -> None:
    write_parts(tmp_path, "r", [PLAIN])
    assert (tmp_path / "r.json").read_bytes() == PLAIN.body


def test_several_parts_are_numbered(tmp_path: Path) -> None:
    write_parts(tmp_path, "r", [packed(1), packed(2)])
    assert names(tmp_path) == ["r.001.json.gz", "r.002.json.gz"]


def test_a_table_is_a_file(tmp_path: Path) -> None:
    write_lines(tmp_path, "r", (f"{n}\n" for n in range(2500)))
    assert (tmp_path / "r.tsv").read_text(encoding="utf-8").splitlines() == [str(n) for n in range(2500)]


def test_the_folder_is_made(tmp_path: Path) -> None:
    write_parts(tmp_path / "a" / "b", "r", [PLAIN])
    assert names(tmp_path / "a" / "b") == ["r.json"]


def test_parts_of_an_earlier_build_go(tmp_path: Path) -> None:
    write_parts(tmp_path, "r", [packed(1), packed(2), packed(3)])
    write_parts(tmp_path, "r", [packed(1), packed(2)])
    assert names(tmp_path) == ["r.001.json.gz", "r.002.json.gz"]


def test_files_of_others_stay(tmp_path: Path) -> None:
    others = ["r-2.json", "r.json.bak", "r.txt", "r.tsv", "s.001.json.gz"]
    for name in others:
        (tmp_path / name).touch()
    write_parts(tmp_path, "r", [PLAIN])
    assert names(tmp_path) == sorted([*others, "r.json"])


def test_without_parts_nothing_is_written_and_nothing_goes(tmp_path: Path) -> None:
    write_parts(tmp_path, "r", [PLAIN])
    assert (write_parts(tmp_path, "r", []), names(tmp_path)) == ([], ["r.json"])


def test_a_build_that_breaks_leaves_all_as_it_was(tmp_path: Path) -> None:
    write_parts(tmp_path, "r", [PLAIN])

    def broken() -> Iterator[Part]:
        yield packed(1)
        raise BadInput("it broke")

    with pytest.raises(BadInput, match="it broke"):
        write_parts(tmp_path, "r", broken())
    assert (names(tmp_path), (tmp_path / "r.json").read_bytes()) == (["r.json"], PLAIN.body)


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    with full_disk(1000), pytest.raises(BadInput, match="cannot be written to: File too large"):
        write_parts(tmp_path, "r", [PLAIN, Part(2, b"x" * 2000, True, 1)])
    assert names(tmp_path) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(BadInput, match="f cannot be written to: File exists"):
        write_parts(tmp_path / "f", "r", [PLAIN])
