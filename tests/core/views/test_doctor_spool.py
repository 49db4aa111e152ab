"""What the doctor says of the directory that the website and the worker share."""

from __future__ import annotations

from collections.abc import Callable

from doitui_core.views import doctor_spool


def test_modes_of_the_spool(check_all: Callable[..., None]) -> None:
    fixes = {
        0o700: [],
        0o750: [],
        0o2770: [],
        0o770: ["chmod g+s /s"],
        0o2775: ["chmod o-rwx /s"],
        0o777: ["chmod o-rwx /s", "chmod g+s /s"],
    }

    def check(mode: int) -> None:
        assert [one.remedy for one in doctor_spool.modes("/s", mode)] == fixes[mode]

    check_all(check, fixes)


def test_who_is_not_in_the_group_of_a_shared_spool_is_told_how_to_join() -> None:
    assert doctor_spool.membership(0o2770, "web", "ida") == "sudo usermod -aG web ida   # then log in again"


def test_a_spool_of_one_user_is_not_joined() -> None:
    assert doctor_spool.membership(0o700, "web", "ida") == ""


def test_ids_without_a_name_are_shown_as_they_are() -> None:
    assert (doctor_spool.group_name(4_000_000), doctor_spool.user_name(4_000_000)) == ("4000000", "4000000")
