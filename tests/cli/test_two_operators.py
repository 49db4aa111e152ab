"""Two operators of one group, under their own logins, share a database, its log and the spool in a setgid directory."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import Record
from doitui_core.dois import log_file

from . import unix_users
from .unix_users import as_user

IDA, BEN, STRANGER, GROUP, STRANGERS = 64_321, 64_322, 64_323, 64_320, 64_329

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")

DOCUMENT = {
    "object_id": "a",
    "creators": [{"name": "Brandt, Ida"}],
    "titles": [{"title": "A"}],
    "publisher": "Hollin Archive",
    "publicationYear": 2020,
    "types": {"resourceTypeGeneral": "Text"},
}


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory of the group outside pytest's private one; every module has been loaded once as root."""
    found = Path(tempfile.mkdtemp(prefix="doitui-two-operators-"))
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(found / "nobodys-home"))
    monkeypatch.setenv("DOITUI_SPOOL", str(found / "spool"))
    monkeypatch.setenv("DOITUI_LOG", str(found / "doi.log"))
    monkeypatch.chdir(found)
    (found / "record.json").write_text(json.dumps(DOCUMENT))
    (found / "changed.json").write_text(json.dumps(DOCUMENT | {"titles": [{"title": "C"}]}))
    for line in LINES:
        doitui(found, *line.split())
    for path in (path for path in found.iterdir() if path.suffix != ".json"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (found / "spool").mkdir()
    for folder in (found, found / "spool"):
        os.chown(folder, IDA, GROUP)
        folder.chmod(0o2770)
    yield found
    shutil.rmtree(found)


LINES = (
    "init",
    "repository set h --prefix 10.5072 --landing-page https://a.example.org/{object_id}",
    "record import record.json",
    "doi reserve a",
    "usage drain",
    "status --json",
)


def doitui(place: Path, *arguments: str) -> list[Any]:
    """[exit code, stdout, stderr] of `doitui ARGUMENTS`."""
    return unix_users.doitui(f"sqlite:///{place}/archive.db", *arguments)


def calls(place: Path, *lines: str) -> Callable[[], list[Any]]:
    return lambda: [doitui(place, *line.split()) for line in lines]


def test_what_one_makes_the_other_opens_and_writes(place: Path) -> None:
    made = as_user(IDA, GROUP, calls(place, *LINES[:3]))
    assert [(code, err) for code, _, err in made] == [(0, "")] * 3, made
    written = as_user(BEN, GROUP, calls(place, *LINES[3:]))
    assert [(code, err) for code, _, err in written] == [(0, "")] * 3, written
    assert json.loads(written[-1][1])["dois"]["reserved"] == 1
    back = as_user(IDA, GROUP, calls(place, "record import record.json", "record unpublish a"))
    assert [code for code, _, _ in back] == [0, 0], back


def test_while_one_has_it_open_the_other_writes_through_the_same_files(place: Path) -> None:
    """The write-ahead log and its index are made by who comes first, and outlive the first command."""
    as_user(IDA, GROUP, calls(place, *LINES[:3]))

    ready, go = os.pipe(), os.pipe()

    def beside_another() -> list[Any]:
        os.close(go[1])
        database.open(f"sqlite:///{place}/archive.db")
        with database.write():
            Record.update(title="B").execute()
        found = [path.stat() for path in sorted(place.glob("archive.db*"))]
        os.write(ready[1], json.dumps([[stat.S_IMODE(one.st_mode), one.st_gid] for one in found]).encode())
        os.close(ready[1])
        os.read(go[0], 1)  # until the other has written
        title = Record.get().title
        database.close()
        return [title]

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(as_user, IDA, GROUP, beside_another, close=(ready[1], go[0]))
        with open(ready[0]) as told:
            found = json.loads(told.read())
        (done,) = as_user(BEN, GROUP, calls(place, "record import changed.json"))
        os.close(go[1])
        title = reading.result()
    assert (done[0], title, found) == (0, ["C"], [[0o660, GROUP]] * 3), done


def test_both_write_the_log_and_rotate_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "LARGEST_FILE", 1)
    as_user(IDA, GROUP, calls(place, *LINES[:4]))
    done = as_user(BEN, GROUP, calls(place, "doi unassign a 10.5072/nope", "record delete a", LINES[2], LINES[3]))
    assert [err for _, _, err in done if "log" in err] == []
    logs = sorted(path.name for path in place.glob("doi.log*"))
    assert logs[:2] == ["doi.log", "doi.log.1"]
    assert {stat.S_IMODE((place / name).stat().st_mode) for name in logs} == {0o660}
    assert {(place / name).stat().st_uid for name in logs} >= {IDA, BEN}


def test_a_user_outside_the_group_opens_nothing(place: Path) -> None:
    as_user(IDA, GROUP, calls(place, *LINES[:3]))
    (done,) = as_user(STRANGER, STRANGERS, calls(place, "record list"))
    assert (done[0], done[1]) == (3, "")
