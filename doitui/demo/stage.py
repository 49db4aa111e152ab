"""The stage of the demo: a directory, a sandbox and workers as real processes, and the real `doitui` commands."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from doitui_core.errors import BadInput, DoituiError, Misconfigured

#: Seconds after which a command of the demo counts as hanging. Far above what any takes.
PATIENCE = 50

PASSWORD = "demo"

#: Variables of the caller that the commands of the demo must not see.
FOREIGN = ("DOITUI_", "_DOITUI_", "DATACITE_", "PYTHONIOENCODING")


class StageBroken(DoituiError):
    """A process of the demo did not do what the demo needs; the message says which and what it printed."""


class Stage:
    """One performance. `say` gets each line a person should read."""

    def __init__(self, directory: Path, say: Callable[[str], None]) -> None:
        self.directory = directory
        self.say = say
        self.records = directory / "records"
        self.database = f"sqlite:///{directory / 'demo.db'}"
        self.log = directory / "doi.log"
        self.url = ""
        self.spool: Path | None = None
        self._processes: list[subprocess.Popen[str]] = []
        #: Both ends of a pipe: each process reads from one, and ends when this one has closed the other (`lifeline`).
        self._lifeline: tuple[int, ...] = os.pipe()

    def build(self, faults: Sequence[str] = ()) -> None:
        """Make the directory, lay out the records, start the sandbox with these faults."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            if any(self.directory.iterdir()):
                raise BadInput(f"{self.directory} is not empty: give --dir a new or an empty directory")
            shutil.copytree(Path(__file__).with_name("records"), self.records)
            (self.directory / "password").write_text(PASSWORD, encoding="utf-8")
        except OSError as error:
            raise Misconfigured(f"the demo cannot use {self.directory}: {error.strerror}") from error
        state = str(self.directory / "sandbox.db")
        specs = [word for fault in faults for word in ("--fault", fault)]
        process = self._start(["sandbox", "--port", "0", "--state", state, "--events-writable", *specs])
        self.url = self._ready(process, "sandbox ready on ")

    def start_site(self, views: str, downloads: str) -> str:
        """The demo's web site, under the middleware; its address."""
        self.spool = self.directory / "spool"
        options = {"DOITUI_VIEWS": views, "DOITUI_DOWNLOADS": downloads, "DOITUI_REPOSITORY": "h"}
        return self._ready(self._start((), module="doitui.demo.site", options=options), "site ready on ")

    def start_worker(self) -> None:
        """A worker that goes on until the demo is closed. Nobody reads what it prints: it is in the database."""
        self._start(["work", "--threads", "4"], pipes=subprocess.DEVNULL)

    def set_faults(self, faults: Sequence[str]) -> None:
        """Let the sandbox do this from now on, and nothing else that is wrong."""
        with self._http() as http:
            http.post(f"{self.url}/_faults", json={"faults": list(faults)}, timeout=PATIENCE).raise_for_status()

    def _ready(self, process: subprocess.Popen[str], prefix: str) -> str:
        """The address a server prints when it answers."""
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith(prefix):
            raise StageBroken(f"a server of the demo did not start: {line}{process.communicate()[1]}")
        return line.split()[-1]

    def run(self, *arguments: str, expect: int | None = 0, quiet: bool = False) -> str:
        """Run `doitui ARGUMENTS` and show it; its stdout. Raises `StageBroken` for another exit code than `expect`
        (None: any will do).
        """
        if not quiet:
            self.say(f"\n$ doitui {_typed(arguments, self.directory)}")
        process = self._start(arguments)
        told, complained = self._wait(process)
        if not quiet:
            for line in (told + complained).rstrip().splitlines():
                self.say(f"  {line.replace(f'{self.directory}/', '')}")
        if expect is not None and process.returncode != expect:
            what = f"doitui {_typed(arguments, self.directory)} ended with {process.returncode}, not {expect}"
            raise StageBroken(f"{what}: {complained}")
        return told

    def ask(self, *arguments: str) -> dict[str, Any]:
        """What `doitui ARGUMENTS --json` answers, without showing it."""
        found = json.loads(self.run(*arguments, "--json", quiet=True))
        assert isinstance(found, dict)
        return found

    def work_together(self, workers: int, expect: Sequence[int]) -> None:
        """Let that many workers empty the queue at once. `expect`: the exit codes that are fine."""
        self.say(f"\n$ doitui work --drain   # {workers} workers at once")
        started = [self._start(["work", "--drain", "--threads", "4"]) for _ in range(workers)]
        for number, process in enumerate(started, start=1):
            told, complained = self._wait(process)
            for line in (told + complained).rstrip().splitlines():
                self.say(f"  worker {number}: {line}")
            if process.returncode not in expect:
                raise StageBroken(f"worker {number} ended with {process.returncode}: {complained}")

    def post_by_hand(self, attributes: dict[str, Any]) -> None:
        """Make a DOI at the sandbox as somebody would in DataCite's own web pages, past doitui."""
        body = {"data": {"type": "dois", "attributes": attributes}}
        with self._http() as http:
            http.post(f"{self.url}/dois", json=body, timeout=PATIENCE).raise_for_status()

    def received(self) -> list[dict[str, Any]]:
        """Every request the sandbox got."""
        with self._http() as http:
            found = http.get(f"{self.url}/_requests", timeout=PATIENCE).json()["requests"]
        assert isinstance(found, list)
        return found

    def running(self) -> int:
        """How many of its processes have not ended."""
        return sum(process.poll() is None for process in self._processes)

    def close(self) -> None:
        """End what was started."""
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
        for process in self._processes:
            try:
                process.communicate(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        # Only once: the number of a closed descriptor may be another file's by now.
        lifeline, self._lifeline = self._lifeline, ()
        for descriptor in lifeline:
            os.close(descriptor)

    def _http(self) -> requests.Session:
        """Straight to the sandbox, whatever proxy the caller's environment names."""
        session = requests.Session()
        session.trust_env = False
        session.auth = ("DEMO.REPO", PASSWORD)
        return session

    def _wait(self, process: subprocess.Popen[str]) -> tuple[str, str]:
        """(stdout, stderr) of a command that must come to its end."""
        try:
            return process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            command = _typed(list(error.cmd)[6:], self.directory)
            raise StageBroken(f"doitui {command} did not end within {PATIENCE} s") from error

    def _start(
        self,
        arguments: Sequence[str],
        module: str = "doitui",
        pipes: int = subprocess.PIPE,
        options: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            # -P: a folder named doitui, or a json.py, where the caller stands is not meant.
            [sys.executable, "-P", "-m", "doitui.demo.lifeline", str(self._lifeline[0]), module, *arguments],
            pass_fds=self._lifeline[:1],
            env=self._environment() | dict(options or {}),
            stdin=subprocess.DEVNULL,
            stdout=pipes,
            stderr=pipes,
            encoding="utf-8",
        )
        self._processes.append(process)
        return process

    def _environment(self) -> dict[str, str]:
        """The caller's environment without its own doitui and proxies: the demo meets nothing real."""
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(FOREIGN)}
        kept = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
        spool = {"DOITUI_SPOOL": str(self.spool)} if self.spool else {}
        ours = {"DOITUI_DATABASE": self.database, "DOITUI_LOG": str(self.log), "PYTHONUTF8": "1"}
        return kept | spool | ours


def _typed(arguments: Sequence[str], directory: Path) -> str:
    """The command as a person would type it inside the demo's directory; a long list of files is cut."""
    words = [word.replace(f"{directory}/", "") for word in arguments]
    shown = words if len(words) <= 12 else [*words[:5], f"…({len(words) - 6} more)", words[-1]]
    return " ".join(shlex.quote(word) if not word.startswith("…") else word for word in shown)
