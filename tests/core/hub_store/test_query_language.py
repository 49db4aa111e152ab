"""What a query means, as an expression: tables."""

from __future__ import annotations

import pytest

from doitui_core.db.text_index import fts_query, tsquery
from doitui_core.errors import BadInput
from doitui_core.hub_store.query_language import parse

READ = [
    ("a b", '("a" AND "b")'),
    ("a AND b OR c", '(("a" AND "b") OR "c")'),
    ("a AND (b OR c)", '("a" AND ("b" OR "c"))'),
    ("a NOT b", '("a" NOT "b")'),
    ("a -b +c", '(("a" NOT "b") AND "c")'),
    ("NOT a NOT b", 'not ("a" OR "b")'),
    ("a OR NOT b", 'not ("b" NOT "a")'),
    ("NOT (a AND NOT b)", 'not ("a" NOT "b")'),
    ('"is part of"', '"is part of"'),
    ("is-part-of", '"is part of"'),
    ("10.5072/ab*", '"10 5072 ab" *'),
    ("source_id:crossref", 'source_id : "crossref"'),
    ("source-id:crossref", 'source_id : "crossref"'),
    ("sourceId:(a OR b)", '(source_id : "a" OR source_id : "b")'),
    ("https://doi.org/10.5072/A?x=1", '"https doi org 10 5072 a x 1"'),
    ("subj_id:https://doi.org/10.5072/a*", 'subj_id : "https doi org 10 5072 a" *'),
    ("obj_id:10.5072\\/a\\:b", 'obj_id : "10 5072 a b"'),
    ("a^2", '"a"'),
    ("a AND a", '"a"'),
    ("", "not None"),
    ("*", "not None"),
    ("*:*", "not None"),
    ("NOT *", "None"),
    ("a OR *", "not None"),
    ('"---" a', '"a"'),
]


@pytest.mark.parametrize(("text", "meaning"), READ)
def test_a_query_means(text: str, meaning: str) -> None:
    query = parse(text)
    found = fts_query(query.expression) if query.expression else "None"
    assert ("not " if query.negated else "") + found == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("a b", "(('a') & ('b'))"),
        ("source_id:ab*", "('ab':*C)"),
        ('obj_id:"a b" NOT c', "(('a':B <-> 'b':B) & !('c'))"),
    ],
)
def test_postgresql_is_asked_the_same(text: str, meaning: str) -> None:
    expression = parse(text).expression
    assert expression
    assert tsquery(expression) == meaning


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(a", "cannot be read"),
        ("a AND", "cannot be read"),
        ('"a', "cannot be read"),
        ("title:a", "Unknown field 'title'"),
        ("a?b", "only at the end"),
        ("*a", "only at the end"),
        ("a~", "not supported"),
        ("/re/", "not supported"),
        ("[1 TO 3]", "not supported"),
        ("a:" * 2000, "at most 2,000"),
        ("(b AND (a OR " * 11 + "c" + "))" * 11, "inside each other"),
    ],
)
def test_what_is_no_query_is_refused_in_one_line(text: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason) as refused:
        parse(text)
    assert "\n" not in str(refused.value)
