"""What the check of a record depends on besides the record, and whether a stored check is still valid.

Imports nothing of the validation, which takes 0.3 s to load.
"""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Mapping
from functools import reduce
from typing import Any

import peewee

from doitui_core import __version__
from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db.models import Record

#: The settings that decide what is sent of a record, and what DataCite would reject of it.
SETTINGS = ("default_publisher", "default_resource_type", "landing_page", "transport")

#: A literal: PostgreSQL groups by no expression that has a parameter.
IS_REFUSED: Any = Record.check_field != peewee.SQL("''")

#: The words of the filter `check:`.
READY, REFUSED, UNCHECKED = "ready", "refused", "unchecked"


def for_repository(config: Config) -> str:
    """The basis of a check now: another one after a change of `SETTINGS` or of doitui's version."""
    text = "\0".join((__version__, *map(config.text, SETTINGS)))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def by_repository() -> dict[int, str]:
    """The present basis of each repository, by its id."""
    return {row.id: for_repository(repositories.config(row)) for row in repositories.all_repositories()}


def condition(word: str, bases: Mapping[int, str]) -> Any:
    """The condition for the records that `check:WORD` shows; `bases`: those of all repositories."""
    current = [(Record.repository == id_) & (Record.check_basis == basis) for id_, basis in bases.items()]
    valid = reduce(operator.or_, current) if current else Record.id.is_null()
    if word == UNCHECKED:
        return ~valid
    return valid & (~IS_REFUSED if word == READY else IS_REFUSED)
