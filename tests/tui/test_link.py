"""The database goes away and comes back: what is shown stays, it is told, nothing can be done, and it goes on."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from doitui.tui import actions
from doitui.tui.link import BACK_OFF, Link
from doitui_core import database

NOW = datetime(2026, 12, 31, tzinfo=UTC)


class Relay:
    """A wire to a server that can be cut and mended."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._open: list[socket.socket] = []
        self._listener = self._listen(0)
        self.port = self._listener.getsockname()[1]

    def cut(self) -> None:
        for end in (self._listener, *self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._open.clear()

    def mend(self) -> None:
        self._listener = self._listen(self.port)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), reuse_port=False)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._server)
                self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)


@pytest.fixture
def relay(postgres: str) -> Iterator[Relay]:
    parts = urlsplit(postgres)
    relay = Relay(parts.hostname or "127.0.0.1", parts.port or 5432)
    yield relay
    relay.cut()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_link_that_is_lost_is_told_and_comes_back_by_itself(
    house: str, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str], relay: Relay
) -> None:
    parts = urlsplit(house)
    url = parts._replace(netloc=f"{parts.username}@127.0.0.1:{relay.port}").geturl()

    async def until(pilot: Any, told: str) -> str:
        async with asyncio.timeout(20):
            while told not in (text := seen(pilot)):
                await asyncio.sleep(0.05)
        return text

    async def look(pilot: Any) -> tuple[bool, str, bool]:
        relay.cut()
        pilot.app.look()
        lost = await until(pilot, "LOST")
        refused = pilot.app.refusal(actions.BY_ID["update"])
        relay.mend()
        back = await until(pilot, " live ")
        return "10.5072/h/2026/ms-2" in lost, refused, "10.5072/h/2026/ms-2" in back

    kept, refused, back = operate(look, start="dois", write=True, url=url)
    assert (kept, "does not answer" in refused, back) == (True, True, True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_is_not_made_yet_is_waited_for(database_url: str, seen: Callable[..., str], clock: Any) -> None:
    from doitui.tui.app import DoituiApp

    async def look() -> tuple[str, str]:
        app = DoituiApp(database_url)
        async with app.run_test(size=(80, 24)) as pilot:
            async with asyncio.timeout(20):
                while "doitui init" not in (before := seen(pilot)):
                    await asyncio.sleep(0.02)
                await asyncio.to_thread(make)
                app.look()
                while "total 0" not in (after := seen(pilot)):
                    await asyncio.sleep(0.02)
        return before, after

    def make() -> None:
        subprocess.run(
            [sys.executable, "-m", "doitui", "--database", database_url, "init"], check=True, capture_output=True
        )

    before, after = asyncio.run(look())
    database.close()
    assert ("Not set up yet" in before, "live" in after) == (True, True)


def test_each_try_waits_longer_up_to_a_minute() -> None:
    link, waits = Link(), []
    for _ in range(9):
        link = link.failed(NOW, "gone")
        waits.append(link.wait)
    assert waits == [*BACK_OFF, 60.0, 60.0]


def test_a_lost_link_says_for_how_long() -> None:
    link = Link().alive(NOW).failed(NOW, "gone").failed(NOW + timedelta(seconds=42), "gone")
    assert link.words == "LOST 42s, try 2"


def test_the_clock_stands_still_while_the_link_is_lost() -> None:
    assert Link().alive(NOW).failed(NOW + timedelta(minutes=5), "gone").clock == "00:00Z"
