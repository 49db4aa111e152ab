"""The doctor's checks of the set-up: environment, log, mail, and whether services accept our credentials."""

from __future__ import annotations

import os
import shlex
from datetime import datetime, timedelta

from doitui_core.clock import EPOCH, iso
from doitui_core.config import repositories, setting_checks
from doitui_core.config import settings as settings_of
from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.models import Job, Notice, RateLimit, UsageReport
from doitui_core.dois import log_file
from doitui_core.domain import identifiers
from doitui_core.domain.doi_generators import PluggedIn
from doitui_core.domain.job_kinds import JobKind, JobStatus, Service
from doitui_core.errors import InvalidDoi, Misconfigured
from doitui_core.notify import mail as mail_of
from doitui_core.notify import operations_digest
from doitui_core.queue import blocking, jobs, rate_limit
from doitui_core.text import plural
from doitui_core.views.doctor_check import FAIL, OK, WARN, Check

#: A mail that waits longer is sent by no worker and no nightly run.
MAIL_LATE = timedelta(hours=25)


def settings() -> list[Check]:
    """Whether the environment holds what settings can be."""
    try:
        setting_checks.check_environment(os.environ)
    except Misconfigured as error:
        return [Check("settings", FAIL, str(error), f"unset {str(error).partition('=')[0]}")]
    return [Check("settings", OK, "all environment variables are valid")]


def generator(config: Config) -> list[Check]:
    """Whether a repository's DOIs can be made: a plug-in or a variable may have changed since they were set."""
    name = f"repository {config.code}"
    try:
        made = config.generator()
        if isinstance(made, PluggedIn):
            made.generation_pattern()
        else:
            identifiers.check_pattern(config.suffix_pattern)
    except (Misconfigured, InvalidDoi) as error:
        wrong = "generator" if config.text("generator") else "suffix_pattern"
        return [Check(name, FAIL, f"no DOI can be made: {error}", unsetting(wrong, config))]
    if not isinstance(made, PluggedIn) and not identifiers.names_record(config.suffix_pattern):
        message = f"suffix_pattern {config.suffix_pattern!r} has no {{object_id}}: only one record can get a DOI"
        return [Check(name, WARN, message, unsetting("suffix_pattern", config))]
    return []


def unsetting(setting: str, config: Config) -> str:
    """The command that removes a setting where it comes from."""
    source = config.settings.find(setting).source
    if source not in ("repository", "global"):
        return f"unset {source}"
    return f"doitui setting unset {setting}" + (f" --repository {config.code}" if source == "repository" else "")


def log() -> list[Check]:
    """Where what happens to DOIs is logged, and whether this user can write there."""
    place = log_file.path()
    if why := log_file.problem():
        remedy = f"export {log_file.VARIABLE}=/var/log/doitui/doi.log   # or: ls -ld {place}"
        return [Check("log", WARN, f"{place} is not writable, so nothing is logged: {why}", remedy)]
    if why := log_file.rotation_problem():
        return [Check("log", WARN, f"{place} cannot be rotated: {why}", f"ls -ld {shlex.quote(str(place.parent))}")]
    size = place.stat().st_size if place.exists() else 0
    limit = f"rotated at {log_file.LARGEST_FILE / 1e6:.0f} MB, {log_file.KEPT_FILES} files kept"
    return [Check("log", OK, f"{place}, {size / 1e6:.1f} MB ({limit})")]


def mail() -> list[Check]:
    """Whether mail can be sent to those who should get it."""
    wants = [name for name in ("doi_failure_notify", "notification_email") if _anywhere(name)]
    if wants and not _anywhere("smtp_url"):
        message = f"{' and '.join(wants)} set, but no mail server (smtp_url)"
        return [Check("mail", WARN, message, "doitui setting set smtp_url smtp://localhost:25")]
    stuck = Notice.select().where(Notice.sent_at == 0, Notice.last_error != "")
    if (row := stuck.order_by(Notice.id.desc()).first()) is not None:
        before = f"; last mail sent {iso(last)}" if (last := mail_of.last_sent()) else ""
        message = f"{plural(stuck.count(), 'mail', grouped=True)} cannot be sent: {row.last_error}{before}"
        return [Check("mail", WARN, message, "doitui setting get smtp_url   # then: doitui mail test ADDRESS")]
    if not wants:
        return [Check("mail", OK, "no recipients configured")]
    if (since := _mail_waits_since()) is not None and database.now() - since > MAIL_LATE:
        message = f"{plural(mail_of.waiting(), 'mail', grouped=True)} waiting, the oldest since {iso(since)}"
        return [Check("mail", WARN, f"{message}: nothing sends them", "doitui work --drain")]
    last, results = mail_of.last_sent(), operations_digest.waiting()
    sent = f"last mail sent {iso(last)}" if last else "no mail sent yet (`doitui mail test ADDRESS` sends one)"
    digest = f", {plural(results, 'result', grouped=True)} for the next digest" if results else ""
    return [Check("mail", OK, f"{sent}, {mail_of.waiting():,} waiting{digest}")]


def _mail_waits_since() -> datetime | None:
    """Since when the oldest mail waits that nobody has tried to send; None: there is none."""
    untried = (mail_of.UNSENT, Notice.due_at > EPOCH, Notice.due_at <= database.now(), Notice.attempts == 0)
    row = Notice.select(Notice.due_at).where(*untried).order_by(Notice.due_at).first()
    return row.due_at if row is not None else None


def _anywhere(name: str) -> bool:
    active = (repositories.config(row).settings for row in repositories.all_repositories() if row.active)
    return any(one.find(name).text.strip() for one in (settings_of.load(), *active))


#: What to do about a report store that refuses us, by cause.
_LET_IN = {
    "credentials": "doitui setting set datacite_api_token --stdin   # then: doitui usage-report submit --month last",
    "forbidden": "doitui setting set datacite_api_token --stdin   # a token that DataCite gives for usage reports",
    "configuration": "doitui setting unset reports_url   # or set the right address",
}


def reports() -> list[Check]:
    """Whether the report store takes what we send."""
    found = [
        Check("reports", FAIL, f"{rate_limit.description(row.name)} are refused: {row.blocked_error}", _let_in(row))
        for row in blocking.refused(Service.REPORTS)
    ]
    return found + _failed_reports() or [Check("reports", OK, "no usage report has failed or is refused")]


def _let_in(row: RateLimit) -> str:
    return _LET_IN.get(row.blocked_cause, "doitui usage-report list")


def _failed_reports() -> list[Check]:
    is_failed = Job.status.in_(jobs.as_literals([JobStatus.FAILED]))
    failed = Job.select(Job.subject_id).where(Job.kind == str(JobKind.REPORT), is_failed)
    found = []
    for row in UsageReport.select().where(UsageReport.id.in_(failed)).order_by(UsageReport.month.desc()):
        message = f"usage report {row.month} of {row.repository.code} failed: {row.last_error}"
        remedy = f"doitui usage-report submit --month {row.month} --repository {row.repository.code}"
        found.append(Check("reports", WARN, message, remedy))
    return found
