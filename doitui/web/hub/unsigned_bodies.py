"""Large bodies without a valid token are read and forgotten: waitress would write each to the disk, up to 128 MiB,
before the application is asked, which then refuses it. So nobody else can fill the disk.

They are read to their end, so that the client sees the answer instead of a broken connection.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from waitress.parser import HTTPRequestParser

from doitui.web.hub.token_sign_in import recognise
from doitui_core.errors import DoituiError

#: Bytes of a body that is kept without asking.
SMALL = 64 * 1024


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads one request; its body stays only where it is small or its sender is known."""

    def parse_header(self, header_plus: bytes) -> None:
        """Read the header, and decide about the body."""
        super().parse_header(header_plus)
        if self.body_rcv is not None and (self.chunked or self.content_length > SMALL) and not _is_known(self.headers):
            self.body_rcv.buf = _Nothing()


class _Nothing:
    """A buffer of waitress that keeps nothing."""

    def append(self, _data: bytes) -> None:
        """Forget it."""

    def getfile(self) -> BytesIO:
        """An empty file."""
        return BytesIO()

    def close(self) -> None:
        """Nothing is open."""

    def __len__(self) -> int:
        return 0


def _is_known(headers: dict[str, Any]) -> bool:
    header = headers.get("X_AUTHORIZATION") or headers.get("AUTHORIZATION")
    try:
        return bool(header) and recognise(str(header)) is not None
    except DoituiError:
        return True  # the application will say what is wrong
