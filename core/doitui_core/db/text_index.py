"""The words of the hub's events: FTS5 on SQLite, tsvector on PostgreSQL.

Both are given words (`doitui_core.domain.text_query`), not texts, so that both find the same. PostgreSQL's own parser
would make one word of an address.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

from doitui_core.db.guarded import Guarded
from doitui_core.domain.text_query import Both, Either, Expression, Phrase, fulfils, words_of

#: In the order of the columns; on PostgreSQL each has a weight.
FIELDS = ("subj_id", "obj_id", "source_id", "relation_type_id")
_WEIGHTS = dict(zip(FIELDS, "ABCD", strict=True))

#: Positions between two fields, so that no phrase spans both.
_APART = 2

#: An event and its four texts.
Row = tuple[int, Sequence[str]]

#: A part of a statement and its values.
Sql = tuple[str, list[Any]]

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


def matching(db: Guarded, expression: Expression) -> Sql:
    """`FROM … WHERE …` for the events that fulfil `expression`; `event_column` is their id."""
    if is_fts(db):
        return "FROM hub_event_text WHERE hub_event_text MATCH ?", [fts_query(expression)]
    # Not as a value: a prepared statement's plan is the same for rare words and those of every event. Words are letters
    # and digits, so that nothing has to be escaped but the quotes around them.
    text = tsquery(expression).replace("'", "''")
    return f"FROM hub_event_text WHERE words @@ '{text}'::tsquery", []


def some(db: Guarded, expression: Expression, most: int) -> list[int]:
    """The ids of up to `most` events that fulfil `expression`, in order; those of the oldest on SQLite."""
    rows, values = matching(db, expression)
    found = db.execute_sql(f"SELECT {event_column(db)} {rows} LIMIT {most}", values).fetchall()
    return sorted(event for (event,) in found)


def among(db: Guarded, events: Sequence[int]) -> Sql:
    """`IN …`, to follow an event's id."""
    if is_fts(db):
        return "IN (SELECT value FROM json_each(?))", [json.dumps(events)]
    return "= ANY(%s::bigint[])", [list(events)]


def membership(db: Guarded, expression: Expression, negated: bool) -> Sql:
    """`IN (SELECT …)`, to follow an event's id: whether it fulfils `expression`; `negated`: not.

    PostgreSQL would search a NOT IN of very many ids once for each event, so it looks for those that lack the words.
    """
    rows, values = matching(db, expression)
    if negated and is_fts(db):
        return f"NOT IN (SELECT rowid {rows})", values
    if negated:
        rows = rows.replace("WHERE words", "WHERE NOT words")
    return f"IN (SELECT {event_column(db)} {rows})", values


def event_column(db: Guarded) -> str:
    """The column of `hub_event_text` with the id of the event."""
    return "rowid" if is_fts(db) else "event_id"


def having(db: Guarded, expression: Expression) -> Sql | None:
    """As `matching`, for the one event whose id follows: quick where very many match. None where `has` is quicker: FTS5
    collects all words with a beginning each time.
    """
    if is_fts(db) and "*" in fts_query(expression):
        return None
    rows, values = matching(db, expression)
    return f"{rows} AND {event_column(db)} =", values


def has(db: Guarded, expression: Expression) -> str:
    """The name of a function of this SQLite connection: whether an event with these four texts fulfils `expression`."""

    def answer(*texts: str) -> bool:
        return fulfils(expression, dict(zip(FIELDS, map(words_of, texts), strict=True)))

    db.connection().create_function("hub_event_has", len(FIELDS), answer)  # type: ignore[no-untyped-call]
    return "hub_event_has"


def ranked(db: Guarded, expression: Expression, most: int) -> Sql:
    """A table `ranked (event_id, score)` of up to `most` events that fulfil `expression`; the lowest score is best."""
    rows, values = matching(db, expression)
    score = "rank"
    if not is_fts(db):
        text = tsquery(expression).replace("'", "''")
        score = f"-ts_rank('{{1,1,1,1}}', words, '{text}'::tsquery)"
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
