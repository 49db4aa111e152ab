"""A spool shared by two Unix users: the site's user creates hostile entries, the worker's user drains.

Both are real: each acts in a child process that has changed its user and groups for good.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from doitui_middleware import spool_files, spool_line
from doitui_middleware.wsgi import UsageMiddleware

from . import unix_users
from .unix_users import as_user

WEB, WORKER, OTHER, GROUP, STRANGERS = 64_311, 64_312, 64_313, 64_310, 64_319

SECRET = "the worker's secret\n"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:60.0) Gecko/20100101 Firefox/60.0"
NOON = int(datetime(2026, 11, 20, 12, 1, tzinfo=UTC).timestamp()) * 1_000_000

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")


@dataclass(frozen=True)
class SpoolUsers:
    """The shared spool, and the worker's private files."""

    place: Path

    @property
    def spool(self) -> Path:
        return self.place / "spool"

    @property
    def home(self) -> Path:
        return self.place / "worker"

    @property
    def secret(self) -> Path:
        return self.home / "secret"


def act(user: int, what: Callable[[], object]) -> Any:
    """The JSON result of `what`, called as `user` in the group of the spool."""
    return as_user(user, GROUP, what)


def doitui(users: SpoolUsers, *arguments: str) -> Callable[[], list[Any]]:
    """`doitui ARGUMENTS` in the worker's home; [exit code, stdout, stderr]."""

    def call() -> list[Any]:
        os.environ["HOME"] = str(users.home)
        return unix_users.doitui(f"sqlite:///{users.home}/doitui.db", *arguments)

    return call


@pytest.fixture
def users(monkeypatch: pytest.MonkeyPatch) -> Iterator[SpoolUsers]:
    """A spool as in docs/middleware.md, and the worker's database, outside pytest's private directory."""
    place = Path(tempfile.mkdtemp(prefix="doitui-two-users-"))
    place.chmod(0o711)
    found = SpoolUsers(place)
    found.spool.mkdir()
    os.chown(found.spool, WEB, GROUP)
    found.spool.chmod(0o2770)
    found.home.mkdir(mode=0o700)
    os.chown(found.home, WORKER, WORKER)
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(found.home))
    monkeypatch.setenv("DOITUI_SPOOL", str(found.spool))
    monkeypatch.chdir(place)
    # Once as root, with a line to drain, so that every module and list is loaded: the worker cannot read this
    # interpreter's home, nor the environment that tox makes.
    visit(found)
    for command in (("init",), ("usage", "drain", "--json"), ("doctor", "--offline", "--json")):
        doitui(found, *command)()
    for path in [*found.home.rglob("*"), *found.spool.iterdir()]:
        if path.is_file():
            path.unlink()
    made = act(WORKER, doitui(found, "init"))
    assert made[0] == 0, made
    act(WORKER, lambda: found.secret.write_text(SECRET) and found.secret.chmod(0o600))
    yield found
    shutil.rmtree(place)


def visit(users: SpoolUsers, number: int = 1) -> None:
    """A click that the middleware records."""

    def site(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"a record"]

    wrapped = UsageMiddleware(site, spool=users.spool, views=[r"^/records/(?P<object_id>\d+)$"], repository="h")
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": f"/records/{number}", "REMOTE_ADDR": "192.0.2.1"}
    wrapped({**environ, "HTTP_USER_AGENT": FIREFOX}, lambda *_: None)  # type: ignore[arg-type]


@needs_root
def test_what_the_sites_user_notes_is_drained_by_the_workers_user(users: SpoolUsers) -> None:
    act(WEB, lambda: visit(users))
    code, out, err = act(WORKER, doitui(users, "usage", "drain", "--json"))
    result = json.loads(out)
    assert (code, result["lines"], result["removed"], result["refused"], err) == (0, 1, 1, [], "")
    assert {path.name for path in users.spool.iterdir()} == {"actor.key", "drain.lock"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in users.spool.iterdir()} == {0o660}


def _plant(users: SpoolUsers) -> dict[str, str]:
    """Create hostile entries; return the expected reason of each name."""
    spool, name = users.spool, [spool_files.new_name(1, number) for number in range(10)]
    line = spool_line.encode(
        spool_line.Hit(NOON, "h", "view", "object_id", "1", "/records/1", 200, "address", "x", FIREFOX)
    )
    (spool / name[0]).symlink_to(users.secret)
    (spool / "drain.lock").symlink_to(users.secret)
    (spool / "dropped.log").symlink_to(users.secret)
    (spool / f"{name[6]}.rejected").symlink_to(users.secret)
    (spool / "actor.key").unlink(missing_ok=True)
    (spool / "actor.key").symlink_to(users.secret)
    os.mkfifo(spool / name[1])
    (spool / name[2]).mkdir()
    (spool / name[3]).write_bytes(line)
    (spool / "twin").hardlink_to(spool / name[3])
    (spool / name[4]).write_bytes(line)
    os.chown(spool / name[4], -1, WEB)
    (spool / "a\n\x1b]0;x\x07.spool").write_bytes(line)
    (spool / name[6]).write_bytes(b"nonsense\n")
    (spool / name[6]).chmod(0o660)
    return {
        name[0]: "is a symbolic link",
        "drain.lock": "is a symbolic link",
        "dropped.log": "is a symbolic link",
        f"{name[6]}.rejected": "is a symbolic link",
        "actor.key": "is a symbolic link",
        name[1]: "is a named pipe",
        name[2]: "is a directory",
        name[3]: "has 2 hard links",
        name[4]: f"belongs to group {WEB}, not to the directory's group {GROUP}",
        "a\\n\\x1b]0;x\\x07.spool": "does not have the name of a spool file",
    }


@needs_root
@pytest.mark.parametrize("sticky", [False, True], ids=["documented", "sticky"])
def test_nothing_the_sites_user_plants_reaches_the_workers_files_or_stops_the_drain(
    users: SpoolUsers, sticky: bool
) -> None:
    act(WEB, lambda: visit(users))
    expected = act(WEB, lambda: _plant(users))
    if sticky:  # what the site's user has made, only that user may move or remove
        os.chown(users.spool, 0, -1)
        users.spool.chmod(0o3770)
    code, out, err = act(WORKER, doitui(users, "usage", "drain", "--json"))
    result = json.loads(out)
    refused = {entry["name"]: entry["reason"] for entry in result["refused"]}
    secret = users.secret.stat()
    assert (users.secret.read_text(), stat.S_IMODE(secret.st_mode)) == (SECRET, 0o600)
    assert refused == expected | {name: why for name, why in refused.items() if sticky and "is drained" in why}
    assert {bool(entry["set_aside"]) for entry in result["refused"]} == {not sticky}
    assert (code, result["lines"], result["rejected"]) == (1, 2, 1)
    assert all(name in err and "\x1b" not in err for name in expected)
    kept = [path for path in users.spool.glob("*.rejected") if not path.is_symlink()]
    assert [(path.read_text(), path.stat().st_uid) for path in kept] == [("nonsense\n", WORKER)]


@needs_root
def test_the_doctor_names_each_entry_and_the_command_that_helps(users: SpoolUsers) -> None:
    act(WEB, lambda: _plant(users))
    checks: Callable[[], list[Any]] = doitui(users, "doctor", "--offline", "--json")
    before = [row for row in json.loads(act(WORKER, checks)[1])["checks"] if row["name"] == "spool"]
    act(WORKER, doitui(users, "usage", "drain"))
    after = [row for row in json.loads(act(WORKER, checks)[1])["checks"] if row["name"] == "spool"]
    assert {row["level"] for row in [*before, *after]} == {"WARN"}
    assert (len(before), len(after)) == (6, 6)
    assert all("doitui usage drain" in row["fix"] for row in before[:5])
    aside = {path.name for path in users.spool.iterdir() if path.name.endswith(".set-aside")}
    assert all(any(name in row["message"] and name in row["fix"] for name in aside) for row in after[:5])


@needs_root
def test_a_file_of_another_group_counts_after_the_command_that_is_reported(users: SpoolUsers) -> None:
    def other_group() -> None:
        visit(users)
        (path,) = users.spool.glob("*.spool")
        os.chown(path, -1, WEB)

    act(WEB, other_group)
    (refused,) = json.loads(act(WORKER, doitui(users, "usage", "drain", "--json"))[1])["refused"]
    assert act(WEB, lambda: os.system(refused["fix"])) == 0
    assert json.loads(act(WORKER, doitui(users, "usage", "drain", "--json"))[1])["lines"] == 1


@needs_root
def test_another_member_of_the_group_cannot_use_the_site_against_its_own_files(users: SpoolUsers) -> None:
    mine = users.place / "web"
    mine.mkdir(mode=0o700)
    os.chown(mine, WEB, WEB)
    act(WEB, lambda: (mine / "notes").write_text("mine\n"))

    def plant() -> None:
        for name in ("dropped.log", "actor.key"):
            (users.spool / name).symlink_to(mine / "notes")

    def lose() -> list[str]:
        visit(users)
        from doitui_middleware.losses import Losses

        Losses(str(users.spool)).note(OSError("no reason"))
        return sorted(path.name for path in users.spool.iterdir() if path.is_symlink())

    act(OTHER, plant)
    assert act(WEB, lose) == ["dropped.log"]
    assert ((mine / "notes").read_text(), len(list(users.spool.glob("*.spool")))) == ("mine\n", 1)


@needs_root
def test_a_pipe_for_a_key_does_not_block_the_site(users: SpoolUsers) -> None:
    act(OTHER, lambda: os.mkfifo(users.spool / "actor.key"))
    act(WEB, lambda: visit(users))
    assert (users.spool / "actor.key").is_file()
    assert len(list(users.spool.glob("*.spool"))) == 1


@needs_root
def test_a_file_the_worker_may_not_read_is_reported_and_keeps_nothing_back(users: SpoolUsers) -> None:
    def unreadable() -> str:
        visit(users)
        (path,) = users.spool.glob("*.spool")
        path.chmod(0o600)
        visit(users, 2)
        return path.name

    name = act(WEB, unreadable)
    code, out, _ = act(WORKER, doitui(users, "usage", "drain", "--json"))
    result = json.loads(out)
    (refused,) = result["refused"]
    assert (code, result["lines"], refused["name"], refused["set_aside"]) == (1, 1, name, None)
    assert refused["reason"] == "cannot be drained: Permission denied"
    rows = json.loads(act(WORKER, doitui(users, "doctor", "--offline", "--json"))[1])["checks"]
    (check,) = (row for row in rows if row["name"] == "spool")
    assert (check["level"], name in check["message"], check["fix"]) == ("FAIL", True, refused["fix"])
