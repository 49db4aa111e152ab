"""A spool whose directory other users write to: what is no file of ours is set aside, and the rest is drained."""

from __future__ import annotations

import os
import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from doitui_core.db.models import Repository, UsageHit, UsageSpool
from doitui_core.usage.drain import Drained, drain
from doitui_middleware import drain_files, safe_files, spool_files

Lines = Callable[..., bytes]

OTHER_GROUP = 54_321

SECRET = b"a secret line\n" * 3

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file to another group")


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file of the worker's that nobody else may read or write."""
    path = tmp_path / "victim"
    path.write_bytes(SECRET)
    path.chmod(0o600)
    return path


@pytest.fixture
def shared(spool: Any) -> Any:
    """The spool as documented for two users: its group shares it."""
    spool.place.chmod(0o2770)
    return spool


def a_name(number: int = 7) -> str:
    return spool_files.new_name(4711, number)


def refused(drained: Drained) -> dict[str, str]:
    return {refusal.name: refusal.reason for refusal in drained.refused}


def _link(place: Path, victim: Path) -> None:
    place.symlink_to(victim)


def _hard_link(place: Path, victim: Path) -> None:
    place.hardlink_to(victim)


def _pipe(place: Path, _: Path) -> None:
    os.mkfifo(place, 0o666)


def _directory(place: Path, _: Path) -> None:
    place.mkdir()
    (place / "x").touch()


def _socket(place: Path, _: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    os.chdir(place.parent)  # the path of a socket must be short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(place.name)
    finally:
        os.fchdir(here)
        os.close(here)


def _loop(place: Path, _: Path) -> None:
    place.symlink_to(place.name)


def _link_to_nothing(place: Path, victim: Path) -> None:
    place.symlink_to(victim.with_name("nothing"))


#: What is planted, and what is said of it.
PLANTED = {
    "is a symbolic link": (_link, _loop, _link_to_nothing),
    "has 2 hard links": (_hard_link,),
    "is a named pipe": (_pipe,),
    "is a directory": (_directory,),
    "is a socket": (_socket,),
}

#: Names a drain writes to or reads.
OURS = (a_name(), "drain.lock", "dropped.log", f"{a_name(9)}.rejected")


def test_whatever_is_planted_under_a_name_of_ours_is_set_aside_and_the_rest_is_drained(
    shared: Any, seen: Lines, archive: Repository, victim: Path
) -> None:
    wrong = []
    for reason, makers in PLANTED.items():
        for make in makers:
            for number, name in enumerate(OURS):
                make(shared.place / name, victim)
                shared.write(seen(number))
                drained = drain(shared.place)
                (refusal,) = drained.refused or [None]
                aside = refusal and refusal.set_aside
                moved = aside and os.path.lexists(shared.place / aside) and not os.path.lexists(shared.place / name)
                if not moved or (refusal.name, refusal.reason, drained.lines) != (name, reason, 1):
                    wrong.append((make.__name__, name, drained))
                for path in shared.place.iterdir():
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    assert wrong == []
    assert (victim.read_bytes(), stat.S_IMODE(victim.stat().st_mode)) == (SECRET, 0o600)


def test_the_key_and_unfinished_files_may_be_no_links_or_pipes(shared: Any, archive: Repository, victim: Path) -> None:
    (shared.place / "actor.key").symlink_to(victim)
    os.mkfifo(shared.place / "actor.key.0a.opening")
    (shared.place / "b.spool.opening").mkdir()
    for name in ("actor.key.0a.opening", "b.spool.opening"):
        os.utime(shared.place / name, (0, 0))
    assert refused(drain(shared.place)) == {
        "actor.key": "is a symbolic link",
        "actor.key.0a.opening": "is a named pipe",
        "b.spool.opening": "is a directory",
    }
    assert victim.read_bytes() == SECRET


@as_root
def test_a_file_of_another_group_is_not_drained(shared: Any, seen: Lines, archive: Repository) -> None:
    path, group = shared.write(seen()), os.stat(shared.place).st_gid
    os.chown(path, -1, OTHER_GROUP)
    told = f"belongs to group {OTHER_GROUP}, not to the directory's group {group}"
    assert (refused(drain(shared.place)), UsageHit.select().count()) == ({path.name: told}, 0)


@as_root
def test_in_a_private_directory_a_file_has_the_group_of_who_made_it(
    spool: Any, seen: Lines, archive: Repository
) -> None:
    spool.write(seen())
    os.chown(spool.place, 54_320, OTHER_GROUP)
    assert (refused(drain(spool.place)), UsageHit.select().count()) == ({}, 1)


@as_root
def test_whoever_owns_a_file_of_the_group_it_is_drained(shared: Any, seen: Lines, archive: Repository) -> None:
    os.chown(shared.write(seen()), 54_320, -1)
    drained = drain(shared.place)
    assert (drained.lines, drained.removed, drained.refused) == (1, 1, [])


def test_a_name_that_no_process_of_ours_gives_is_set_aside_and_cannot_steer_a_terminal(
    shared: Any, archive: Repository
) -> None:
    names = ["evil\n\x1b[2J.spool", "no numbers.spool", os.fsdecode(b"\xff-1-1-a.spool"), "a-\u0661-\u0661-a.spool"]
    for name in [*names, "notes.txt"]:
        (shared.place / name).touch()
    drained = drain(shared.place)
    assert {refusal.reason for refusal in drained.refused} == {"does not have the name of a spool file"}
    told = [text for refusal in drained.refused for text in (refusal.name, refusal.set_aside, refusal.fix)]
    assert (len(told), [text for text in told if not (text and text.isprintable())]) == (12, [])
    assert (shared.place / "notes.txt").exists()


def test_bad_lines_go_to_a_file_of_the_workers_own(
    shared: Any, archive: Repository, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shared.write(b"nonsense\n")
    planted = path.with_name(f"{path.name}.rejected")
    planted.symlink_to(victim)
    monkeypatch.setattr(drain_files, "set_aside", lambda directory, name: None)  # as in a sticky directory
    drained = drain(shared.place)
    (kept,) = (found for found in shared.place.glob("*.rejected") if not found.is_symlink())
    assert (drained.rejected, kept.read_bytes(), victim.read_bytes()) == (1, b"nonsense\n", SECRET)
    assert planted.is_symlink()


def test_bad_lines_of_a_later_drain_join_those_before(shared: Any, archive: Repository) -> None:
    path = shared.write(b"one\n", alive=True)
    drain(shared.place)
    shared.append(path, b"two\n")
    drain(shared.place)
    assert path.with_name(f"{path.name}.rejected").read_bytes() == b"one\ntwo\n"


def test_what_is_exchanged_for_a_link_after_it_was_listed_is_not_followed(
    shared: Any, seen: Lines, archive: Repository, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = shared.write(seen(0)), shared.write(seen(1))
    real = spool_files.names

    def exchanging(directory: Any) -> list[str]:
        found = real(directory)
        first.unlink()
        first.symlink_to(victim)
        return found

    monkeypatch.setattr(spool_files, "names", exchanging)
    drained = drain(shared.place)
    assert (refused(drained), drained.lines) == ({first.name: "is a symbolic link"}, 1)
    assert (list(shared.place.glob("*.rejected")), second.exists()) == ([], False)


def test_what_is_exchanged_between_the_check_and_the_opening_is_not_followed(
    shared: Any, seen: Lines, archive: Repository, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shared.write(seen(0))
    real = os.open

    def exchanging(name: Any, *rest: Any, **options: Any) -> int:
        if name == path.name:
            path.unlink()
            path.symlink_to(victim)
        return real(name, *rest, **options)

    monkeypatch.setattr(os, "open", exchanging)
    drained = drain(shared.place)
    monkeypatch.undo()
    assert refused(drained) == {path.name: "was exchanged while it was opened"}
    assert list(shared.place.glob("*.rejected")) == []


def test_a_directory_exchanged_under_a_drain_changes_nothing(
    shared: Any, seen: Lines, archive: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shared.write(seen(0))
    mine = tmp_path / "mine"
    mine.mkdir()
    shutil.copy(path, mine / path.name)
    real = drain_files.unsound

    def exchanging(directory: int) -> list[tuple[str, str]]:
        shared.place.rename(tmp_path / "elsewhere")
        shared.place.symlink_to(mine)
        return real(directory)

    monkeypatch.setattr(drain_files, "unsound", exchanging)
    assert drain(shared.place).removed == 1
    assert ((mine / path.name).exists(), (tmp_path / "elsewhere" / path.name).exists()) == (True, False)


@pytest.fixture
def stuck(shared: Any) -> Iterator[Any]:
    """A spool in which nothing can be renamed or removed, by root neither."""
    yield shared
    shared.place.chmod(0o2770)


def test_where_nothing_can_be_moved_the_rest_is_drained_once_and_reported_again(
    stuck: Any, seen: Lines, archive: Repository, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck.write(seen(0))
    (stuck.place / "drain.lock").symlink_to(victim)

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "rename", refuse)
    monkeypatch.setattr(os, "unlink", refuse)
    first, second = drain(stuck.place), drain(stuck.place)
    assert [refusal.set_aside for refusal in first.refused] == [None, None]
    assert (first.lines, second.lines, refused(first)) == (1, 0, refused(second))
    assert (UsageHit.select().count(), UsageSpool.select().count()) == (1, 1)


def test_a_link_that_another_user_may_have_planted_does_not_lead_to_a_spool(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root makes a link of another user")
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    os.lchown(tmp_path / "link", 54_320, -1)
    with safe_files.opened_directory(tmp_path / "link"):
        pass
    tmp_path.chmod(0o770)
    with (
        pytest.raises(OSError, match="is a symbolic link of user 54320"),
        safe_files.opened_directory(tmp_path / "link"),
    ):
        pass


def test_a_link_of_the_operators_leads_to_the_spool(spool: Any, seen: Lines, archive: Repository) -> None:
    spool.write(seen())
    link = spool.place.with_name("link")
    link.symlink_to(spool.place)
    assert drain(link).lines == 1
