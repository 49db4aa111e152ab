"""The PostgreSQL server dies and comes back while workers are at work: they survive it and no job is lost."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


class Cluster:
    """A PostgreSQL server of our own, in `place`."""

    def __init__(self, place: Path, binaries: Path) -> None:
        self.data = place / "data"
        self.place = place
        self.binaries = binaries
        # The server refuses to run as root.
        someone = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self.become = someone if os.getuid() == 0 else []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "-D", self.data)
        self._control("start")

    def restart(self) -> None:
        """As after a crash: no connection is told good-bye."""
        self._control("restart", "-m", "immediate")

    def stop(self) -> None:
        self._control("stop", "-m", "immediate")

    def _control(self, *words: str) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.place}"
        self._run("pg_ctl", "-D", self.data, "-l", self.place / "log", "-o", options, "-w", *words)

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [*self.become, str(self.binaries / program), *map(str, arguments)]
        # To a file: the server inherits what it is given, and a pipe would never end.
        with (self.place / "said").open("w+") as said:
            ended = subprocess.run(command, stdout=said, stderr=said, cwd=self.place, check=False, timeout=120)
            said.seek(0)
            assert ended.returncode == 0, said.read()


@pytest.fixture
def cluster(missing: Callable[[str], None]) -> Iterator[Cluster]:
    """It runs as the user `postgres` where we are root."""
    pytest.importorskip("psycopg", reason="PostgreSQL tests need the extra: pip install 'doitui[postgres]'")
    places = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
        Path(shutil.which("initdb") or "").parent,
    ]
    binaries = next((place for place in places if (place / "initdb").is_file()), None)
    if binaries is None:
        missing("no initdb: PostgreSQL's server is not installed")
    with tempfile.TemporaryDirectory() as place:
        if os.getuid() == 0:
            try:
                shutil.chown(place, "postgres")
            except LookupError:
                missing("PostgreSQL does not run as root, and there is no user postgres")
        cluster = Cluster(Path(place), binaries)
        cluster.start()
        yield cluster
        cluster.stop()


@pytest.fixture
def database_url(cluster: Cluster) -> str:
    return cluster.url


def test_workers_outlive_two_restarts_of_the_server_and_lose_nothing(
    trial: Any, cluster: Cluster, holds: Any, wait_until: Any
) -> None:
    trial.begin("POST /dois latency seconds=0.1", lease_seconds="8")
    workers = trial.workers(4, "--threads", "2", drain=False)
    for third in (1, 2):
        trial.wait_for(trial.jobs * third // 3)
        cluster.restart()
    trial.reconnect()
    wait_until(lambda: trial.statuses() == {"findable": trial.jobs}, "all are made")
    assert [worker.poll() for worker in workers] == [None] * 4
    for worker in workers:
        trial.seconds_to_stop(worker)
    assert holds(trial)
