"""The `query` of a list of events: words, phrases, `field:value`, AND, OR, NOT, brackets, and `*` at the end of a word.

That is the part of Lucene's syntax, which DataCite takes, that one can mean for an event. Words side by side must all
be found, in any field. An address need not be quoted. Needs luqum, but for words alone.
"""

from __future__ import annotations

import re
from typing import Any

from doitui_core.db.text_index import FIELDS
from doitui_core.domain.text_query import EVERYTHING, TextQuery, all_of, any_of, phrase
from doitui_core.errors import BadInput, Misconfigured

#: Characters of a query that is more than words, and words of one that is not: the rest is left out.
LONGEST, MOST_WORDS = 2_000, 250

#: Operators inside each other that FTS5 takes.
DEEPEST = 20
_TOO_DEEP = f"query has more than {DEEPEST} brackets or operators inside each other: use fewer"

#: What sets a query apart from mere words. A dash only in front of a word, a slash only as an expression.
_SYNTAX = re.compile(r'["()\[\]{}:*?~^\\&|]|(?:^|\s)[+!/-]|\b(?:AND|OR|NOT)\b')

#: An address outside of quotes; its signs would be syntax.
_ADDRESS = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![\w"\\])(?:https?|ftp)://[^\s"()]+')
_SIGN = re.compile(r"[^\w*.-]")

#: `subj-id` and `subjId` as well.
_FIELDS = {
    spelling: name
    for name in FIELDS
    for spelling in (name, name.replace("_", "-"), re.sub("_(.)", lambda m: m[1].upper(), name))
}

_HOW = 'use words, "phrases", field:value, AND, OR, NOT, brackets, and * at the end of a word'


def parse(text: str) -> TextQuery:
    """What `text` asks for; everything, where it is empty.

    Raises `BadInput` for what is no query, `Misconfigured` where luqum is missing and needed.
    """
    if not _SYNTAX.search(text):
        return all_of(map(phrase, dict.fromkeys(text.lower().split()[:MOST_WORDS])))
    if len(text) > LONGEST:
        raise BadInput(f"query has {len(text):,} characters: use at most {LONGEST:,}")
    try:
        query = _query(_tree(_ADDRESS.sub(_escaped, text)), "")
    except RecursionError:
        raise BadInput(_TOO_DEEP) from None
    if query.depth > DEEPEST:
        raise BadInput(_TOO_DEEP)
    return query


def _tree(text: str) -> Any:
    try:
        from luqum.exceptions import ParseError
        from luqum.thread import parse as parse_lucene
    except ImportError as error:
        raise Misconfigured("this query needs the extra: pip install 'doitui[hub]'") from error
    try:
        return parse_lucene(text)
    except ParseError as error:
        reason = " ".join(str(error).split()).removeprefix("Syntax error in input : ").rstrip("!")
        raise BadInput(f"query cannot be read ({reason}): {_HOW}") from None


def _escaped(found: re.Match[str]) -> str:
    text = found[0]
    return text if text.startswith('"') else _SIGN.sub(lambda sign: f"\\{sign[0]}", text)


def _query(node: Any, field: str) -> TextQuery:
    kind = type(node).__name__
    if kind in ("Word", "Phrase"):
        return _terms(str(node.value), field, is_phrase=kind == "Phrase")
    if kind == "SearchField":
        return _query(node.expr, _field(node.name))
    if kind in ("Group", "FieldGroup", "Boost"):
        return _query(node.expr, field)
    if kind == "Plus":
        return _query(node.a, field)
    if kind in ("Not", "Prohibit"):
        return ~_query(node.a, field)
    if kind in ("AndOperation", "UnknownOperation"):
        return all_of(_query(part, field) for part in node.operands)
    if kind == "OrOperation":
        return any_of(_query(part, field) for part in node.operands)
    raise BadInput(f"query has {str(node).strip()!r}, which is not supported: {_HOW}")


def _field(name: str) -> str:
    if name == "*":
        return ""
    if name not in _FIELDS:
        raise BadInput(f"Unknown field {name!r} in query. Use: {', '.join(FIELDS)}")
    return _FIELDS[name]


def _terms(value: str, field: str, *, is_phrase: bool) -> TextQuery:
    if is_phrase:
        return phrase(value, field)
    if value == "*":
        return EVERYTHING
    bare = re.sub(r"\\.", " ", value)
    if re.search(r"\?|\*.", bare):
        raise BadInput(f"query has {value!r}: * stands only at the end of a word, ? nowhere")
    return phrase(value, field, is_prefix=bare.endswith("*"))
