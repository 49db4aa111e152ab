"""The daily key: made once, moved forward only, the same on every host that began with the same file."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import stat
from pathlib import Path

import pytest

from doitui_middleware.actor_key import FORMAT, ActorKey, ratcheted

DAY = 20_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "actor.key"


def test_the_first_process_makes_a_key_and_the_others_read_it(path: Path) -> None:
    assert ActorKey(str(path)).for_day(DAY) == ActorKey(str(path)).for_day(DAY)
    assert len(ActorKey(str(path)).for_day(DAY)) == 32


def test_the_next_day_has_the_hash_of_the_key(path: Path) -> None:
    key = ActorKey(str(path))
    today = key.for_day(DAY)
    assert key.for_day(DAY + 1) == ratcheted(today, 1)


def test_only_the_newest_key_is_kept(path: Path) -> None:
    key = ActorKey(str(path))
    first = key.for_day(DAY)
    key.for_day(DAY + 1)
    assert first.hex() not in path.read_text()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_host_that_slept_for_days_has_the_same_key_again(path: Path, tmp_path: Path) -> None:
    here = ActorKey(str(path))
    here.for_day(DAY)
    shutil.copy(path, tmp_path / "other.key")
    for day in range(DAY, DAY + 30):
        here.for_day(day)
    assert ActorKey(str(tmp_path / "other.key")).for_day(DAY + 29) == here.for_day(DAY + 29)


def test_a_host_whose_clock_is_a_little_behind_uses_the_newer_key(path: Path) -> None:
    newer = ActorKey(str(path)).for_day(DAY + 1)
    assert ActorKey(str(path)).for_day(DAY) == newer


def test_a_clock_that_goes_back_a_little_keeps_the_key(path: Path) -> None:
    key = ActorKey(str(path))
    assert key.for_day(DAY) == key.for_day(DAY - 1)


def test_after_a_clock_that_was_days_ahead_all_processes_have_one_key_again(path: Path) -> None:
    running = ActorKey(str(path))
    ahead = running.for_day(DAY + 3)
    keys = {running.for_day(DAY), ActorKey(str(path)).for_day(DAY), running.for_day(DAY)}
    assert (len(keys), ahead in keys) == (1, False)


def test_a_key_from_the_far_future_does_not_stay_for_ever(path: Path) -> None:
    ActorKey(str(path)).for_day(DAY + 40_000)
    today = ActorKey(str(path)).for_day(DAY)
    assert ActorKey(str(path)).for_day(DAY) == today
    assert ActorKey(str(path)).for_day(DAY + 1) != today


@pytest.mark.parametrize(
    "text", ["", FORMAT, f"{FORMAT} {DAY} abc", f"{FORMAT} x {'0' * 64}", "something else", "\xff"]
)
def test_a_file_that_is_not_whole_is_replaced(path: Path, text: str) -> None:
    path.write_text(text, encoding="latin-1")
    assert ActorKey(str(path)).for_day(DAY) == ActorKey(str(path)).for_day(DAY)


def test_nobody_else_may_read_the_key(path: Path) -> None:
    ActorKey(str(path)).for_day(DAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_group_of_a_setgid_directory_may(path: Path) -> None:
    path.parent.chmod(0o2770)
    ActorKey(str(path)).for_day(DAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_who_comes_second_takes_the_key_of_the_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process makes the key after we have seen that there is none."""
    real, firsts = os.urandom, []

    def urandom(size: int) -> bytes:
        monkeypatch.setattr(os, "urandom", real)
        firsts.append(ActorKey(str(path)).for_day(DAY))
        return real(size)

    monkeypatch.setattr(os, "urandom", urandom)
    assert [ActorKey(str(path)).for_day(DAY)] == firsts


def _of(path: str) -> bytes:
    return ActorKey(path).for_day(DAY)


def test_processes_that_begin_together_agree(path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        assert len(set(pool.map(_of, [str(path)] * 64, chunksize=1))) == 1
    assert [file.name for file in path.parent.iterdir()] == [path.name]
