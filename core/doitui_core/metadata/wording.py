"""What is said about a document: where, what is wrong, and how to fix it."""

from __future__ import annotations

from typing import Any, NamedTuple

Path = tuple[str | int, ...]


class Note(NamedTuple):
    """One thing to say: a short stable `code`, the `path` in what was looked at, the problem, and how to fix it."""

    code: str
    path: Path
    problem: str
    remedy: str

    @property
    def message(self) -> str:
        """Problem and remedy on one line."""
        return f"{self.problem}: {self.remedy}"

    def under(self, path: Path) -> Note:
        """The same note, seen from the document whose part at `path` was looked at."""
        return self._replace(path=path + self.path)


def dotted(path: Path) -> str:
    """('creators', 0, 'name') as creators[0].name"""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def shown(value: Any) -> str:
    """A value on one line, in at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
