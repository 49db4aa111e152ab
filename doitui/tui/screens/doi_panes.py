"""The tabs of a DOI's page, each as lines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from doitui.tui import state_symbols
from doitui.tui.data import usage_months
from doitui.tui.state_symbols import Toned
from doitui.tui.text import bar, day, number, plural, second
from doitui.tui.widgets.lines import Labelled, Line, Rule, labelled
from doitui_core.clock import iso
from doitui_core.domain.counter_terms import LABELS
from doitui_core.views import verification_words
from doitui_core.views.doi_fundings import FundingRow
from doitui_core.views.doi_page import DoiPage
from doitui_core.views.rows import EventRow

#: Citing works on the page.
CITATIONS = 100

if TYPE_CHECKING:
    from doitui_core.operations.comparing import Comparison, FieldDifference


def facts(page: DoiPage) -> list[Line]:
    """What is known of the DOI, and when it was checked."""
    row = page.row
    hashes = {"now": row.current_hash, "sent": row.sent_hash, "confirmed": row.confirmed_hash}
    sections: dict[str, Labelled] = {
        "Facts": {
            "state": state_symbols.doi(row.status),
            "marks": state_symbols.marks(row.marks) if row.marks else "-",
            "wanted": row.wanted,
            "remote": row.remote,
            "certainty": (row.certainty, "warn") if row.certainty == "uncertain" else row.certainty,
            "verification": _verification(page),
            "": f"API {row.api_check}, resolver {row.resolver_check}",
            "OPUS": row.opus,
            "last error": (row.last_error, "bad") if row.last_error else None,
        },
        "Record": {
            "object id": row.object_id or "no record here",
            "repository": row.repository,
            "title": row.title or "-",
            "published": {True: "yes", False: "no", None: "-"}[page.published],
            "landing page": row.url or "-",
            "funding": _funding_counts(page.fundings) if page.fundings else None,
            "cited by": plural(len(page.cited_by), "work") if page.cited_by else None,
            "tombstone": row.reason or None,
            "successor": row.successor or "-" if row.reason else None,
        },
        "Times": {
            "reserved": _time(row.created_at),
            "minted": _time(row.minted_at),
            "changed": _time(row.updated_at),
            "API asked": _time(row.api_checked_at),
            "resolver asked": _time(row.resolver_checked_at),
        },
        "Content": {name: text[:16] or "-" for name, text in hashes.items()},
    }
    return [line for title, values in sections.items() for line in (Rule(title), *labelled(values, 15, " "))]


def _verification(page: DoiPage) -> Toned:
    """The verdict, and whether the landing page was fetched."""
    verdict = page.row.verification
    symbol, tone = state_symbols.VERIFICATION.get(verdict, ("?", "warn"))
    last = next((entry["detail"] for entry in reversed(page.log) if entry["action"] == "verify"), "")
    return f"{symbol} {verification_words.words(verdict, last)}", tone


def _time(when: datetime | str | None) -> str:
    text = iso(when) if isinstance(when, datetime) else when
    return text.replace("T", " ") if text else "-"


def log(page: DoiPage) -> list[Line]:
    """Its activity log, newest first."""
    lines: list[Line] = [Rule("Activity log", "newest first")]
    for entry in reversed(page.log):
        same = entry["from_status"] in ("", entry["to_status"])
        moved = entry["to_status"] if same else f"{entry['from_status']} > {entry['to_status']}"
        http = f"  HTTP {entry['http_status']}" if entry["http_status"] else ""
        lines.append([(f" {_time(entry['at'])}  ", "quiet"), (f"{entry['action']:<11}", "strong"), moved])
        lines.append((f"   by {entry['actor']}{http}", "quiet"))
        cause = f"{entry['cause'].replace('_', ' ')}: " if entry["cause"] else ""
        if cause or entry["detail"]:
            lines.append((f"   {cause}{entry['detail']}", "bad" if cause else ""))
    return lines


def requests(page: DoiPage) -> list[Line]:
    """Its requests to DataCite, newest first."""
    lines: list[Line] = [Rule("Requests", "newest first")]
    if not page.attempts:
        return [*lines, "", " Nothing was ever sent for this DOI."]
    for entry in reversed(page.attempts):
        status = f"HTTP {entry['http_status']}" if entry["http_status"] else "no answer"
        tone = "good" if entry["outcome"] == "done" else "quiet" if not entry["outcome"] else "bad"
        event = f"  event {entry['event']}" if entry["event"] else ""
        lines += [
            "",
            [(f" {entry['method']} ", "strong"), f"{entry['target']}{event}"],
            [
                (f"   sent {_time(entry['sent_at'])}  ended {_time(entry['finished_at'])}  ", "quiet"),
                (status, tone),
                f"  {entry['outcome']}",
            ],
        ]
        if entry["cause"]:
            lines.append([("   cause    ", "quiet"), (entry["cause"], "bad")])
        if entry["response"]:
            lines.append([("   answered ", "quiet"), entry["response"]])
        if entry["sent"] is not None:
            lines += [("   sent:", "quiet"), *_document(entry["sent"], "   ")]
    return lines


def metadata(page: DoiPage) -> list[Line]:
    """Its fundings, and its Kernel-4 metadata as JSON."""
    if page.metadata is None:
        return [Rule("Metadata"), "", " There is no record here that this DOI belongs to."]
    return [*_fundings(page.fundings), Rule("Metadata of the record"), *_document(page.metadata, " ")]


def _fundings(rows: list[FundingRow]) -> list[Line]:
    """Each funding, where it is from, and whether DataCite has it; nothing without any."""
    if not rows:
        return []
    lines: list[Line] = [Rule("Funding", number(len(rows)))]
    for row in rows:
        mark = {True: ("  at DataCite", "good"), False: ("  not sent yet", "warn"), None: ("", "")}[row.sent]
        lines.append([(f" {row.funder or '-'}", "strong"), (f"  {row.identifier}", "quiet")])
        lines.append(
            [("   award  ", "quiet"), row.award or "-", (f"  {row.award_uri}" if row.award_uri else "", "quiet")]
        )
        lines.append([("   from   ", "quiet"), "CSV (funding import)" if row.imported else "document", mark])
    return [*lines, ""]


def _funding_counts(rows: list[FundingRow]) -> state_symbols.Cell:
    """How many fundings there are, how many of them from CSV, and how many DataCite does not have."""
    imported, unsent = sum(row.imported for row in rows), sum(row.sent is False for row in rows)
    text = number(len(rows)) + (f", {number(imported)} from CSV" if imported else "")
    return (f"{text}, {number(unsent)} not sent yet", "warn") if unsent else text


def _document(document: Any, indent: str) -> list[Line]:
    """A JSON document, or a text as it is."""
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False, indent=1)
    return [indent + line for line in text.splitlines()]


def jobs(page: DoiPage) -> list[Line]:
    """Its jobs, newest first."""
    lines: list[Line] = [Rule("Jobs", "newest first")]
    if not page.jobs:
        return [*lines, "", " Nothing was ever queued for this DOI."]
    for row in page.jobs:
        state, tone = state_symbols.job(row.status)
        tries = f"{f'try {row.attempts}/{row.max_attempts}':<10}{_time(row.scheduled_at)}"
        lines.append([f" {row.id:>7}  {row.action:<11}", (f"{state:<13}", tone), tries])
        if row.last_error:
            lines.append([("          ", ""), (row.last_error, "bad")])
    return lines


def events(page: DoiPage) -> list[Line]:
    """Its events and who cites it, newest first."""
    lines: list[Line] = [*_cited_by(page), Rule("Events", "newest first")]
    if not page.events:
        return [*lines, *NO_EVENTS]
    lines += [*_by_relation(page.events), ""]
    for row in page.events:
        state, tone = state_symbols.event(row.state)
        counts = f"count {number(row.total)}, submitted {number(row.submitted_total)}"
        lines.append([f" {row.id:>7}  ", (f"{state:<13}", tone), f"{row.relation_type_id}  ", (counts, "quiet")])
        note = "" if row.in_metadata else "  no longer in the metadata"
        lines.append([f"          {row.obj_id}", (note, "warn")])
        if row.last_error:
            lines.append([("          ", ""), (row.last_error, "bad")])
    more = (f" … and older ones: `doitui event list --doi {page.row.doi}`", "quiet")
    return [*lines, "", more] if page.events_more else lines


def _cited_by(page: DoiPage) -> list[Line]:
    """Who cites it, as others reported it; nothing where nobody does."""
    if not page.cited_by:
        return []
    lines: list[Line] = [Rule("Cited by", plural(len(page.cited_by), "work"))]
    for one in page.cited_by[:CITATIONS]:
        lines.append([(f" {day(one.occurred_at)}  ", "quiet"), one.citing_id.removeprefix("https://")])
        lines.append((f"             reported by {', '.join(one.sources)}", "quiet"))
    if len(page.cited_by) > CITATIONS:
        lines.append((f" … and older ones: `doitui event list --origin pulled --doi {page.row.doi}`", "quiet"))
    return [*lines, ""]


def _by_relation(rows: list[EventRow]) -> list[Line]:
    """How often each relation was counted, most first, with a bar."""
    totals: Counter[str] = Counter()
    for row in rows:
        totals[row.relation_type_id] += row.total
    most = max(totals.values(), default=0)
    return [
        [f" {relation:<40} {number(total):>9}  ", (bar(total, most, _BAR), "busy")]
        for relation, total in totals.most_common()
    ]


def compared(found: Comparison | str, asked: datetime | None) -> list[Line]:
    """The comparison with DataCite, or a sentence in its place; `asked`: when DataCite was asked."""
    lines: list[Line] = [Rule("Compared with DataCite", f"asked {second(asked)}" if asked else "")]
    if isinstance(found, str):
        return [*lines, "", f" {found}"]
    if found.message:
        return [*lines, "", (f" {found.message}", "bad")]
    if not found.differences:
        return [*lines, "", (" The same: state, landing page and every field of the record.", "good")]
    fields = "1 field is" if len(found.differences) == 1 else f"{number(len(found.differences))} fields are"
    lines += ["", (f" {fields} not the same.", "warn")]
    return [*lines, *(line for one in found.differences for line in _difference(one))]


def _difference(one: FieldDifference) -> list[Line]:
    sides = ((" here      ", one.here), (" DataCite  ", one.there))
    return ["", (f" {one.field}", "strong"), *([(side, "quiet"), _value(value)] for side, value in sides)]


def _value(value: Any) -> state_symbols.Cell:
    if value is None:
        return "nothing", "quiet"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


#: How wide the counts are, and their bar.
_WIDTHS, _BAR = (15, 9, 10, 17), 14

_SOURCES = {"spool": "by the middleware", "log": "from access logs", "import": "taken over"}


def usage(found: usage_months.Counts | str) -> list[Line]:
    """The usage by month, as `show.shown` returns it, or a sentence in its place."""
    lines: list[Line] = [Rule("Usage", "by the rules of COUNTER")]
    if isinstance(found, str):
        return [*lines, "", f" {found}"]
    months = usage_months.by_month(found)
    if not months:
        return [*lines, *NO_USAGE]
    first = LABELS[0]
    most = max(row[first] for row in months)
    lines.append((f" {'MONTH':<8}{_row(name.upper() for name in LABELS)}", "head"))
    for row in reversed(months):
        counts = f" {row['month']:<8}{_row(number(row[name]) for name in LABELS)}  "
        lines.append([counts, (bar(row[first], most, _BAR), "busy")])
    return [*lines, "", Rule("Counted"), *map(_by, found["counts"])]


def _by(row: usage_months.Counts) -> Line:
    counts = _row(map(number, usage_months.metric_columns(row).values()))
    return [f" {row['access_method']:<8}{counts}  ", (_SOURCES[row["source"]], "quiet")]


def _row(cells: Iterable[str]) -> str:
    return "".join(cell.rjust(width) for cell, width in zip(cells, _WIDTHS, strict=True))


NO_EVENTS: tuple[Line, ...] = (
    "",
    " No events of this DOI yet.",
    "",
    ("  doitui makes them from related identifiers, ORCID, ROR and funder", "quiet"),
    ("  ids of what is minted, and from counted views and downloads.", "quiet"),
)

NO_USAGE: tuple[Line, ...] = (
    "",
    " Nothing was counted for this DOI yet.",
    "",
    (
        "  The middleware notes visits while a site runs, and a worker counts them; access logs can be counted too:",
        "quiet",
    ),
    ("  doitui usage import-log FILE …", "quiet"),
)
