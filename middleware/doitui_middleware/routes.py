"""Which paths of a site are landing pages, which are content, and what they name. Decided once, at start-up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from doitui_middleware.spool_line import DOI, DOWNLOAD, OBJECT_ID, VIEW, subject
from doitui_middleware.text_cache import TextCache


class Route(NamedTuple):
    """What a path asks for. An empty `kind` or `key`: only the site's answer can tell (`cite_as`).

    `what`: the fields that say so in a line of the spool, made once for a path that is asked for many times.
    """

    kind: str
    key: str
    what: str


def route(kind: str, key_kind: str, key: str) -> Route:
    """What names `key`, which is of the kind `key_kind`."""
    return Route(kind, key, subject(kind, key_kind, key))


#: A path that no pattern names.
UNNAMED = route("", DOI, "")

#: `(?i)` at the start of a pattern, which must become `(?i:…)` to stand among others.
_FLAGS = re.compile(r"\(\?([aimsu]+)\)")
#: What stands before the first special character; but a quantifier speaks of the character before it.
_PLAIN_START = re.compile(r"\^([\w/-]*)(?![\w/?*{+-])", re.ASCII)
_NAMED_GROUP = re.compile(r"\(\?P<\w+>")
_REFERENCE = re.compile(r"\(\?P=|\(\?\(|\\[1-9]")


class Misconfigured(ValueError):
    """The site was given something that cannot work. Raised at start-up only."""


class Routes:
    """All patterns as one. Views are tried first, then downloads, each in the order given; the first found decides.

    A path that starts with none of `beginnings` is `unnamed`: to ask that first saves most requests a match.
    """

    def __init__(self, views: Iterable[str], downloads: Iterable[str], *, cite_as: bool) -> None:
        self.unnamed = UNNAMED if cite_as else None
        self._table: dict[int, tuple[str, list[tuple[str, int]]]] = {}
        given = ((VIEW, _listed("views", views)), (DOWNLOAD, _listed("downloads", downloads)))
        patterns = [(kind, _compiled(text)) for kind, texts in given for text in texts]
        if not patterns and not cite_as:
            raise Misconfigured("nothing to count: pass views=[…] or downloads=[…], or cite_as=True")
        groups = 0
        for kind, pattern in patterns:
            groups += 1
            self._table[groups] = (kind, _key_groups(pattern, groups, cite_as))
            groups += pattern.groups
        self._match = re.compile("|".join(f"({_joinable(pattern.pattern)})" for _, pattern in patterns)).match
        self.beginnings = tuple({_beginning(pattern.pattern) for _, pattern in patterns})
        #: What PATH_INFO asks for; None for what is not ours.
        self.found: TextCache[Route | None] = TextCache(self._find)

    def _find(self, path: str) -> Route | None:
        if not path.isascii():  # PEP 3333: bytes, dressed as latin-1
            path = path.encode("latin-1", "replace").decode("utf-8", "replace")
        found = self._match(path)
        if found is None:
            return self.unnamed
        kind, groups = self._table[found.lastindex or 0]
        for key_kind, group in groups:
            if key := found[group]:
                return route(kind, key_kind, key)
        return route(kind, DOI, "") if self.unnamed else None


def _listed(name: str, patterns: Iterable[str]) -> list[str]:
    if isinstance(patterns, str):
        raise Misconfigured(f"{name}={patterns!r} is one string: pass a list of patterns")
    return list(patterns)


def _compiled(text: str) -> re.Pattern[str]:
    if _REFERENCE.search(text):
        raise Misconfigured(f"pattern {text!r} refers back to a group: write out what it should find")
    try:
        return re.compile(_FLAGS.sub(r"(?\1:", text, count=1) + ")" if _FLAGS.match(text) else text)
    except re.error as error:
        raise Misconfigured(f"pattern {text!r} is no regular expression: {error}") from error


def _key_groups(pattern: re.Pattern[str], before: int, cite_as: bool) -> list[tuple[str, int]]:
    """(key kind, number among all groups), the DOI first."""
    found = [(name, before + pattern.groupindex[name]) for name in (DOI, OBJECT_ID) if name in pattern.groupindex]
    if not found and not cite_as:
        raise Misconfigured(
            f"pattern {pattern.pattern!r} does not say which record: it needs (?P<object_id>…) or (?P<doi>…)"
        )
    return found


def _is_tied(text: str) -> bool:
    """Whether it can only match at the start of a path."""
    return text.startswith("^") and "|" not in text


def _joinable(text: str) -> str:
    """Without names, which may stand only once; to be found anywhere, unless it is tied."""
    return ("" if _is_tied(text) else "(?s:.*?)") + f"(?:{_NAMED_GROUP.sub('(', text)})"


def _beginning(text: str) -> str:
    """The plain text every path it matches starts with; empty if there is none."""
    found = _PLAIN_START.match(text)
    return found[1] if found and _is_tied(text) else ""
