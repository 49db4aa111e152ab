"""Mail notices: their texts, their recipients, and the outbox from which `mail` sends them.

A notice is committed together with the event it reports; its topic is unique, so it is sent once. Without recipients
or `smtp_url` nothing is written; invalid mail settings are logged and never stop an action.

Titles, names and errors come from outside, so every line is sanitized: no line breaks, no direction overrides, no
passwords of URLs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from doitui_core.clock import iso, micros
from doitui_core.config import repositories, setting_parsers, settings
from doitui_core.config.repositories import Config
from doitui_core.db import database, prepared
from doitui_core.db.models import Doi, Notice, Record, Repository
from doitui_core.dois import doi_rows
from doitui_core.domain import outcomes, states
from doitui_core.domain.cause_groups import cause_group
from doitui_core.domain.outcomes import Outcome
from doitui_core.errors import Misconfigured
from doitui_core.notify import pending_results
from doitui_core.queue import rate_limit
from doitui_core.text import harmless

if TYPE_CHECKING:
    from doitui_core.domain.job_kinds import Service
    from doitui_core.queue.breaker import BreakerChange

log = logging.getLogger("doitui.mail")

#: Characters.
LONGEST_TITLE = 120
LONGEST_SUBJECT = 250

#: What to do, by cause; entries here replace those of `outcomes`.
ADVICE = {
    cause: outcomes.without_promise(advice)
    for _, cause, advice in (*outcomes.BY_HUNDRED.values(), *outcomes.BY_STATUS.values())
} | {
    "attempts_spent": "check DataCite's answer, then retry",
    "configuration": "fix the settings, then retry",
    "conflict": "another write was faster each time: retry",
    "exists": "take it over with `doitui doi adopt DOI`, then mint again",
    "firewall": "a firewall, proxy or login page blocks DataCite: contact your network administrators, then retry",
    "foreign": "it belongs to another account: give the record another DOI",
    "left_out": "fix the record, then mint it",
    "mismatch": "check its landing page, then update it or set its URL",
    "no_answer": "check whether this host can reach DataCite, then retry",
    "no_record": "import the record again, then retry",
    "proxy": "a proxy between this host and DataCite fails: contact your network administrators, then retry",
    "resolver_unreachable": "nothing was changed; check whether this host can reach the resolver",
    "server_error": "check DataCite's answer, then retry",
    "unreachable": "check whether this host can reach DataCite, then retry",
    "unreadable": "check DataCite's answer, then retry",
    "wrong_state": "check the state of the DOI at DataCite, then retry",
}

#: The end of an advice, omitted for what continues by itself.
THEN_RETRY = ", then retry"

#: Participles of the actions (`states.action`).
_PARTICIPLES = {"mint": "registered", "update": "updated", "deactivate": "deactivated", "abandon": "abandoned"}


def report_result(row: Doi, config: Config, outcome: Outcome, **ended: bool) -> None:
    """The notice of a finished write, where it `failed` or `minted` the DOI. Inside `database.write()`."""
    if ended["failed"]:
        failed(row, row.record, config, outcome)
    elif ended["minted"]:
        minted(row, row.record, config)


def minted(row: Doi, record: Record | None, config: Config) -> bool:
    """Notify the record's owner and `doi_failure_notify` that a DOI is minted, once.

    As all of these: inside `database.write()`; returns whether there is a new notice.
    """
    text = [
        *_opening(record),
        f"The DOI of {_title(record) or 'a record'} is registered.",
        "",
        f"  DOI:      https://doi.org/{row.doi}",
        f"  page:     {row.url}",
        f"  state:    {row.status}",
        *_where(record, config),
    ]
    if config.environment == "test":
        text += ["", "This is DataCite's test system: doi.org does not know the DOI."]
    topic, subject = f"minted:{row.id}", f"DOI {row.doi} is registered{_about(record)}"
    noted = pending_results.note(config, topic, row=row, record=record)
    return put(config, topic, _people(record, config), subject, text) or noted


def failed(row: Doi, record: Record | None, config: Config, outcome: Outcome) -> bool:
    """Notify the same people that a write failed. After `doi_rows.write`, whose time makes the topic unique."""
    done = _PARTICIPLES[states.action(doi_rows.facts(row))]
    text = [
        *_opening(record),
        f"The DOI {row.doi} of {_title(record) or 'a record'} could not be {done}.",
        "It is not tried again until somebody retries it.",
        "",
        *_why(outcome),
        *_where(record, config),
        "",
        f"Details: doitui doi history {row.doi}",
        f"Retry:   doitui queue retry --cause {cause_group(outcome.cause, outcome.message).name}",
    ]
    topic, subject = f"failed:{row.id}:{micros(row.updated_at)}", f"DOI {row.doi} could not be {done}{_about(record)}"
    noted = pending_results.note(config, topic, outcome.cause, outcome.message, row=row, record=record)
    return put(config, topic, _people(record, config), subject, text) or noted


def not_registered(record: Record, config: Config, error: str) -> bool:
    """Notify the same people that a record was published and its DOI could not be created or queued: once for each
    publication.
    """
    text = [
        *_opening(record),
        f"{_title(record) or 'A record'} is published, but its DOI could not be registered.",
        "",
        f"  error:    {error}",
        *_where(record, config),
        "",
        f"Fix that, then: doitui doi mint {config.code}:{record.object_id}",
    ]
    topic = f"publishing:{record.id}:{micros(record.updated_at)}"
    subject = f"The DOI of record {record.object_id} could not be registered at publishing"
    noted = pending_results.note(config, topic, "left_out", error, record=record)
    return put(config, topic, _people(record, config), subject, text) or noted


def blocked(config: Config, outcome: Outcome) -> bool:
    """Notify `doi_failure_notify` that a repository is blocked by its settings, once a day for each cause."""
    text = (
        f"Nothing is sent for repository {config.code} until its settings are fixed.",
        "Its jobs wait without losing attempts; then they continue by themselves.",
    )
    subject, details = f"Repository {config.code} is blocked", f"doitui repository show {config.code}"
    return _put_daily(config, outcome, "blocked", subject, text, details)


def refused(config: Config, service: Service, outcome: Outcome) -> bool:
    """Notify `doi_failure_notify` that events or usage reports are refused, once a day for each cause.

    Not for a missing right to write events: DataCite gives it to nobody, as the doctor says.
    """
    if outcome.cause == "forbidden":
        return False
    text = (
        f"No {service} are sent for repository {config.code} until this is fixed. DOIs are.",
        "Waiting jobs lose no attempts; they continue by themselves.",
    )
    subject = f"{service.capitalize()} of repository {config.code} are refused"
    return _put_daily(config, outcome, f"refused:{service}", subject, text, "doitui doctor")


def _put_daily(config: Config, outcome: Outcome, topic: str, subject: str, text: Iterable[str], details: str) -> bool:
    """Notify `doi_failure_notify` of jobs that wait, once a day for each topic and cause."""
    return put(
        config,
        f"{topic}:{outcome.cause}:{database.now():%Y-%m-%d}",
        listed(config, "doi_failure_notify"),
        f"{subject}: {cause_text(outcome.cause)}",
        [*text, "", *_why(outcome, goes_on=True), "", f"Details: {details}"],
    )


def outage(change: BreakerChange) -> bool:
    """Notify the repositories that use a service that its outage began or ended, each once."""
    affected = [config for config in _everybody() if _uses(config, change.rate_limit) and can_send(config)]
    recipients = [address for config in affected for address in listed(config, "doi_failure_notify")]
    if not recipients:
        return False
    if change.opened:
        subject = f"Outage: {change.rate_limit} does not answer"
        news = "fails repeatedly; it is now tested with single requests."
        after = "No attempts are lost. Queued jobs are sent by themselves when the outage is over."
    else:
        subject = f"Outage over: {change.rate_limit} answers again"
        news = "answers again. Queued jobs are being sent, slowly at first."
        after = f"The outage lasted until {iso(database.now())}."
    text = [
        f"{change.rate_limit} {news}",
        "",
        f"  since:        {iso(change.since)}",
        f"  repositories: {', '.join(config.code for config in affected)}",
        "",
        after,
    ]
    topic = f"outage:{change.rate_limit}:{micros(change.since)}:{'began' if change.opened else 'ended'}"
    return put(affected[0], topic, recipients, subject, text)


def repository_of(topic: str) -> int:
    """The id of the repository whose settings send the notice; 0: the global ones."""
    return int(topic.partition(":")[0])


def put(config: Config, topic: str, recipients: Sequence[str], subject: str, text: Iterable[str]) -> bool:
    """Add to the outbox. False without recipients or server, or if the topic exists."""
    assert database.in_write(), "a notice is committed together with the event it reports"
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


def config_of(repository_id: int) -> Config:
    """The settings of a repository; the global ones for 0, or if it no longer exists."""
    row = Repository.get_or_none(Repository.id == repository_id)
    return repositories.config(row) if row is not None else Config(0, "", settings.load())


def can_send(config: Config) -> bool:
    """Whether a mail server is set."""
    return bool(config.settings.find("smtp_url").text.strip())


def wants_digests(config: Config) -> bool:
    """Whether these settings enable digests."""
    return _text(config, "notification_email_enabled") == "1" and can_send(config)


def listed(config: Config, name: str) -> list[str]:
    """The addresses of a setting; none, logged, where it cannot be read."""
    return setting_parsers.mail_addresses(_text(config, name))


def _text(config: Config, name: str) -> str:
    try:
        return config.text(name)
    except Misconfigured as error:
        log.warning("%s; this mail is not sent", error)
        return ""


def _people(record: Record | None, config: Config) -> list[str]:
    """The record's owner, if the imported address is valid, and in mode `each` also `doi_failure_notify`: in mode
    `digest` those get what `pending_results` has collected.
    """
    owner = record.owner_email if record is not None else ""
    operations = [] if pending_results.collects(config) else listed(config, "doi_failure_notify")
    try:
        return setting_parsers.mail_addresses(owner) + operations
    except ValueError as error:
        log.warning("the owner of record %s gets no mail: %s", _object_id(record), error)
        return operations


def _everybody() -> Iterator[Config]:
    for repository in Repository.select().where(Repository.active == True).order_by(Repository.id):  # noqa: E712
        yield repositories.config(repository)


def _uses(config: Config, name: str) -> bool:
    try:
        return rate_limit.name(config, rate_limit.service_of(name)) == name
    except Misconfigured:
        return False


def _opening(record: Record | None) -> list[str]:
    return [f"Dear {record.owner_name}," if record is not None and record.owner_name else "Hello,", ""]


def _where(record: Record | None, config: Config) -> list[str]:
    return [f"  record:   {_object_id(record) or 'deleted'} in {config.code}"]


def _why(outcome: Outcome, *, goes_on: bool = False) -> list[str]:
    """`goes_on`: the jobs continue by themselves; else somebody has to retry. The text promises only one of the two."""
    message, to_do = outcome.message, advice(outcome.cause)
    if goes_on:
        message, to_do = message.removesuffix(THEN_RETRY), to_do.removesuffix(THEN_RETRY)
    else:
        message = outcomes.without_promise(message)
    return [f"  cause:    {cause_text(outcome.cause)}", f"  error:    {message}", f"  to do:    {to_do}"]


def _object_id(record: Record | None) -> str:
    return record.object_id if record is not None else ""


def _title(record: Record | None) -> str:
    title = harmless(record.title, LONGEST_TITLE).strip() if record is not None else ""
    return title and f"“{title}”"


def _about(record: Record | None) -> str:
    title = _title(record)
    return title and f": {title}"


def cause_text(cause: str) -> str:
    """A cause for people."""
    return cause.replace("_", " ")


def advice(cause: str) -> str:
    """What to do about a cause."""
    return ADVICE.get(cause) or "see the error"
