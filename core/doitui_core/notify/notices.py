"""Mail notices: their texts, their recipients, and the outbox from which `mail` sends them.

A notice is committed together with the event it reports; its topic is unique, so it is sent once. Without recipients
or `smtp_url` nothing is written; invalid mail settings are logged and never stop an action.

Titles, names and errors come from outside, so every line is sanitized: no line breaks, no direction overrides, no
passwords of URLs.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from doitui_core.clock import iso, micros
from doitui_core.config import repositories, setting_parsers, settings
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

#: DOIs named for each cause of a digest.
NAMED = 20

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


@dataclass(frozen=True, slots=True)
class DigestLine:
    """The result of a run for one DOI. `status`: OPUS's word or ours. `cause`: why it failed, else empty. `recovered`:
    it had failed before this run. `waits`: the worker tries it again.
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
    """A bulk or cron run: its name ("DOI registration"), a unique `key`, and its results."""

    what: str
    key: str
    lines: list[DigestLine] = field(default_factory=list)


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
    subject = f"DOI {row.doi} is registered{_about(record)}"
    return _put(config, f"minted:{row.id}", _people(record, config), subject, text)


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
        f"Retry:   doitui queue retry --cause {outcome.cause}",
    ]
    topic = f"failed:{row.id}:{micros(row.updated_at)}"
    return _put(config, topic, _people(record, config), f"DOI {row.doi} could not be {done}{_about(record)}", text)


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
    return _put(config, topic, _people(record, config), subject, text)


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
    return _put(
        config,
        f"{topic}:{outcome.cause}:{database.now():%Y-%m-%d}",
        _listed(config, "doi_failure_notify"),
        f"{subject}: {_cause_text(outcome.cause)}",
        [*text, "", *_why(outcome, goes_on=True), "", f"Details: {details}"],
    )


def outage(change: BreakerChange) -> bool:
    """Notify the repositories that use a service that its outage began or ended, each once."""
    affected = [config for config in _everybody() if _uses(config, change.rate_limit) and can_send(config)]
    recipients = [address for config in affected for address in _listed(config, "doi_failure_notify")]
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
    return _put(affected[0], topic, recipients, subject, text)


def digest(run: Digest, config: Config | None = None) -> bool:
    """Report the results of a run to `notification_email`, if `notification_email_enabled` and it has any.

    `config`: whose settings are used; None: the global ones, for a run over all repositories.
    """
    config = config or config_of(0)
    if not run.lines or not wants_digests(config):
        return False
    failures = [line for line in run.lines if line.cause]
    recovered = [line for line in run.lines if line.recovered and not line.cause]
    succeeded = [line for line in run.lines if not line.recovered and not line.cause]
    causes = {line.cause for line in failures}
    kinds = Counter((line.cause, line.waits) for line in failures).most_common()
    groups = [
        (
            f"{number} x {_cause_text(cause)}: {'tried again by itself' if waits else _advice(cause)}",
            [line for line in failures if (line.cause, line.waits) == (cause, waits)],
        )
        for (cause, waits), number in kinds
    ]
    groups += [(f"{len(recovered)} recovered", recovered)] * bool(recovered)
    groups += [(f"{len(succeeded)} succeeded", succeeded)] * bool(succeeded)
    sums = [f"{len(failures)} failed ({plural(len(causes), 'cause')})"] * bool(failures)
    summary = ", ".join(sums + [head for head, _ in groups[len(kinds) :]])
    subject = f"{run.what}{_about_one(run)}: {summary}"
    text = [f"{run.what}, {iso(database.now())}: {plural(len(run.lines), 'DOI')}, {summary}."]
    for head, lines in groups:
        text += ["", head, *_list_lines(lines)]
    text += ["", "Details: doitui status; doitui queue list --status failed"]
    return _put(config, f"digest:{run.key}", _listed(config, "notification_email"), subject, text)


def repository_of(topic: str) -> int:
    """The id of the repository whose settings send the notice; 0: the global ones."""
    return int(topic.partition(":")[0])


def _put(config: Config, topic: str, recipients: Sequence[str], subject: str, text: Iterable[str]) -> bool:
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


def _listed(config: Config, name: str) -> list[str]:
    return setting_parsers.mail_addresses(_text(config, name))


def _text(config: Config, name: str) -> str:
    try:
        return config.text(name)
    except Misconfigured as error:
        log.warning("%s; this mail is not sent", error)
        return ""


def _people(record: Record | None, config: Config) -> list[str]:
    """The record's owner, if the imported address is valid, and `doi_failure_notify`."""
    owner = record.owner_email if record is not None else ""
    try:
        return setting_parsers.mail_addresses(owner) + _listed(config, "doi_failure_notify")
    except ValueError as error:
        log.warning("the owner of record %s gets no mail: %s", _object_id(record), error)
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
    return [f"Dear {record.owner_name}," if record is not None and record.owner_name else "Hello,", ""]


def _where(record: Record | None, config: Config) -> list[str]:
    return [f"  record:   {_object_id(record) or 'deleted'} in {config.code}"]


def _why(outcome: Outcome, *, goes_on: bool = False) -> list[str]:
    """`goes_on`: the jobs continue by themselves; else somebody has to retry. The text promises only one of the two."""
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
    """DOI and record of a run with a single DOI."""
    if len(run.lines) > 1:
        return ""
    return f" of {run.lines[0].doi} {run.lines[0].object_id}".rstrip()


def _list_lines(lines: Sequence[DigestLine]) -> list[str]:
    more = [f"  … and {len(lines) - NAMED} more"] * (len(lines) > NAMED)
    return [f"  {line}" for line in lines[:NAMED]] + more


def _cause_text(cause: str) -> str:
    return cause.replace("_", " ")


def _advice(cause: str) -> str:
    return ADVICE.get(cause) or "see the error"
