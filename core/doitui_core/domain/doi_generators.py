"""What makes DOI strings: the pattern, or a plug-in that the setting `generator` names. Pure, but for the plug-in.

A plug-in is a class with `generate`, `generation_pattern` and `is_local` (OPUS 4's `DoiGeneratorInterface`), or one
function. It is somebody else's code: whatever it does or returns, the error is ours and names it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from doitui_core.domain import identifiers
from doitui_core.domain.doi_spelling import bare
from doitui_core.errors import InvalidDoi, Misconfigured

#: What a plug-in class has.
METHODS = ("generate", "generation_pattern", "is_local")

Parts = Mapping[str, Any]


class DoiGenerator(Protocol):
    """A class that makes DOIs. It is called with `GeneratorSetup`, and needs no files of the record.

    Example::

        class ShelfMarks:
            def __init__(self, setup):
                self.setup = setup

            def generate(self, parts):
                return f"{parts['prefix']}/{shelf_mark(parts['object_id'])}"

            def generation_pattern(self):
                return f"{self.setup.prefix}/SHELF"

            def is_local(self, doi):
                return doi.startswith(f"{self.setup.prefix}/")
    """

    def generate(self, parts: Parts) -> str:
        """The whole DOI of a record, from `identifiers.PLACEHOLDERS`: prefix, repository_code, year, object_id, id,
        local_prefix.
        """

    def generation_pattern(self) -> str:
        """What its DOIs look like, for people."""

    def is_local(self, doi: str) -> bool:
        """Whether it made `doi`, a bare DOI under the prefix: only such DOIs are registered."""


@dataclass(frozen=True, slots=True)
class GeneratorSetup:
    """The settings of a repository that DOIs are made of. `pattern`: `suffix_pattern`."""

    prefix: str = ""
    local_prefix: str = ""
    pattern: str = ""
    repository_code: str = ""


@dataclass(frozen=True, slots=True)
class PatternGenerator:
    """The built-in generator."""

    setup: GeneratorSetup

    def generate(self, parts: Parts) -> str:
        """Raises as `identifiers.generate`."""
        return identifiers.generate(self.setup.pattern, parts)

    def generation_pattern(self) -> str:
        """Prefix and pattern."""
        return f"{self.setup.prefix}/{self.setup.pattern.removeprefix('{prefix}/')}"

    def is_local(self, doi: str) -> bool:
        """Whether `doi` begins as ours do."""
        return identifiers.is_local(doi, self.setup.prefix, self.setup.local_prefix)


@dataclass(frozen=True, slots=True)
class PluggedIn:
    """A plug-in behind the same methods. `path`: the setting; `made` and `is_ours` are its own."""

    path: str
    built_in: PatternGenerator
    made: Callable[[Parts], Any]
    pattern: Callable[[], Any]
    is_ours: Callable[[str], Any]

    def generate(self, parts: Parts) -> str:
        """Its DOI. Raises `InvalidDoi` for what is none, `Misconfigured` where it fails or makes one that is not ours
        to register.
        """
        value = self._call(self.made, parts)
        if not isinstance(value, str):
            raise InvalidDoi(f"generator {self.path!r} returned {_shown(value)}, not the text of a DOI")
        try:
            doi = identifiers.validate(value)
        except InvalidDoi as error:
            raise InvalidDoi(f"generator {self.path!r} made no DOI: {error}") from error
        if identifiers.prefix_of(doi) != parts["prefix"]:
            raise Misconfigured(f"generator {self.path!r} made {doi}, which is not under the prefix {parts['prefix']}")
        return doi

    def generation_pattern(self) -> str:
        """Its pattern. Raises `Misconfigured`."""
        value = self._call(self.pattern)
        if not isinstance(value, str):
            raise Misconfigured(f"generator {self.path!r} has the generation_pattern {_shown(value)}: it must be text")
        return value

    def is_local(self, doi: str) -> bool:
        """Whether it is under our prefix and its own; where the plug-in fails, as the built-in one says (OPUS)."""
        under_prefix = identifiers.is_local(doi, self.built_in.setup.prefix)
        try:
            value = self._call(self.is_ours, bare(doi)) if under_prefix else False
        except Misconfigured:
            return self.built_in.is_local(doi)
        return value if isinstance(value, bool) else self.built_in.is_local(doi)

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except (Exception, SystemExit) as error:
            raise Misconfigured(f"generator {self.path!r} failed: {_described(error)}") from error


def load(path: str, setup: GeneratorSetup) -> PatternGenerator | PluggedIn:
    """The generator that `path` names (`package.module.Name` or `package.module:Name`); empty: the built-in one.

    A function is called as `function(pattern, parts)` and returns the whole DOI. Raises `Misconfigured`.
    """
    built_in = PatternGenerator(setup)
    if not path:
        return built_in
    found = _imported(path)
    if not isinstance(found, type):
        return PluggedIn(
            path,
            built_in,
            lambda parts: found(setup.pattern, parts),
            built_in.generation_pattern,
            built_in.is_local,
        )
    try:
        made = found(setup)
    except (Exception, SystemExit) as error:
        raise Misconfigured(f"generator {path!r} cannot be created: {_described(error)}") from error
    missing = [name for name in METHODS if not callable(getattr(made, name, None))]
    if missing:
        raise Misconfigured(f"generator {path!r} lacks {' and '.join(missing)}: a class needs {', '.join(METHODS)}")
    return PluggedIn(path, built_in, made.generate, made.generation_pattern, made.is_local)


def _imported(path: str) -> Any:
    module, _, name = path.replace(":", ".").rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:  # importing runs somebody else's code
        raise Misconfigured(
            f"generator {path!r} cannot be loaded ({_described(error)}): it must name an importable class or function"
        ) from error
    if not callable(found):
        raise Misconfigured(f"generator {path!r} is a {type(found).__name__}: it must name a class or function")
    return found


def _described(error: BaseException) -> str:
    """`error` in one line; its own text may fail, too."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # somebody else's class
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _shown(value: Any) -> str:
    try:
        return repr(value)[:60]
    except Exception:  # somebody else's class
        return f"a {type(value).__name__}"
