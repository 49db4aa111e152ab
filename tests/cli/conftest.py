"""Fixtures that run `doitui`: in this process, or as a process for signals and pipes."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from doitui.cli.main import run
from doitui.web.sandbox.server import Sandbox, running_sandbox
from doitui_core.db import database

PASSWORD = "correct-horse-battery"
PREFIXES = ("10.5072", "10.82433")

#: Seconds; a test that waits longer has failed.
PATIENCE = 30

Doitui = Callable[..., "Done"]


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout, which must be one JSON document and nothing else."""
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """stderr, which must be one line."""
        assert self.err.endswith("\n"), self.err
        assert self.err.count("\n") == 1, self.err
        return self.err.strip()


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory for each test, so that no default path of this machine is used."""
    place = tmp_path / "home"
    place.mkdir()
    folders = {"HOME": ".", "XDG_DATA_HOME": "data", "XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state"}
    for name, folder in folders.items():
        monkeypatch.setenv(name, str(place / folder))
    monkeypatch.setenv("PASSWORD_OF_H", PASSWORD)
    return place


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Doitui]:
    """Run `doitui ARGUMENTS` in this process, through the real entry point; `terminal`: columns, if stdout is one."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def call(*arguments: object, stdin: bytes = b"", encoding: str = "utf-8", terminal: int = 0) -> Done:
        out, err = io.BytesIO(), io.BytesIO()
        stdout = Terminal if terminal else io.TextIOWrapper
        if terminal:
            monkeypatch.setenv("COLUMNS", str(terminal))
        monkeypatch.setattr(sys, "argv", ["doitui", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        monkeypatch.setattr(sys, "stdout", stdout(out, encoding=encoding, write_through=True))
        monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(err, encoding=encoding, write_through=True))
        code = 0
        try:
            run()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        finally:
            database.close()
        return Done(code, out.getvalue().decode(encoding), err.getvalue().decode(encoding))

    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The database file."""
    return tmp_path / "doitui.db"


@pytest.fixture
def archive_url(file: Path) -> str:
    """The database of `doitui` and `start`, in which nothing is yet; a test file may take `database_url` instead."""
    return f"sqlite:///{file}"


@pytest.fixture
def doitui(typed: Doitui, archive_url: str) -> Doitui:
    """Run `doitui --database … ARGUMENTS`; the database does not exist yet."""

    def call(*arguments: object, **options: Any) -> Done:
        return typed("--database", archive_url, *arguments, **options)

    return call


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    from doitui.web.common.accounts import parse_account

    with running_sandbox([parse_account(f"DEMO.REPO:{PASSWORD}", PREFIXES)]) as sandbox:
        yield sandbox


@pytest.fixture
def set_up(sandbox: Sandbox, archive_url: str, file: Path, made_file: Path) -> Callable[[Doitui], None]:
    """Create a database with the repository `h`, which uses the sandbox. A file is a copy, because that is quicker."""

    def make(doitui: Doitui) -> None:
        if archive_url == f"sqlite:///{file}" and not file.exists():
            shutil.copy(made_file, file)
        landing_page = ("--landing-page", "https://archive.example.org/{object_id}")
        account = ("--account", "DEMO.REPO", "--password-env", "PASSWORD_OF_H")
        for command in (
            ("init",),
            ("repository", "set", "h", "--prefix", "10.5072", "--url", sandbox.url, *account, *landing_page),
        ):
            done = doitui(*command)
            assert done.code == 0, done.err

    return make


@pytest.fixture
def archive(doitui: Doitui, set_up: Callable[[Doitui], None]) -> Doitui:
    """`doitui` with a repository and no records."""
    set_up(doitui)
    return doitui


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes records as JSON lines: `write("a", "b", titles=…)`."""

    def make(*object_ids: str, name: str = "records.jsonl", **attributes: Any) -> Path:
        place = tmp_path / name
        rows = [json.dumps(record(object_id, **attributes)) for object_id in object_ids]
        place.write_text("\n".join(rows), encoding="utf-8")
        return place

    return make


def record(object_id: str, **attributes: Any) -> dict[str, Any]:
    return {
        "object_id": object_id,
        "creators": [{"name": "Brandt, Ida"}],
        "titles": [{"title": f"Record {object_id}"}],
        "publisher": "Hollin Archive",
        "publicationYear": 2020,
        "types": {"resourceTypeGeneral": "Text"},
    } | attributes


@pytest.fixture
def minted(archive: Doitui, write: Callable[..., Path]) -> Doitui:
    """`doitui` with the findable records a, b, c (10.5072/h/YEAR/a …)."""
    for command in (("record", "import", write("a", "b", "c")), ("batch", "mint", "--all"), ("work", "--drain")):
        done = archive(*command)
        assert done.code == 0, done.err
    return archive


@pytest.fixture
def doi_of(doitui: Doitui) -> Callable[[str], str]:
    """The DOI of a record."""
    return lambda object_id: str(doitui("record", "show", object_id, "--json").json["doi"])


@pytest.fixture
def start(archive_url: str) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """`doitui --database … ARGUMENTS` as a process."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: object, before: Sequence[str] = (), **options: Any) -> subprocess.Popen[str]:
        command = [*before, sys.executable, "-m", "doitui", "--database", archive_url, *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "text": True}
        started.append(subprocess.Popen(command, **{**pipes, **options}))
        return started[-1]

    yield begin
    for process in started:
        with process:  # closes the pipes, and waits
            process.kill()


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Wait for a condition."""

    def wait(so: Callable[[], bool]) -> None:
        tick = threading.Event()
        for _ in range(PATIENCE * 100):
            if so():
                return
            tick.wait(0.01)
        pytest.fail("it did not come")

    return wait


@pytest.fixture
def as_anybody() -> list[str]:
    """A command prefix that makes file modes apply, also if the tests run as root."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may read and write everything, and there is no setpriv")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
