"""Can every secret that is referred to be read here and now? A reference that leads nowhere is told before it hurts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from doitui_core.config import repositories, settings
from doitui_core.config.settings import TABLE, Settings
from doitui_core.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A secret that cannot be read: whose (a repository's code, empty for all), which setting, and why."""

    code: str
    name: str
    reason: str

    def __str__(self) -> str:
        return f"repository {self.code}: {self.reason}" if self.code else self.reason


def unreadable() -> list[Unreadable]:
    """The secrets that active repositories, or all, refer to and that cannot be read; each reason once."""
    found: dict[str, Unreadable] = {}
    for code, seen in _everybody():
        for one in _of(code, seen):
            found.setdefault(one.reason, one)
    return list(found.values())


def _everybody() -> Iterator[tuple[str, Settings]]:
    yield "", settings.load()
    for row in repositories.all_repositories():
        if row.active:
            yield row.code, repositories.config(row).settings


def _of(code: str, seen: Settings) -> Iterator[Unreadable]:
    for setting in TABLE.values():
        if setting.secret and setting.hides(seen.find(setting.name).text):
            try:
                seen.secret(setting.name)
            except Misconfigured as error:
                yield Unreadable(code, setting.name, str(error))
