"""The words of the hub's events: FTS5 on SQLite, tsvector on PostgreSQL.

Both are given words (`doitui_core.domain.text_query`), not texts, so that both find the same. PostgreSQL's own parser
would make one word of an address.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

from doitui_core.db.guarded import Guarded
from doitui_core.domain.text_query import Both, Either, Expression, Phrase, words_of

#: In the order of the columns; on PostgreSQL each has a weight.
FIELDS = ("subj_id", "obj_id", "source_id", "relation_type_id")
_WEIGHTS = dict(zip(FIELDS, "ABCD", strict=True))

#: Positions between two fields, so that no phrase spans both.
_APART = 2

#: An event and its four texts.
Row = tuple[int, Sequence[str]]

_COLUMNS = ", ".join(FIELDS)


def add(db: Guarded, rows: Iterable[Row]) -> None:
    """Index events, inside a transaction."""
    if is_fts(db):
        _run(db, f"INSERT INTO hub_event_text (rowid, {_COLUMNS}) VALUES (?, ?, ?, ?, ?)", map(_texts, rows))
    else:
        statement = "COPY hub_event_text (event_id, words) FROM STDIN"
        with db.guard(), db.driver_cursor().copy(statement) as copy:
            for event, texts in rows:
                copy.write_row((event, _vector(texts)))


def remove(db: Guarded, rows: Iterable[Row]) -> None:
    """Take events out, inside a transaction; the texts are those they were indexed with."""
    if is_fts(db):
        columns = f"hub_event_text, rowid, {_COLUMNS}"
        _run(db, f"INSERT INTO hub_event_text ({columns}) VALUES ('delete', ?, ?, ?, ?, ?)", map(_texts, rows))
    else:
        _run(db, "DELETE FROM hub_event_text WHERE event_id = %s", ((event,) for event, _ in rows))


def matching(db: Guarded, expression: Expression) -> tuple[str, str]:
    """`(FROM … WHERE … with one mark, value)` for the events that fulfil `expression`; `event_column` is their id."""
    if is_fts(db):
        return "FROM hub_event_text WHERE hub_event_text MATCH ?", fts_query(expression)
    return "FROM hub_event_text WHERE words @@ %s::tsquery", tsquery(expression)


def membership(db: Guarded, expression: Expression, negated: bool) -> tuple[str, str]:
    """`(IN (SELECT … with one mark), value)`, to follow an event's id: whether it fulfils `expression`; `negated`: not.

    PostgreSQL would search a NOT IN of very many ids once for each event, so it looks for those that lack the words.
    """
    rows, value = matching(db, expression)
    if negated and is_fts(db):
        return f"NOT IN (SELECT rowid {rows})", value
    if negated:
        rows = rows.replace("WHERE words", "WHERE NOT words")
    return f"IN (SELECT {event_column(db)} {rows})", value


def event_column(db: Guarded) -> str:
    """The column of `hub_event_text` with the id of the event."""
    return "rowid" if is_fts(db) else "event_id"


def having(db: Guarded, expression: Expression) -> tuple[str, str]:
    """As `matching`, for the one event whose id follows: quick where very many match."""
    rows, value = matching(db, expression)
    return f"{rows} AND {event_column(db)} =", value


def is_slow_for_one(db: Guarded, expression: Expression) -> bool:
    """Whether `having` takes as long as `matching`: FTS5 collects all words with a beginning each time (5 s a list)."""
    return is_fts(db) and "*" in fts_query(expression)


def ranked(db: Guarded, expression: Expression, most: int) -> tuple[str, list[str]]:
    """A table `ranked (event_id, score)` of up to `most` events that fulfil `expression`, and its values; the lowest
    score is the best.
    """
    rows, value = matching(db, expression)
    score, values = ("rank", [value]) if is_fts(db) else ("-ts_rank('{1,1,1,1}', words, %s::tsquery)", [value, value])
    return f"(SELECT {event_column(db)} AS event_id, {score} AS score {rows} LIMIT {most}) AS ranked", values


def is_fts(db: Guarded) -> bool:
    """Whether the index is SQLite's."""
    return bool(db.param == "?")


def fts_query(one: Expression) -> str:
    """As FTS5 writes it."""
    if isinstance(one, Phrase):
        field = f"{one.field} : " if one.field else ""
        return f'{field}"{" ".join(one.words)}"{" *" if one.is_prefix else ""}'
    if isinstance(one, Both | Either):
        word = " AND " if isinstance(one, Both) else " OR "
        return f"({word.join(map(fts_query, one.parts))})"
    return f"({fts_query(one.these)} NOT {fts_query(one.those)})"


def tsquery(one: Expression) -> str:
    """As PostgreSQL reads a tsquery from text."""
    if isinstance(one, Phrase):
        weight = _WEIGHTS.get(one.field, "")
        marks = [weight] * (len(one.words) - 1) + [f"{'*' if one.is_prefix else ''}{weight}"]
        words = (f"'{word}'{':' if mark else ''}{mark}" for word, mark in zip(one.words, marks, strict=True))
        return f"({' <-> '.join(words)})"
    if isinstance(one, Both | Either):
        sign = " & " if isinstance(one, Both) else " | "
        return f"({sign.join(map(tsquery, one.parts))})"
    return f"({tsquery(one.these)} & !{tsquery(one.those)})"


def _texts(row: Row) -> tuple[Any, ...]:
    event, texts = row
    return event, *(" ".join(words_of(text)) for text in texts)


def _vector(texts: Sequence[str]) -> str:
    """A tsvector as text. Words are letters and digits: nothing in them has to be escaped."""
    position, entries = 1, []
    for text, weight in zip(texts, "ABCD", strict=True):
        words = words_of(text)
        entries += [f"'{word}':{at}{weight}" for word, at in zip(words, count(position), strict=False)]
        position += len(words) + _APART
    return " ".join(entries)


def _run(db: Guarded, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    with db.guard():
        db.driver_cursor().executemany(statement, list(rows))
