"""A program in a terminal of its own: keys in, and how long until how many bytes come out."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

#: Seconds without a byte after which a screen counts as painted; the most that is waited for anything.
QUIET, PATIENCE = 0.3, 30.0

#: Seconds after which an ESC is a key of its own, and not the beginning of one.
ESCAPED = 0.2


@dataclass(frozen=True, slots=True)
class Paint:
    """What a key did: seconds to the first and to the last byte, and how many bytes. None: nothing came."""

    first: float | None
    last: float | None
    size: int
    text: bytes = b""


class Terminal:
    """The program `command` in a pseudo terminal of `size` (columns, rows)."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] = (140, 40)
    ) -> None:
        self.begun = time.perf_counter()
        self.pid, self.tty = pty.fork()
        if not self.pid:
            # argv[0] by its full path: it decides which virtual environment is meant.
            os.execve(command[0], list(command), {**environment, "TERM": "xterm-256color"})
        columns, rows = size
        fcntl.ioctl(self.tty, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.seen = b""
        self.status: int | None = None

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.close()

    def close(self) -> None:
        """Take the terminal away, as a link that breaks does."""
        if self.tty >= 0:
            os.close(self.tty)
            self.tty = -1

    def until(self, marker: bytes, patience: float = PATIENCE) -> float:
        """Seconds from the start until `marker` was on the wire. Raises `TimeoutError`."""
        end = time.perf_counter() + patience
        while marker not in self.seen:
            if not self._read(end - time.perf_counter()):
                raise TimeoutError(f"{marker!r} did not come; the last was {self.seen[-300:]!r}")
        return time.perf_counter() - self.begun

    def settle(self, quiet: float = QUIET) -> bytes:
        """Read until nothing has come for `quiet` seconds; what came."""
        before = len(self.seen)
        while self._read(quiet):
            pass
        return self.seen[before:]

    def press(self, key: bytes, quiet: float = QUIET) -> Paint:
        """Send `key` and see what it paints."""
        before, start = len(self.seen), time.perf_counter()
        os.write(self.tty, key)
        first = last = None
        while self._read(max(quiet, ESCAPED) if key == b"\x1b" else quiet):
            last = time.perf_counter() - start
            first = last if first is None else first
        return Paint(first, last, len(self.seen) - before, self.seen[before:])

    def shown(self, key: bytes, marker: bytes) -> float:
        """Send `key`; seconds until `marker` has come. Raises `TimeoutError`."""
        self.seen, start = b"", time.perf_counter()
        os.write(self.tty, key)
        self.until(marker)
        return time.perf_counter() - start

    def quiet_for(self, seconds: float) -> int:
        """The bytes that come in so many seconds while nobody touches anything."""
        before, end = len(self.seen), time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left)
        return len(self.seen) - before

    def over_a_slow_line(self, keys: Sequence[bytes], every: float, bytes_a_second: int, trip: float) -> float:
        """Press `keys`, one `every` so many seconds, over such a line, which a byte needs half of `trip` seconds for;
        seconds from the last key that is pressed to the last byte that is seen.
        """
        slice_ = 0.05
        begun = time.perf_counter()
        waiting = list(keys)
        last = begun + every * (len(keys) - 1)
        while True:
            if waiting and time.perf_counter() >= begun + every * (len(keys) - len(waiting)) + trip / 2:
                os.write(self.tty, waiting.pop(0))
            came = self._read(0.0 if waiting else QUIET, round(bytes_a_second * slice_))
            if not came and not waiting:
                return time.perf_counter() - QUIET + trip / 2 - last
            time.sleep(slice_)

    def wait(self, patience: float = PATIENCE) -> int:
        """Its exit code, negative for the signal that killed it. Raises `TimeoutError`."""
        end = time.perf_counter() + patience
        while time.perf_counter() < end:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                while self.tty >= 0 and self._read(0.05):
                    pass
                self.status = os.waitstatus_to_exitcode(status)
                return self.status
            if self.tty >= 0:
                self._read(0.05)
            else:
                time.sleep(0.02)
        raise TimeoutError(f"process {self.pid} did not end")

    def memory_mb(self) -> float:
        """What of it is in memory now."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    def cpu_seconds(self) -> float:
        """The time it has had of all cores."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _read(self, patience: float, most: int = 65536) -> bool:
        """Whether something came in that time; of it `most` bytes are taken."""
        if not select.select([self.tty], [], [], max(patience, 0))[0]:
            return False
        try:
            found = os.read(self.tty, most)
        except OSError:  # the other end is gone
            return False
        self.seen += found
        return bool(found)
