"""Plurals and lists of names, as logs, mails and screens show them."""

from __future__ import annotations

from doitui_core.text import list_ids, list_names, plural


def test_a_count_has_the_right_plural() -> None:
    found = [plural(1, "job"), plural(0, "job"), plural(2000, "job"), plural(2000, "job", grouped=True)]
    found += [plural(1, "job is", "jobs are"), plural(1000, "job is", "jobs are", grouped=True)]

    assert found == ["1 job", "0 jobs", "2000 jobs", "2,000 jobs", "1 job is", "1,000 jobs are"]


def test_a_long_list_of_names_is_cut() -> None:
    assert [list_names("ab", 2), list_names("abc", 2), list_names("abc", 2, " ")] == ["a, b", "a, b …", "a b …"]


def test_one_id_stands_alone_and_many_are_counted() -> None:
    found = [list_ids([12], "job"), list_ids([3, 4], "job"), list_ids(range(9), "job")]

    assert found == ["job 12", "2 jobs: 3, 4", "9 jobs: 0, 1, 2, 3, 4, 5, 6, 7 …"]
