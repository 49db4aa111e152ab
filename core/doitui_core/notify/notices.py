"""What is told by mail, and to whom: texts, and the outbox they are put in.

A notice is written in the transaction of what it tells of, so neither is there without the other; its topic is unique,
so each goes out once, however often that is tried. `mail` sends it. Without recipients or `smtp_url` nothing is
written; settings that cannot be read are logged and never stop the act.

Titles, names and errors come from outside. Each line of a text is made harmless as one line, so nothing in it can begin
another one, turn the direction of what follows, or show a password that stands in an address.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from doitui_core.clock import iso, micros
from doitui_core.config import repositories, setting_values, settings
from doitui_core.config.repositories import Config
from doitui_core.db import database, prepared
from doitui_core.db.models import Doi, Notice, Record, Repository
from doitui_core.dois import doi_rows
from doitui_core.domain import outcomes, states
from doitui_core.domain.outcomes import Outcome
from doitui_core.errors import Misconfigured
from doitui_core.queue import rate_limit
from doitui_core.text import harmless, plural

if TYPE_CHECKING:
    from doitui_core.domain.job_kinds import Service
    from doitui_core.queue.breaker import BreakerChange

log = logging.getLogger("doitui.mail")

#: How many DOIs are named for each cause of a digest; the most characters of a title, a subject, a line.
NAMED = 20
LONGEST_TITLE = 120
LONGEST_SUBJECT = 250

#: What to do, by cause; first what `outcomes` says.
ADVICE = {
    cause: outcomes.without_promise(advice)
    for _, cause, advice in (*outcomes.BY_HUNDRED.values(), *outcomes.BY_STATUS.values())
} | {
    "attempts_spent": "see what DataCite answered, then retry",
    "configuration": "mend the settings, then retry",
    "conflict": "another write was faster each time: retry",
    "exists": "`doitui doi adopt DOI` takes it over, then mint again",
    "firewall": "a firewall, proxy or login page refuses requests to DataCite: ask who runs the network, then retry",
    "foreign": "it belongs to another account: give the record another DOI",
    "left_out": "fix the record, then mint it",
    "mismatch": "see where it leads, then update it or set its URL",
    "no_answer": "see whether DataCite can be reached from this host, then retry",
    "no_record": "bring the record back, then retry",
    "proxy": "a proxy between this host and DataCite fails: ask who runs the network, then retry",
    "resolver_unreachable": "nothing was changed; see whether the resolver can be reached from this host",
    "server_error": "see what DataCite answered, then retry",
    "unreachable": "see whether DataCite can be reached from this host, then retry",
    "unreadable": "see what DataCite answered, then retry",
    "wrong_state": "see in which state DataCite has it, then retry",
}

#: The end of an advice that does not hold for what goes on without anybody.
THEN_RETRY = ", then retry"

#: What was to be done with the DOI, by action (`states.action`).
DONE = {"mint": "registered", "update": "updated", "deactivate": "deactivated", "abandon": "given up"}


@dataclass(frozen=True, slots=True)
class DigestLine:
    """What a run did with one DOI. `status`: OPUS's word or ours. `cause`: why it failed, empty when it did not.
    `recovered`: before this run it had failed, now it is well. `waits`: it is tried again by itself.
    """

    doi: str
    url: str
    status: str
    cause: str = ""
    error: str = ""
    recovered: bool = False
    object_id: str = ""
    waits: bool = False

    def __str__(self) -> str:
        """As OPUS writes it: `DOI URL STATUS[ error]`."""
        return " ".join(filter(None, (self.doi, self.url, self.status, self.error)))


@dataclass
class Digest:
    """A bulk or cron run: what it was ("DOI registration"), a `key` no other run has, and what it did."""

    what: str
    key: str
    lines: list[DigestLine] = field(default_factory=list)


def report_result(row: Doi, config: Config, outcome: Outcome, **ended: bool) -> None:
    """The notice of a write's end (`failed` for good, `minted` for the first time), committed together with it."""
    if ended["failed"]:
        failed(row, row.record, config, outcome)
    elif ended["minted"]:
        minted(row, row.record, config)


def minted(row: Doi, record: Record | None, config: Config) -> bool:
    """Tell the record's owner and `doi_failure_notify` that a DOI is minted: once for each DOI.

    As all of these: inside `database.write()`; whether there is a new notice.
    """
    text = [
        *_opening(record),
        f"{_title(record) or 'A record'} has its DOI now.",
        "",
        f"  DOI:      https://doi.org/{row.doi}",
        f"  leads to: {row.url}",
        f"  state:    {row.status}",
        *_where(record, config),
    ]
    if config.environment == "test":
        text += ["", "This is DataCite's test system: the DOI does not resolve in public."]
    subject = f"DOI {row.doi} is registered{_about(record)}"
    return _put(config, f"minted:{row.id}", _people(record, config), subject, text)


def failed(row: Doi, record: Record | None, config: Config, outcome: Outcome) -> bool:
    """Tell the same people that a write has finally failed: once for each time. After `doi_rows.write`, whose moment
    stands for this failure.
    """
    done = DONE[states.action(doi_rows.facts(row))]
    text = [
        *_opening(record),
        f"The DOI {row.doi} of {_title(record) or 'a record'} could not be {done}.",
        "It is not tried again before somebody has looked at it.",
        "",
        *_why(outcome),
        *_where(record, config),
        "",
        f"Look: doitui doi history {row.doi}",
        f"Then: doitui queue retry --cause {outcome.cause}",
    ]
    topic = f"failed:{row.id}:{micros(row.updated_at)}"
    return _put(config, topic, _people(record, config), f"DOI {row.doi} could not be {done}{_about(record)}", text)


def blocked(config: Config, outcome: Outcome) -> bool:
    """Tell `doi_failure_notify` that a repository is blocked until its set-up is fixed: once a day for each cause."""
    text = [
        f"Nothing of repository {config.code} is sent until its set-up is mended.",
        "Its jobs wait and lose no attempt; they go on by themselves.",
        "",
        *_why(outcome, goes_on=True),
        "",
        f"Look: doitui repository show {config.code}",
    ]
    topic = f"blocked:{outcome.cause}:{database.now():%Y-%m-%d}"
    subject = f"Repository {config.code} is blocked: {_cause_text(outcome.cause)}"
    return _put(config, topic, _listed(config, "doi_failure_notify"), subject, text)


def refused(config: Config, service: Service, outcome: Outcome) -> bool:
    """Tell the same people that events or usage reports are not taken from us: once a day for each cause.

    Not where we have no right to write events: DataCite gives it to nobody, and the doctor says so.
    """
    if outcome.cause == "forbidden":
        return False
    text = [
        f"No {service} of repository {config.code} are sent until this is mended. DOIs are.",
        "What waits loses no attempt; it goes on by itself.",
        "",
        *_why(outcome, goes_on=True),
        "",
        "Look: doitui doctor",
    ]
    topic = f"refused:{service}:{outcome.cause}:{database.now():%Y-%m-%d}"
    subject = f"{service.capitalize()} of repository {config.code} are not taken: {_cause_text(outcome.cause)}"
    return _put(config, topic, _listed(config, "doi_failure_notify"), subject, text)


def outage(change: BreakerChange) -> bool:
    """Tell all whose repositories use a service that its outage began or ended: one notice for each of the two."""
    concerned = [config for config in _everybody() if _uses(config, change.rate_limit) and can_send(config)]
    recipients = [address for config in concerned for address in _listed(config, "doi_failure_notify")]
    if not recipients:
        return False
    if change.opened:
        subject = f"Outage: {change.rate_limit} does not answer"
        news = "failed again and again; from now on single requests try whether it works."
        after = "No attempt is lost. What waits is sent by itself when the outage is over."
    else:
        subject = f"Outage over: {change.rate_limit} answers again"
        news = "answers again. What has waited is sent now, slowly at first."
        after = f"The outage lasted until {iso(database.now())}."
    text = [
        f"{change.rate_limit} {news}",
        "",
        f"  since:        {iso(change.since)}",
        f"  repositories: {', '.join(config.code for config in concerned)}",
        "",
        after,
    ]
    topic = f"outage:{change.rate_limit}:{micros(change.since)}:{'began' if change.opened else 'ended'}"
    return _put(concerned[0], topic, recipients, subject, text)


def digest(run: Digest, config: Config | None = None) -> bool:
    """Tell `notification_email`, if `notification_email_enabled`, what a run did: one notice for each run, none when
    there is nothing to say. `config`: whose settings count; None, for a run over all repositories, the global ones.
    """
    config = config or Config(0, "", settings.load())
    if not run.lines or not wants_digests(config):
        return False
    wrong = [line for line in run.lines if line.cause]
    recovered = [line for line in run.lines if line.recovered and not line.cause]
    well = [line for line in run.lines if not line.recovered and not line.cause]
    causes = {line.cause for line in wrong}
    kinds = Counter((line.cause, line.waits) for line in wrong).most_common()
    groups = [
        (
            f"{number} x {_cause_text(cause)}: {'tried again by itself' if waits else _advice(cause)}",
            [line for line in wrong if (line.cause, line.waits) == (cause, waits)],
        )
        for (cause, waits), number in kinds
    ]
    groups += [(f"{len(recovered)} fixed themselves", recovered)] * bool(recovered)
    groups += [(f"{len(well)} well", well)] * bool(well)
    told = [f"{len(wrong)} failed ({plural(len(causes), 'cause')})"] * bool(wrong)
    told += [head for head, _ in groups[len(kinds) :]]
    subject = f"{run.what}{_about_one(run)}: {', '.join(told)}"
    text = [f"{run.what}, {iso(database.now())}: {plural(len(run.lines), 'DOI')}, {', '.join(told)}."]
    for head, lines in groups:
        text += ["", head, *_list_lines(lines)]
    text += ["", "Look: doitui status; doitui queue list --status failed"]
    return _put(config, f"digest:{run.key}", _listed(config, "notification_email"), subject, text)


def repository_of(topic: str) -> int:
    """The repository whose settings send the notice of that topic; 0: the global ones."""
    return int(topic.partition(":")[0])


def _put(config: Config, topic: str, recipients: Sequence[str], subject: str, text: Iterable[str]) -> bool:
    """Into the outbox. False: there is nobody to tell, no server to tell it by, or it was told."""
    assert database.in_write(), "a notice is committed together with what it tells of"
    if not recipients or not can_send(config):
        return False
    now = database.now()
    row = Notice(
        topic=f"{config.repository_id}:{topic}",
        recipients=", ".join(dict.fromkeys(recipients)),
        subject=harmless(subject, LONGEST_SUBJECT),
        body="".join(f"{harmless(line).rstrip()}\n" for line in text),
        created_at=now,
        due_at=now,
    )
    return prepared.insert(row)


def can_send(config: Config) -> bool:
    """Whether a mail server is set. Which one, and its password, is read when the mail is sent."""
    return bool(config.settings.find("smtp_url").text.strip())


def wants_digests(config: Config) -> bool:
    """Whether runs and bulk acts are told by mail under these settings."""
    return _text(config, "notification_email_enabled") == "1" and can_send(config)


def _listed(config: Config, name: str) -> list[str]:
    return setting_values.mail_addresses(_text(config, name))


def _text(config: Config, name: str) -> str:
    try:
        return config.text(name)
    except Misconfigured as error:
        log.warning("%s; this mail is not sent", error)
        return ""


def _people(record: Record | None, config: Config) -> list[str]:
    """The record's owner, if the address is one (it was imported as it was), and `doi_failure_notify`."""
    owner = record.owner_email if record is not None else ""
    try:
        return setting_values.mail_addresses(owner) + _listed(config, "doi_failure_notify")
    except ValueError as error:
        log.warning("the owner of record %s is not told: %s", _object_id(record), error)
        return _listed(config, "doi_failure_notify")


def _everybody() -> Iterator[Config]:
    for repository in Repository.select().where(Repository.active == True).order_by(Repository.id):  # noqa: E712
        yield repositories.config(repository)


def _uses(config: Config, name: str) -> bool:
    try:
        return rate_limit.name(config, rate_limit.service_of(name)) == name
    except Misconfigured:
        return False


def _opening(record: Record | None) -> list[str]:
    return [f"Dear {record.owner_name}," if record is not None and record.owner_name else "Good day,", ""]


def _where(record: Record | None, config: Config) -> list[str]:
    return [f"  record:   {_object_id(record) or 'gone'} in {config.code}"]


def _why(outcome: Outcome, *, goes_on: bool = False) -> list[str]:
    """`goes_on`: by itself, as soon as it can; else not before somebody retries it. Only one of the two is said."""
    message, advice = outcome.message, _advice(outcome.cause)
    if goes_on:
        message, advice = message.removesuffix(THEN_RETRY), advice.removesuffix(THEN_RETRY)
    else:
        message = outcomes.without_promise(message)
    return [f"  cause:    {_cause_text(outcome.cause)}", f"  error:    {message}", f"  to do:    {advice}"]


def _object_id(record: Record | None) -> str:
    return record.object_id if record is not None else ""


def _title(record: Record | None) -> str:
    title = harmless(record.title, LONGEST_TITLE).strip() if record is not None else ""
    return title and f"“{title}”"


def _about(record: Record | None) -> str:
    title = _title(record)
    return title and f": {title}"


def _about_one(run: Digest) -> str:
    """DOI and record, where it was about one only."""
    if len(run.lines) > 1:
        return ""
    return f" of {run.lines[0].doi} {run.lines[0].object_id}".rstrip()


def _list_lines(lines: Sequence[DigestLine]) -> list[str]:
    more = [f"  … and {len(lines) - NAMED} more"] * (len(lines) > NAMED)
    return [f"  {line}" for line in lines[:NAMED]] + more


def _cause_text(cause: str) -> str:
    return cause.replace("_", " ")


def _advice(cause: str) -> str:
    return ADVICE.get(cause) or "see its error"
