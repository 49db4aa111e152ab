"""Keyset paging: every row comes once, with any page size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]

LISTS = {
    "doi list": ("dois", "doi"),
    "doi list --state findable": ("dois", "doi"),
    "doi list --repository h": ("dois", "doi"),
    "doi list --query Record": ("dois", "doi"),
    "queue list": ("jobs", "id"),
    "queue list --status completed": ("jobs", "id"),
    "record list": ("records", "object_id"),
    "record list --repository h": ("records", "object_id"),
}


@pytest.fixture
def seven(archive: Doitui, write: Callable[..., Path]) -> Doitui:
    archive("record", "import", write(*"abcdefg"))
    archive("batch", "mint", "--all")
    archive("work", "--drain", "--threads", "1")
    return archive


def pages(doitui: Doitui, command: str, limit: int) -> Iterator[list[dict[str, Any]]]:
    after: tuple[str, ...] = ()
    while True:
        found = doitui(*command.split(), "--limit", limit, *after, "--json").json
        yield found[LISTS[command][0]]
        if found["next"] is None:
            return
        after = ("--after", found["next"])


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
@pytest.mark.parametrize("command", LISTS)
def test_all_pages_together_are_the_whole_list(seven: Doitui, command: str, limit: int) -> None:
    kind, key = LISTS[command]
    whole = [row[key] for row in seven(*command.split(), "--limit", 0, "--json").json[kind]]
    assert [row[key] for page in pages(seven, command, limit) for row in page] == whole
    assert len(whole) == 7


def test_no_page_is_longer_than_its_limit(seven: Doitui) -> None:
    assert [len(page) for page in pages(seven, "doi list", 3)] == [3, 3, 1]


def test_the_newest_mint_comes_first(seven: Doitui) -> None:
    times = [row["minted_at"] for row in seven("doi", "list", "--json").json["dois"]]
    assert times == sorted(times, reverse=True)


def test_without_json_a_page_names_the_key_of_the_next(seven: Doitui) -> None:
    key = seven("queue", "list", "--limit", 3, "--json").json["next"]
    assert seven("queue", "list", "--limit", 3).complaint == f"more: --after {key}"


def test_the_last_page_names_no_next_page(seven: Doitui) -> None:
    assert seven("queue", "list", "--limit", 7).err == ""


def test_a_query_finds_parts_of_titles(seven: Doitui) -> None:
    found = seven("doi", "list", "--query", "Record c", "--json").json["dois"]
    assert [row["object_id"] for row in found] == ["c"]


def test_an_empty_list_says_so(archive: Doitui) -> None:
    assert archive("doi", "list").complaint == "no DOIs"
