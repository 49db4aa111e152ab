"""What all functions of the API have in common: arguments of the right types, our own errors, and who acts."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, wraps
from types import UnionType
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import peewee

from doitui_core.config.operators import actor as login_name
from doitui_core.db import database
from doitui_core.errors import BadInput

P = ParamSpec("P")
R = TypeVar("R")

#: The largest number a database column takes.
LARGEST = 2**31 - 1


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, which raises `BadInput` for arguments of other types than its annotations name, for text that no
    database can store, and for numbers below 0 or above 2,147,483,647.
    """
    signature = inspect.signature(function)

    @cache
    def hints() -> dict[str, Any]:
        return get_type_hints(function)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            _check(name, value, hints()[name])
        return function(*args, **kwargs)

    return call


def public(function: Callable[P, R]) -> Callable[P, R]:
    """`checked`, for functions that use the open database: the errors of its driver become ours, and a value
    that it refuses `BadInput`.

    Raises `Misconfigured` where no database is open.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with database.guard():
                return function(*args, **kwargs)
        except peewee.PeeweeException as error:  # the database is well, and a value is not
            raise BadInput(f"the database refused a value: {' '.join(str(error).split())[:200]}") from error

    return checked(call)


def outside_transaction(what: str) -> None:
    """Raise `BadInput` inside `transaction()`, of which `what` cannot be part."""
    if database.in_write():
        raise BadInput(f"{what} cannot be part of a transaction: call it before or after the `with` block")


def acting(actor: str | None) -> str:
    """The name for the logs: `actor`, or the login name."""
    if actor is not None and not actor.strip():
        raise BadInput(f"actor is {actor!r}: give a name, or None for the login name")
    return login_name() if actor is None else actor


def _check(name: str, value: Any, hint: Any) -> None:
    types = _types(hint)
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types and object not in types):
        wanted = " or ".join("None" if one is type(None) else one.__name__ for one in types)
        raise BadInput(f"{name} is {_shown(value)}, of type {type(value).__name__}: it must be {wanted}")
    if isinstance(value, str) and not database.storable(value):
        raise BadInput(f"{name} is {_shown(value)}: it contains NUL or an unpaired surrogate, which cannot be stored")
    if isinstance(value, int) and not 0 <= value <= LARGEST:
        raise BadInput(f"{name} is {_shown(value)}: it must be between 0 and {LARGEST}")


def _types(hint: Any) -> tuple[type, ...]:
    """The classes a value may be of: `str | None` is two, `Mapping[str, Any]` one."""
    if hint is Any:
        return (object,)
    if get_origin(hint) in (Union, UnionType):
        return tuple(found for one in get_args(hint) for found in _types(one))
    return (get_origin(hint) or hint,)


def _shown(value: Any) -> str:
    try:
        return repr(value)[:60]
    except Exception:  # a class of the caller's, whose own `repr` fails
        return "a value"
