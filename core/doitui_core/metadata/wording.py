"""How findings name a place and show a value."""

from __future__ import annotations

from typing import Any

Path = tuple[str | int, ...]


def dotted(path: Path) -> str:
    """('creators', 0, 'name') as creators[0].name"""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def shown(value: Any) -> str:
    """A value on one line, in at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
