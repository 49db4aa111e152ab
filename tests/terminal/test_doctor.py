"""What `doctor` says of the terminal it runs in."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

DOITUI = (sys.executable, "-P", "-m", "doitui")

TERMINALS = {
    "a usual one": ((80, 24), {"LC_ALL": "C.UTF-8"}, "OK    terminal"),
    "one that is too small": ((60, 15), {"LC_ALL": "C.UTF-8"}, "60x15, 256 colours, UTF-8: the TUI needs 80x24"),
    "one without colour": ((80, 24), {"LC_ALL": "C.UTF-8", "NO_COLOR": "1"}, "80x24, no colours (NO_COLOR)"),
    "one of another encoding": ((80, 24), {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0"}, "export LC_ALL=C.UTF-8"),
}


@pytest.mark.parametrize("kind", TERMINALS)
def test_the_doctor_looks_at_the_terminal(world: Any, terminal: Any, kind: str) -> None:
    size, environment, text = TERMINALS[kind]
    with terminal([*DOITUI, "doctor", "--offline"], {**world.environment, **environment}, size) as screen:
        screen.wait()
        assert text in screen.seen.decode()


def test_the_doctor_wants_no_terminal_where_there_is_none(world: Any) -> None:
    command = [*DOITUI, "doctor", "--offline"]
    done = subprocess.run(command, env=world.environment, capture_output=True, text=True, timeout=60)
    assert "OK    terminal      no terminal" in done.stdout
