"""Writing to and reading from a report store, DataCite's (Sashimi) or a hub's. One object serves all threads.

A report's first part is PUT under our own UUID: that replaces the report with all its parts. Every other part is POSTed
with the same header, by which the store knows the report, and becomes one more part of it (usage.md 1.6). So a report
is repaired, repeated and corrected in one way only: all of it again, beginning with the PUT.
"""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

from doitui_core.datacite.bearer import BearerAccount
from doitui_core.domain.answer import Answer

#: Bytes. The answer to a part shows the whole report, with all its parts in base64; its id is at the beginning.
BEGINNING = 65_536


def base(url: str) -> str:
    """The address of a report store, also where it was given with `/reports` at its end."""
    return url.rstrip("/").removesuffix("/reports")


class ReportsClient(BearerAccount):
    """One account at one report store. The arguments are those of `BearerAccount`."""

    @property
    def reports(self) -> str:
        """The address of all reports."""
        return f"{base(self.base_url)}/reports"

    def send(self, uuid: str, body: bytes, *, first: bool, compressed: bool) -> Answer:
        """The answer to a part, whatever its status; of a success the beginning. Raises `NotSent`, `NoAnswer` or
        `Misconfigured`.
        """
        method, url = ("PUT", f"{self.reports}/{uuid}") if first else ("POST", self.reports)
        kind = {"Content-Type": "application/gzip", "Content-Encoding": "gzip"}
        headers = {"Accept": "application/json", **(kind if compressed else {"Content-Type": "application/json"})}
        answer = self.exchange(method, url, headers, body, beginning=BEGINNING)
        # An error page may show the request it is about.
        return replace(answer, text=self.masked(answer.text))

    def fetch(self, uuid: str, into: BinaryIO) -> Answer:
        """The whole report `uuid`, written to `into` where there is one. Raises as `send`."""
        answer = self.exchange("GET", f"{self.reports}/{uuid}", {"Accept": "application/json"}, into=into)
        return replace(answer, text=self.masked(answer.text))

    def ask(self, uuid: str) -> Answer:
        """The beginning of the report `uuid`: its state comes first. Raises as `send`."""
        url = f"{self.reports}/{uuid}"
        answer = self.exchange("GET", url, {"Accept": "application/json"}, beginning=BEGINNING)
        return replace(answer, text=self.masked(answer.text))

    def look(self) -> Answer:
        """What the store says to a harmless question, soon. Raises as `send`."""
        return self.look_at(f"{self.reports}?page%5Bsize%5D=1", "application/json", beginning=BEGINNING)
