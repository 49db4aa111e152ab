"""The screens in real terminals: tmux for what is seen, a pseudo terminal for bytes and signals; a real worker and a
real sandbox behind them, each a process of its own.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from doitui.web.sandbox.server import Sandbox, running_sandbox
from doitui_core.db import database
from doitui_core.operations import bulk_mint, change_settings
from doitui_core.records import records
from doitui_core.views import dashboard_counts

#: Seconds; a test that waits longer has failed.
PATIENCE = 20.0

DOITUI = (sys.executable, "-P", "-m", "doitui")


def _loaded(place: Path) -> Any:
    """A module beside the tests, which are no package."""
    spec = importlib.util.spec_from_file_location(place.stem, place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[place.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def terminal() -> Any:
    """`Terminal(command, environment, size)`: a program in a pseudo terminal. The harness of the benchmarks."""
    return _loaded(Path(__file__).parents[1] / "benchmarks" / "ptys.py").Terminal


@pytest.fixture(scope="session")
def relayed() -> Any:
    """`with relayed(url) as (relay, url through it)`: a wire that can be cut."""
    return _loaded(Path(__file__).parents[1] / "benchmarks" / "relay.py").relayed


@dataclass
class World:
    """A house with a sandbox behind it. Its own acts are done in this process; screens and workers are others."""

    folder: Path
    sandbox: Sandbox
    environment: dict[str, str]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @contextmanager
    def house(self) -> Iterator[None]:
        """The database, open here for as long as it is needed."""
        database.open(self.environment["DOITUI_DATABASE"])
        try:
            yield
        finally:
            database.close()

    def records(self, *object_ids: str) -> None:
        with self.house():
            for object_id in object_ids:
                metadata = METADATA | {"titles": [{"title": f"Record {object_id}"}]}
                records.save(object_id, metadata=metadata, repository="h")

    def mint_all(self) -> None:
        with self.house():
            bulk_mint.mint(limit=0, actor="bo")

    def findable(self) -> int:
        return self._number("findable")

    def until(self, status: str, number: int) -> None:
        """Wait until the worker has brought so many DOIs there."""
        end = time.monotonic() + PATIENCE
        while self._number(status) < number:
            assert time.monotonic() < end, f"there are not {number} DOIs {status}"
            time.sleep(0.05)

    def _number(self, status: str) -> int:
        with self.house():
            return int(dashboard_counts.overview()["dois"][status])

    def faults(self, *specs: str) -> None:
        """From now on the sandbox fails so; without any it works again."""
        requests.post(f"{self.sandbox.url}/_faults", json={"faults": list(specs)}, timeout=10).raise_for_status()

    def start_worker(self) -> None:
        self.workers.append(subprocess.Popen([*DOITUI, "work", "--every", "0.1"], env=self.environment))

    def close(self) -> None:
        for one in self.workers:
            one.terminate()
        for one in self.workers:
            one.wait(PATIENCE)


METADATA: dict[str, Any] = {
    "creators": [{"name": "Brandt, Ida"}],
    "publisher": {"name": "Hollin Archive"},
    "publicationYear": 2020,
    "types": {"resourceTypeGeneral": "Text"},
}


@pytest.fixture
def address(tmp_path: Path) -> str:
    """The URL of the database. Tests that need another kind override this."""
    return f"sqlite:///{tmp_path / 'doitui.db'}"


@pytest.fixture
def world(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("PW", "demo")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOITUI_", "DATACITE_", "SSH_"))}
    environment = kept | {"DOITUI_DATABASE": address, "HOME": str(tmp_path), "PYTHONUTF8": "1"}
    environment |= {"LC_ALL": "C.UTF-8"}
    environment.pop("NO_COLOR", None)
    with running_sandbox() as sandbox:
        world = World(tmp_path, sandbox, environment)
        database.create(address)
        change_settings.save_repository(
            "h",
            {
                "datacite_prefix": "10.5072",
                "datacite_repository_id": "DEMO.REPO",
                "datacite_password": "env:PW",
                "datacite_url": sandbox.url,
                "landing_page": "https://archive.example.org/{object_id}",
            },
        )
        database.close()
        try:
            yield world
        finally:
            world.close()


class Tmux:
    """A program, as a rule the screens, in a tmux of its own."""

    def __init__(self, world: World, program: tuple[str, ...], size: tuple[int, int]) -> None:
        self._socket = f"doitui-{uuid.uuid4().hex[:8]}"
        columns, rows = map(str, size)
        environment = {**world.environment, "TERM": "xterm-256color"}
        environment.pop("TMUX", None)
        command = [*self._tmux, "-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows]
        subprocess.run([*command, *program], env=environment, check=True, cwd=world.folder)
        self.set("remain-on-exit", "on")

    @property
    def _tmux(self) -> list[str]:
        return ["tmux", "-L", self._socket]

    def set(self, option: str, value: str) -> None:
        subprocess.run([*self._tmux, "set", "-g", option, value], check=True)

    def variable(self, name: str) -> str:
        """A variable of tmux about the program, such as `mouse_any_flag`."""
        command = [*self._tmux, "display-message", "-p", f"#{{{name}}}"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def clipboard(self) -> str:
        """What a program has put there by OSC 52; tmux keeps it as a buffer."""
        shown = subprocess.run([*self._tmux, "show-buffer"], capture_output=True, text=True, check=False)
        return shown.stdout

    def keys(self, *names: str) -> None:
        """Keys as tmux names them; the screens take them in order."""
        for name in names:
            subprocess.run([*self._tmux, "send-keys", name], check=True)

    def type(self, text: str) -> None:
        subprocess.run([*self._tmux, "send-keys", "-l", text], check=True)

    def seen(self) -> str:
        return subprocess.run([*self._tmux, "capture-pane", "-p"], capture_output=True, text=True, check=True).stdout

    def until(self, *texts: str, patience: float = PATIENCE) -> str:
        """The screen, once it shows all of `texts`."""
        end = time.monotonic() + patience
        while not all(part in (text := self.seen()) for part in texts):
            assert time.monotonic() < end, f"{texts} did not appear:\n{text}"
            time.sleep(0.03)
        return text

    def answer(self, *keys: str, question: str) -> None:
        """Answer the dialog that shows `question`; it ignores its buttons for a moment after it opened."""
        self.until(question)
        time.sleep(0.4)
        for key in keys:
            self.keys(key)
            time.sleep(0.05)

    def wait(self, patience: float = PATIENCE) -> None:
        """Until the screens have ended."""
        end = time.monotonic() + patience
        command = [*self._tmux, "list-panes", "-F", "#{pane_dead}"]
        while subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() != "1":
            assert time.monotonic() < end, f"the screens did not end:\n{self.seen()}"
            time.sleep(0.03)

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)


@pytest.fixture
def tmux(world: World) -> Iterator[Callable[..., Tmux]]:
    """`tmux("tui", "--write", size=(80, 24))`: open the screens; `tmux(shell=True)`: a shell to begin them from."""
    if shutil.which("tmux") is None:
        reason = "these tests need tmux"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    opened: list[Tmux] = []

    def start(*arguments: str, size: tuple[int, int] = (80, 24), shell: bool = False) -> Tmux:
        opened.append(Tmux(world, ("bash", "--norc") if shell else (*DOITUI, *arguments), size))
        return opened[-1]

    yield start
    for one in opened:
        one.close()
