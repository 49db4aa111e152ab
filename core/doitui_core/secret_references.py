"""Secrets are not stored, only where to find them: `env:NAME`, an environment variable, or `file:PATH`, a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from doitui_core.errors import Misconfigured


def read(reference: str, name: str, environment: Mapping[str, str]) -> str:
    """What `env:NAME` or `file:PATH` holds, without the newline at its end."""
    kind, _, place = reference.partition(":")
    if kind == "env":
        if not environment.get(place):
            raise Misconfigured(f"{name} is to come from the environment variable {place}, which is not set")
        return environment[place]
    if kind == "file":
        try:
            return Path(place).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            raise Misconfigured(f"{name} is to come from the file {place}, which cannot be read: {error}") from error
    raise Misconfigured(f"{name} is no reference: write env:NAME or file:PATH")


def keep(text: str, place: Path) -> str:
    """Write a typed-in secret to `place` (mode 0600, made anew) and give its reference."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.unlink(missing_ok=True)
        with os.fdopen(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Misconfigured(f"the secret cannot be written to {place}: {error.strerror}") from error
    return f"file:{place}"
