"""DOI strings: read, fold, validate, generate. Pure.

A DOI is compared without case (ASCII), and stored as it was written. How it may be spelled: `doi_spelling`; how an
object id becomes part of one: `suffix`; who else may generate them: `doi_generators`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from string import Formatter
from typing import Any

from doitui_core.domain import doi_paths, suffix
from doitui_core.domain.doi_spelling import bare
from doitui_core.errors import InvalidDoi, Misconfigured

#: What DataCite takes on create (lupo doi.rb). Wider than OPUS's set, narrower than the DOI handbook.
DATACITE = re.compile(r"10\.[0-9]{4,5}/[-._;()/:a-zA-Z0-9*~$=]+")

#: A DOI of any registration agency: publishers have `<`, `>` and `#` in theirs.
ANY_DOI = re.compile(r"10\.[0-9]{4,9}(\.[0-9]+)*/\S+")

#: Prefixes that stand in documentation and seed rows; never anybody's own.
NOT_A_PREFIX = frozenset({"", "10.12345"})

PREFIX = re.compile(r"10\.[0-9]{4,5}")

#: DataCite keeps a DOI in a column of 255 characters (lupo db/schema.rb, dataset.doi).
MAX_LENGTH = 255

#: What a pattern may name.
PLACEHOLDERS = ("prefix", "repository_code", "year", "object_id", "id", "local_prefix")


@lru_cache(1024)
def fold(doi: str) -> str:
    """The form in which two DOIs are the same: ASCII letters in lower case."""
    plain = bare(doi)
    return plain.lower() if plain.isascii() else plain.translate(_LOWER)


_LOWER = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def parse_doi(text: str) -> str:
    """The bare DOI that `text` spells, of any registration agency; empty for any other text."""
    doi = bare(text)
    return doi if ANY_DOI.fullmatch(doi) else ""


def validate(text: str) -> str:
    """The bare DOI, if DataCite would take it and a request can name it. Raises `InvalidDoi`."""
    doi = bare(text)
    if doi.startswith("10."):
        doi_paths.check(doi)
    if not DATACITE.fullmatch(doi):
        raise InvalidDoi(
            f"{text!r} is no DOI that DataCite takes: 10.NNNN/suffix, of letters, digits and - . _ ; ( ) / : * ~ $ ="
        )
    if len(doi) > MAX_LENGTH:
        raise InvalidDoi(f"DOI {doi[:40]}… has {len(doi)} characters, DataCite takes {MAX_LENGTH}: shorten the suffix")
    return doi


def prefix_of(doi: str) -> str:
    """What stands before the first slash."""
    return doi.partition("/")[0]


def check_prefix(prefix: str) -> str:
    """`prefix` without outer blanks and slashes. Raises `Misconfigured` for none, one of documentation, or nonsense."""
    plain = bare(prefix).strip("/")
    if plain in NOT_A_PREFIX or not PREFIX.fullmatch(plain):
        what = f"prefix {plain!r} is not usable" if plain else "no prefix is set"
        raise Misconfigured(f"{what}: `doitui repository set CODE --prefix 10.NNNN` with the prefix DataCite gave you")
    return plain


def is_local(doi: str, prefix: str, local_prefix: str = "") -> bool:
    """Whether `doi` is ours to register: under `prefix`, and where one is set under `prefix/local_prefix-` (OPUS)."""
    plain = prefix.strip().strip("/")
    if not plain:
        return False
    start = f"{plain}/{_local(local_prefix)}"
    return fold(doi).startswith(fold(start))


def _local(local_prefix: str) -> str:
    plain = local_prefix.strip().rstrip("-")
    return f"{plain}-" if plain else ""


def generate(pattern: str, parts: Mapping[str, Any]) -> str:
    """A DOI from `pattern` and `parts` (`PLACEHOLDERS`); a pattern without `{prefix}` gives the suffix only.

    Characters that do not belong in a suffix are replaced (`suffix`). An empty local prefix takes its hyphen with it.
    Raises `Misconfigured` for an unknown placeholder, `InvalidDoi` when the result is no DOI.
    """
    prefix = check_prefix(str(parts["prefix"]))
    suffix_pattern = pattern.removeprefix("{prefix}/")
    suffix_pattern = suffix_pattern.replace("{local_prefix}-", "{local_prefix}")
    pieces = _pieces(suffix_pattern, pattern)
    made = "".join(suffix.allowed(text) + (_value(name, parts) if name else "") for text, name in pieces)
    if not made.strip("-/"):
        raise InvalidDoi(f"suffix_pattern {pattern!r} makes no DOI of these values: nothing is left but {made!r}")
    return validate(f"{prefix}/{made}")


def _value(name: str, parts: Mapping[str, Any]) -> str:
    """What stands for a placeholder."""
    text = str(parts.get(name, ""))
    if name in ("object_id", "id"):
        return suffix.from_object_id(text)
    return _local(suffix.allowed(text)) if name == "local_prefix" else suffix.allowed(text)


def _pieces(suffix_pattern: str, pattern: str) -> list[tuple[str, str]]:
    """(text, placeholder after it) in order. Only plain names: no formats, attributes or indexes."""
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    try:
        parsed = list(Formatter().parse(suffix_pattern))
    except ValueError as error:
        raise Misconfigured(f"suffix_pattern {pattern!r} cannot be read ({error}): it may name {known}") from error
    for _, name, form, conversion in parsed:
        if name is not None and (name not in PLACEHOLDERS or form or conversion):
            raise Misconfigured(f"suffix_pattern {pattern!r} names {{{name}}}: it may name {known}")
    return [(text, name or "") for text, name, _, _ in parsed]


def check_pattern(pattern: str) -> None:
    """Raise `Misconfigured` or `InvalidDoi` for a pattern of which no DOI can be made."""
    example = dict.fromkeys(PLACEHOLDERS, "1") | {"prefix": "10.5072"}
    try:
        generate(pattern, example)
    except InvalidDoi as error:
        raise InvalidDoi(f"suffix_pattern {pattern!r} makes no DOI ({error})") from error


def names_record(pattern: str) -> bool:
    """Whether the pattern gives each record a DOI of its own."""
    return any(name in ("object_id", "id") for _, name in _pieces(pattern, pattern))
