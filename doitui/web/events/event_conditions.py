"""A query as a WHERE clause over the table of events. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from doitui.web.events.event_query import EventQuery

Condition = tuple[str, list[object]]

_RESOLVER = "https://doi.org/"
# As the index of the key has it: there is none on subj_id alone. The column is compared as `+subj_id` as well: without
# the plus SQLite replaces the column by the value in this expression too, and does not use the index.
_SUBJ = "substr(subj_id, 1, 191) COLLATE NOCASE"
_SEARCHED = "lower(subj_id || ' ' || obj_id || ' ' || source_id || ' ' || relation_type_id)"
_ISSN = ("$.issn", "$.periodical.issn")


def where(query: EventQuery) -> Condition:
    """`(clause, values)`; the clause is `1` when everything is let through."""
    conditions = [
        *_id_conditions(query),
        *_column_conditions(query),
        *_side_conditions(query),
        *_time_conditions(query),
    ]
    clause = " AND ".join(f"({sql})" for sql, _ in conditions) or "1"
    return clause, [value for _, values in conditions for value in values]


def _id_conditions(query: EventQuery) -> Iterable[Condition]:
    if query.subj_id:
        yield f"{_SUBJ} = ? AND +subj_id = ?", [query.subj_id[:191], query.subj_id]
    if query.obj_id:
        yield "obj_id = ?", [query.obj_id]
    if query.dois:
        yield _any(_on_a_side([_RESOLVER + doi for doi in query.dois]), _mentions(query.dois))
    if query.orcids:
        names = [name.rpartition("/")[2] for name in query.orcids]
        yield _on_a_side([f"https://orcid.org/{name}" for name in names])
    for word in query.search_words:
        yield f"instr({_SEARCHED}, ?)", [word]


def _column_conditions(query: EventQuery) -> Iterable[Condition]:
    columns = {
        "uuid": query.uuids,
        "source_id": query.sources,
        "relation_type_id": query.relations,
        "citation_type": (query.citation_type,) if query.citation_type else (),
        "source_doi": query.source_dois,
        "target_doi": query.target_dois,
        "source_relation_type_id": query.source_relations,
        "target_relation_type_id": query.target_relations,
    }
    return [_among(column, values) for column, values in columns.items() if values]


def _side_conditions(query: EventQuery) -> Iterable[Condition]:
    if query.prefixes:
        yield _any(_among("subj_prefix", query.prefixes), _among("obj_prefix", query.prefixes))
    if query.registrants:
        yield _any(_among("subj_registrant", query.registrants), _among("obj_registrant", query.registrants))
    if query.subtypes:
        yield _any(*(_among(_in_json(side, '$."@type"'), query.subtypes) for side in ("subj", "obj")))
    if query.issns:
        yield _any(*(_among(_in_json(side, path), query.issns) for side in ("subj", "obj") for path in _ISSN))
    if query.published:
        years = [f"substr({_in_json(side, '$.datePublished')}, 1, 4) BETWEEN ? AND ?" for side in ("subj", "obj")]
        yield " OR ".join(years), [*query.published, *query.published]


def _time_conditions(query: EventQuery) -> Iterable[Condition]:
    if query.year_month:
        yield "substr(occurred_at, 1, 7) = ?", [query.year_month]
    if query.occurred:
        yield "substr(occurred_at, 1, 4) BETWEEN ? AND ?", [*query.occurred]
    if query.until:
        yield "created <= ?", [query.until]


def _on_a_side(ids: Sequence[str]) -> Condition:
    subj, obj = _among(_SUBJ, [one[:191] for one in ids]), _among("obj_id", ids)
    exact = _among("+subj_id", ids)
    return _any((f"{subj[0]} AND {exact[0]}", [*subj[1], *exact[1]]), obj)


def _mentions(dois: Sequence[str]) -> Condition:
    inner, values = _among("doi", dois)
    return f"number IN (SELECT event FROM event_mention WHERE {inner})", values


def _among(column: str, values: Sequence[str]) -> Condition:
    return f"{column} IN ({', '.join('?' * len(values))})", [*values]


def _any(*conditions: Condition) -> Condition:
    return " OR ".join(f"({sql})" for sql, _ in conditions), [value for _, values in conditions for value in values]


def _in_json(side: str, path: str) -> str:
    return f"json_extract({side}, '{path}')"
