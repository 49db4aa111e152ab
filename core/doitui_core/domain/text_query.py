"""What a text query asks for, whatever language it was written in and whichever database answers it. Pure.

Databases find what is in an index, and cannot list what is not. So a query is a positive expression, or the negation of
one: by De Morgan's laws every combination of AND, OR and NOT comes to one of the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

_WORD = re.compile(r"[^\W_]+")

#: Of a word the first so many characters count, of a text the first so many words: PostgreSQL has limits.
LONGEST, MOST = 200, 400


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow each other, the last one perhaps only the beginning of a word; in one field, or in any."""

    words: tuple[str, ...]
    field: str = ""
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Both:
    """What fulfils all `parts`."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """What fulfils one of `parts`."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """What fulfils `these` and not `those`."""

    these: Expression
    those: Expression


Expression = Phrase | Both | Either | Without


@dataclass(frozen=True, slots=True)
class TextQuery:
    """What fulfils `expression`, or with `negated` what does not. None is what nothing fulfils."""

    expression: Expression | None
    negated: bool = False

    @property
    def depth(self) -> int:
        """How many operators stand inside each other."""
        return _depth(self.expression)

    def __invert__(self) -> TextQuery:
        return TextQuery(self.expression, not self.negated)

    def __and__(self, other: TextQuery) -> TextQuery:
        a, b = self.expression, other.expression
        if self.negated and other.negated:
            return TextQuery(_either(a, b), negated=True)
        if self.negated:
            return TextQuery(_without(b, a))
        return TextQuery(_without(a, b) if other.negated else _both(a, b))

    def __or__(self, other: TextQuery) -> TextQuery:
        return ~(~self & ~other)


#: What everything fulfils.
EVERYTHING = TextQuery(None, negated=True)


@lru_cache(4096)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case: letters and digits that stand together. Many events share a text."""
    return tuple(word[:LONGEST] for word in _WORD.findall(text.lower())[:MOST])


def phrase(text: str, field: str = "", *, is_prefix: bool = False) -> TextQuery:
    """The words of `text` in this order; everything, where it has none."""
    words = words_of(text)
    return TextQuery(Phrase(words, field, is_prefix)) if words else EVERYTHING


def all_of(queries: Iterable[TextQuery]) -> TextQuery:
    """What fulfils every one of `queries`; everything, where there is none."""
    return reduce(TextQuery.__and__, queries, EVERYTHING)


def any_of(queries: Iterable[TextQuery]) -> TextQuery:
    """What fulfils one of `queries`."""
    return reduce(TextQuery.__or__, queries, TextQuery(None))


def fulfils(one: Expression, texts: Mapping[str, Sequence[str]]) -> bool:
    """Whether something with the words `texts`, by field, fulfils an expression."""
    if isinstance(one, Phrase):
        fields = [texts[one.field]] if one.field else texts.values()
        return any(_follow(one, words, at) for words in fields for at in range(len(words) - len(one.words) + 1))
    if isinstance(one, Both | Either):
        found = (fulfils(part, texts) for part in one.parts)
        return all(found) if isinstance(one, Both) else any(found)
    return fulfils(one.these, texts) and not fulfils(one.those, texts)


def _follow(phrase: Phrase, words: Sequence[str], at: int) -> bool:
    *first, last = phrase.words
    end = at + len(first)
    found = words[end]
    return (found.startswith(last) if phrase.is_prefix else found == last) and [*words[at:end]] == first


def _both(a: Expression | None, b: Expression | None) -> Expression | None:
    if a is None or b is None:
        return None
    parts = dict.fromkeys([*_parts(a, Both), *_parts(b, Both)])
    return a if len(parts) == 1 else Both(tuple(parts))


def _either(a: Expression | None, b: Expression | None) -> Expression | None:
    if a is None or b is None:
        return a or b
    parts = dict.fromkeys([*_parts(a, Either), *_parts(b, Either)])
    return a if len(parts) == 1 else Either(tuple(parts))


def _without(a: Expression | None, b: Expression | None) -> Expression | None:
    return a if a is None or b is None else Without(a, b)


def _depth(one: Expression | None) -> int:
    if isinstance(one, Both | Either):
        return 1 + max(map(_depth, one.parts))
    return 1 + max(_depth(one.these), _depth(one.those)) if isinstance(one, Without) else 0


def _parts(one: Expression, kind: type[Both] | type[Either]) -> tuple[Expression, ...]:
    return one.parts if isinstance(one, kind) else (one,)
