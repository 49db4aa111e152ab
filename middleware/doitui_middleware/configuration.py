"""The middleware's options from text: the environment, or a PasteDeploy section. The same names, the same readers."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from doitui_middleware.routes import Misconfigured

WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _yes_or_no(text: str) -> bool:
    try:
        return WORDS[text.strip().lower()]
    except KeyError:
        raise ValueError("neither yes nor no") from None


def _function(text: str) -> Callable[[Any], object]:
    """`package.module:name`."""
    module, _, name = text.strip().partition(":")
    found = getattr(importlib.import_module(module), name)
    if not callable(found):
        raise TypeError(f"that is a {type(found).__name__}, not a function")
    return found  # type: ignore[no-any-return]


#: Each option and how its text is read. Patterns stand apart by blanks or newlines: write \s for a blank in one.
READERS: dict[str, Callable[[str], Any]] = {
    "spool": str.strip,
    "views": str.split,
    "downloads": str.split,
    "repository": str.strip,
    "cite_as": _yes_or_no,
    "partial": _yes_or_no,
    "trusted_hops": int,
    "user": _function,
    "session_cookie": str.strip,
    "actor_key": str.strip,
}


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The options that `DOITUI_<NAME>` sets; an empty one counts as unset. Raises `Misconfigured`."""
    found = {name: f"DOITUI_{name.upper()}" for name in READERS}
    return {name: read(name, environ[key], key) for name, key in found.items() if environ.get(key)}


def read(name: str, text: str, called: str) -> Any:
    """The value of the option `name`, which the user calls `called`. Raises `Misconfigured`."""
    try:
        return READERS[name](text)
    except Exception as error:  # a reader may import the site's own code
        raise Misconfigured(f"{called}={text!r} cannot be read: {type(error).__name__}: {error}") from error
