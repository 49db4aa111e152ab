"""Secrets are not stored, only where to find them: `env:NAME`, an environment variable, or `file:PATH`, a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from doitui_core.errors import Misconfigured

#: Bytes of the longest secret: a token is a few thousand.
LONGEST = 65_536


def is_reference(text: str) -> bool:
    """Whether `text` says where a secret is, and is none itself."""
    return text.startswith(("env:", "file:")) and not text.endswith(":")


def absolute(reference: str) -> str:
    """The reference with an absolute path, so that it means the same file in every directory."""
    kind, _, place = reference.partition(":")
    return f"file:{Path(place).expanduser().absolute()}" if kind == "file" else reference


def read(reference: str, name: str, environment: Mapping[str, str]) -> str:
    """What `env:NAME` or `file:PATH` holds, without the newline at its end.

    Raises `Misconfigured`, naming the setting and the reference, where that is missing, unreadable or empty.
    """
    kind, _, place = reference.partition(":")
    if kind == "env":
        return _usable(_variable(place, name, environment), f"{name}: the environment variable {place}")
    if kind == "file":
        return _usable(_file(place, name), f"{name}: the file {place}")
    raise Misconfigured(f"{name} is not a reference: use env:NAME or file:PATH")


def _variable(place: str, name: str, environment: Mapping[str, str]) -> str:
    if place not in environment:
        raise Misconfigured(f"{name}: the environment variable {place} is not set: set it, or change {name}")
    return environment[place]


def _file(place: str, name: str) -> str:
    try:
        with Path(place).expanduser().open("rb") as file:
            return file.read(LONGEST + 1).decode("utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        where = "" if Path(place).expanduser().is_absolute() else f" (a relative path, looked for in {Path.cwd()})"
        raise Misconfigured(f"{name}: the file {place}{where} cannot be read: {reason}") from error


def _usable(text: str, what: str) -> str:
    if not text.strip():
        raise Misconfigured(f"{what} is empty: a secret is expected there")
    if len(text) > LONGEST:
        raise Misconfigured(f"{what} holds more than {LONGEST} characters: only the secret is expected there")
    return text


def write(text: str, place: Path) -> str:
    """Write a typed-in secret to `place` (mode 0600, made anew) and give its reference."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.unlink(missing_ok=True)
        with os.fdopen(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Misconfigured(f"the secret cannot be written to {place}: {error.strerror}") from error
    return f"file:{place}"
