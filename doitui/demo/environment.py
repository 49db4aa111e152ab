"""What the demo runs in: a directory, the sandbox and workers as processes, and `doitui` commands."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from doitui_core.errors import BadInput, DoituiError, Misconfigured

#: Seconds after which a command of the demo counts as hanging, far more than any takes.
TIMEOUT = 50

PASSWORD = "demo"

#: Variables that the commands of the demo do not inherit.
REMOVED_VARIABLES = re.compile("_?DOITUI_|DATACITE_|PYTHONIOENCODING|.*_proxy$", re.IGNORECASE)


class DemoFailed(DoituiError):
    """A process of the demo failed; the message has its command and output."""


class DemoEnvironment:
    """One run of the demo. `say` gets each line of output."""

    def __init__(self, directory: Path, say: Callable[[str], None]) -> None:
        self.directory = directory
        self.say = say
        self.records = directory / "records"
        self.database = f"sqlite:///{directory / 'demo.db'}"
        self.log = directory / "doi.log"
        self.url = ""
        self.spool: Path | None = None
        self._processes: list[subprocess.Popen[str]] = []
        #: The (read, write) ends of a pipe: each process ends when the write end closes (`child_process`).
        self._pipe: tuple[int, ...] = os.pipe()

    def build(self, faults: Sequence[str] = ()) -> None:
        """Create the directory and the records, start the sandbox with `faults`."""
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
        """Start the web site with the usage middleware; return its URL."""
        self.spool = self.directory / "spool"
        options = {"DOITUI_VIEWS": views, "DOITUI_DOWNLOADS": downloads, "DOITUI_REPOSITORY": "h"}
        return self._ready(self._start((), module="doitui.demo.site", options=options), "site ready on ")

    def start_worker(self) -> None:
        """Start a worker that runs until `close`, without its output."""
        self._start(["work", "--threads", "4"], pipes=subprocess.DEVNULL)

    def set_faults(self, faults: Sequence[str]) -> None:
        """Replace the faults of the sandbox."""
        self._request("POST", "/_faults", {"faults": list(faults)})

    def _ready(self, process: subprocess.Popen[str], prefix: str) -> str:
        """The URL a server prints when it is ready."""
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith(prefix):
            raise DemoFailed(f"a server of the demo did not start: {line}{process.communicate()[1]}")
        return line.split()[-1]

    def run(self, *arguments: str, expect: int | None = 0, quiet: bool = False) -> str:
        """Run `doitui ARGUMENTS`, show it unless `quiet`, and return its stdout.

        Raises `DemoFailed` for an exit code other than `expect` (None: any).
        """
        if not quiet:
            self.say(f"\n$ doitui {_typed(arguments, self.directory)}")
        process = self._start(arguments)
        out, err = self._wait(process)
        if not quiet:
            self._show(out + err)
        if expect is not None and process.returncode != expect:
            command = _typed(arguments, self.directory)
            raise DemoFailed(f"doitui {command} ended with {process.returncode}, not {expect}: {err}")
        return out

    def _show(self, output: str, prefix: str = "") -> None:
        for line in output.rstrip().splitlines():
            self.say(f"  {prefix}{line.replace(f'{self.directory}/', '')}")

    def ask(self, *arguments: str) -> dict[str, Any]:
        """The JSON of `doitui ARGUMENTS --json`, without showing it."""
        found = json.loads(self.run(*arguments, "--json", quiet=True))
        assert isinstance(found, dict)
        return found

    def run_workers(self, workers: int, expect: Sequence[int]) -> None:
        """Drain the queue with parallel workers. `expect`: the allowed exit codes."""
        self.say(f"\n$ doitui work --drain   # {workers} workers in parallel")
        started = [self._start(["work", "--drain", "--threads", "4"]) for _ in range(workers)]
        for number, process in enumerate(started, start=1):
            out, err = self._wait(process)
            self._show(out + err, f"worker {number}: ")
            if process.returncode not in expect:
                raise DemoFailed(f"worker {number} ended with {process.returncode}: {err}")

    def create_outside(self, attributes: dict[str, Any]) -> None:
        """Create a DOI at the sandbox without doitui, as somebody can in DataCite's web interface."""
        self._request("POST", "/dois", {"data": {"type": "dois", "attributes": attributes}})

    def received(self) -> list[dict[str, Any]]:
        """Every request that the sandbox received."""
        found = self._request("GET", "/_requests").json()["requests"]
        assert isinstance(found, list)
        return found

    def running(self) -> int:
        """The number of processes that are still running."""
        return sum(process.poll() is None for process in self._processes)

    def close(self) -> None:
        """End all processes."""
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
        for process in self._processes:
            try:
                process.communicate(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        # Close only once: a closed descriptor's number may be another file later.
        pipe, self._pipe = self._pipe, ()
        for descriptor in pipe:
            os.close(descriptor)

    def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        """A request to the sandbox, without the proxies of the environment. Raises `requests.RequestException`."""
        with requests.Session() as session:
            session.trust_env = False
            session.auth = ("DEMO.REPO", PASSWORD)
            answer = session.request(method, f"{self.url}{path}", json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer

    def _wait(self, process: subprocess.Popen[str]) -> tuple[str, str]:
        """(stdout, stderr) of a command, when it has ended."""
        try:
            return process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired as error:
            command = _typed(list(error.cmd)[6:], self.directory)
            raise DemoFailed(f"doitui {command} did not end within {TIMEOUT} s") from error

    def _start(
        self,
        arguments: Sequence[str],
        module: str = "doitui",
        pipes: int = subprocess.PIPE,
        options: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            # -P: do not import a doitui folder or a json.py from the current directory.
            [sys.executable, "-P", "-m", "doitui.demo.child_process", str(self._pipe[0]), module, *arguments],
            pass_fds=self._pipe[:1],
            env=self._environment() | dict(options or {}),
            stdin=subprocess.DEVNULL,
            stdout=pipes,
            stderr=pipes,
            encoding="utf-8",
        )
        self._processes.append(process)
        return process

    def _environment(self) -> dict[str, str]:
        """The environment without settings of doitui and proxies, so that the demo reaches nothing real."""
        spool = {"DOITUI_SPOOL": str(self.spool)} if self.spool else {}
        own = {"DOITUI_DATABASE": self.database, "DOITUI_LOG": str(self.log), "PYTHONUTF8": "1"} | spool
        return {name: value for name, value in os.environ.items() if not REMOVED_VARIABLES.match(name)} | own


def _typed(arguments: Sequence[str], directory: Path) -> str:
    """The command as typed in the demo's directory, with a long list of files shortened."""
    words = [word.replace(f"{directory}/", "") for word in arguments]
    shown = words if len(words) <= 12 else [*words[:5], f"…({len(words) - 6} more)", words[-1]]
    return " ".join(shlex.quote(word) if not word.startswith("…") else word for word in shown)
