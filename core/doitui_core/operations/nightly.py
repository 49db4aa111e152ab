"""The night's work, step by step: mint, update, verify, events, usage reports; each runs although another failed, and
one mail reports on all.

What is done, foreign, unpublished or deleted is skipped, which is no failure. A document that was refused is not sent
again until it has changed; it is named each night.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from doitui_core.clock import micros
from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.chunks import in_chunks, row_chunks
from doitui_core.db.models import Doi, Job, Record
from doitui_core.delivery import verification
from doitui_core.dois import datacite_document, mint_candidates, reservations, targets
from doitui_core.domain.job_kinds import JobKind, Service
from doitui_core.domain.outcomes import Outcome
from doitui_core.domain.states import Verification, Wanted
from doitui_core.errors import BadInput, DatabaseUnavailable, DoituiError, InvalidMetadata, Refused
from doitui_core.events import deriving, usage_refresh
from doitui_core.notify import digest, digest_lines, notices
from doitui_core.notify.digest import Digest, DigestLine
from doitui_core.operations import bulk_mint, bulk_update, reports_due
from doitui_core.operations.bulk_mint import MintResult
from doitui_core.operations.cron_runs import BulkRun
from doitui_core.queue import finished_runs
from doitui_core.records import publish_transition
from doitui_core.usage import drain, recount
from doitui_core.views import event_health
from doitui_core.worker import worker

#: Events sent in one night, at `event_rate_limit` a minute; the others wait for the next.
EVENTS = 500

#: How many records are checked in one transaction.
CHUNK = 200

#: Outcomes of results without a cause.
DONE = "done"


@dataclass
class NightStep:
    """What one step did. `counts`: how many ended how; `lines`: results by DOI, or of what failed; `note`: what else to
    know. `doi_ids`: the DOIs it worked on.
    """

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    lines: list[DigestLine] = field(default_factory=list)
    note: str = ""
    doi_ids: list[int] = field(default_factory=list)

    @property
    def failed(self) -> list[DigestLine]:
        """What should have worked and did not."""
        return [line for line in self.lines if line.cause]

    def fail(self, name: str, cause: str, error: str, status: str = "") -> None:
        """Count and name a failure of something that is no DOI, or has none."""
        self.counts["failed"] += 1
        self.lines.append(DigestLine("-", "", status, cause, error, object_id=name))


@finished_runs.noted("nightly")
def run(
    *,
    repository: str = "",
    mint_all: bool = False,
    actor: str = "python",
    stop: threading.Event | None = None,
    done: Callable[[NightStep], object] = lambda _: None,
) -> list[NightStep]:
    """Do the night's work for one repository or all; the steps, in their order. `done` is called after each.

    `mint_all`: mint every published record without a registered DOI, not only what the publish rules (`auto_create`,
    `register_at_publish`, `auto_mint`) say. Raises `NotFound` for a repository, `DatabaseUnavailable`.
    """
    if repository:
        repositories.find(repository)
    night = _Night(repository, mint_all, actor, stop or threading.Event())
    steps = []
    for step in (night.mint, night.update, night.verify, night.events, night.reports):
        if not night.stop.is_set():
            steps.append(night.take(step))
            done(steps[-1])
    _mail(steps, repository)
    return steps


def preview(repository: str = "") -> dict[str, int]:
    """How many DOIs and records each step would look at. A read. Raises `NotFound`."""
    if repository:
        repositories.find(repository)
    hours = int(_settings(repository).number("verify_delay_hours"))
    return {
        "mint": _candidates(repository).count(),
        "update": bulk_update.changed(repository).count(),
        "verify": verification.due(hours, repository).count(),
        "events": event_health.waiting(),
        "reports": len(reports_due.due(repository)),
    }


def _settings(repository: str) -> Config:
    """The settings of the repository, or of the only active one, or the global ones."""
    if repository:
        return repositories.config(repositories.find(repository))
    active = [row for row in repositories.all_repositories() if row.active]
    return repositories.config(active[0]) if len(active) == 1 else notices.config_of(0)


def _candidates(repository: str) -> Any:
    """Published records of active repositories without a registered DOI."""
    active = [row.id for row in repositories.all_repositories() if row.active]
    query = mint_candidates.mintable(repository, Wanted.FINDABLE)
    return query.where(Record.published == True, Record.repository.in_(active))  # noqa: E712


@dataclass
class _Night:
    """One call of `run`."""

    repository: str
    mint_all: bool
    actor: str
    stop: threading.Event

    def take(self, act: Callable[[NightStep], None]) -> NightStep:
        """Run a step. An error that ends it is its failure."""
        step = NightStep(act.__name__)
        try:
            act(step)
        except DatabaseUnavailable:  # the next steps would fail too
            raise
        except DoituiError as error:
            cause = str(getattr(error, "cause", "")) or "configuration"
            step.fail(f"step {step.name}", cause, str(error))
        return step

    def mint(self, step: NightStep) -> None:
        result, configs = MintResult(), dict[int, Config]()
        for chunk in row_chunks(_candidates(self.repository), Record.id, CHUNK):
            with database.write():
                for record in chunk:
                    if record.repository_id not in configs:
                        configs[record.repository_id] = repositories.config(record.repository)
                    self._mint(record, configs[record.repository_id], result)
        self._work(step, result, "registered")

    def _mint(self, record: Record, config: Config, result: MintResult) -> None:
        reason = bulk_mint.skip_reason(record, Wanted.FINDABLE)
        row = reservations.for_record(record)
        if reason == bulk_mint.FAILED_BEFORE and row is not None:
            result.failed_before.append(row.id)
        if reason:
            result.skipped[reason] += 1
            return
        try:
            if self.mint_all:
                queued = targets.mint(record, Wanted.FINDABLE, actor=self.actor, config=config)
                result.doi_ids += [queued.doi.id] * bool(queued.job_id)
                return
            effect = publish_transition.apply(record, config, self.actor)
        except InvalidMetadata as error:
            if row is not None:
                targets.note_refused(row.id, error, actor=self.actor, target=Wanted.FINDABLE)
            result.refuse(record, "refused", error)
        except (Refused, BadInput) as error:
            result.refuse(record, "refused", error)
        else:
            if effect.error:
                self._note_refused(record, effect.error, result)
            elif effect.job_id:
                result.doi_ids.append(Job.get_by_id(effect.job_id).subject_id)
            else:
                result.skipped["DOI created, not registered" if effect.created_by else "no rule mints it"] += 1

    def _note_refused(self, record: Record, error: str, result: MintResult) -> None:
        row = reservations.for_record(record)
        found = datacite_document.errors(record, repositories.config(record.repository), Wanted.FINDABLE)
        if row is not None and found:
            targets.note_refused(row.id, InvalidMetadata(found), actor=self.actor, target=Wanted.FINDABLE)
        result.refuse(record, "refused", Refused(error))

    def update(self, step: NightStep) -> None:
        result = bulk_update.update(repository=self.repository, actor=self.actor, digest=False)
        result.skipped["refused"] += result.refusals
        self._work(step, result, "updated")

    def _work(self, step: NightStep, result: MintResult, success: str) -> None:
        """Do what was queued, and add the results, what was refused, and what was skipped."""
        self._results(step, result.doi_ids, JobKind.WRITE, success)
        for name, why in result.refused:
            step.fail(name, "left_out", why, "left out")
        step.counts["failed"] -= len(result.refused)
        step.counts["refused"] += len(result.refused)
        for line in self._ended(result.failed_before, JobKind.WRITE, frozenset()):
            step.lines.append(line)
            step.counts["failed before"] += 1
        step.counts.update({why: n for why, n in result.skipped.items() if why not in _REPORTED and n})

    def verify(self, step: NightStep) -> None:
        hours = int(_settings(self.repository).number("verify_delay_hours"))
        ids = verification.queue_due(hours, repository=self.repository, actor=self.actor)
        self._results(step, ids, JobKind.VERIFY, "verified")

    def _results(self, step: NightStep, doi_ids: list[int], kind: JobKind, success: str) -> None:
        work = BulkRun(step.name, kind, self.repository)
        for chunk in in_chunks(doi_ids, CHUNK):
            for row in digest_lines.with_record(Doi.id.in_(chunk)):
                work.add(row, had_failed=bool(row.cause) or row.verification == Verification.MISMATCH)
        lines = work.work({"stop": self.stop, "services": (Service.DOIS,)}).lines
        step.lines += lines
        step.doi_ids += doi_ids
        step.counts.update(Counter("waiting" if one.waits else "failed" if one.cause else success for one in lines))

    def _ended(self, doi_ids: list[int], kind: JobKind, had_failed: frozenset[int]) -> Iterable[DigestLine]:
        for chunk in in_chunks(doi_ids, CHUNK):
            names = {
                row.id: digest_lines.name_of(row, self.repository)
                for row in digest_lines.with_record(Doi.id.in_(chunk))
            }
            yield from digest_lines.ended(names, kind, set(had_failed))

    def events(self, step: NightStep) -> None:
        drain.drain_due()
        recount.due()  # also what has come in this minute: the reports below are of these counts
        usage_refresh.refresh(usage_refresh.LATELY)
        notes = self._link(step)
        summary = worker.run(drain=True, threads=4, limit=EVENTS, stop=self.stop, services=(Service.EVENTS,))
        found = event_health.diagnosis()
        if found is not None and found.kept:
            notes.insert(0, found.message)
        step.note = "; ".join(notes)
        step.counts["sent"] += summary.outcomes[DONE]
        left: list[tuple[str, Outcome]] = [(f"event job {number}", one) for number, one in sorted(summary.left.items())]
        left += [(f"events of {code}", one) for code, one in summary.blocked.items()]
        for name, outcome in left:
            if outcome.cause != "forbidden":
                step.fail(name, outcome.cause, outcome.message)

    def _link(self, step: NightStep) -> list[str]:
        """Sources for links whose agency was unknown. Nothing waits for them: an error is a note."""
        repository = repositories.find(self.repository) if self.repository else None
        result = deriving.link(repository, step=lambda _: not self.stop.is_set())
        step.counts["linked"] += result.linked
        return [f"registration agencies: {error}" for error in list(result.failed.values())[:1]]

    def reports(self, step: NightStep) -> None:
        for one in reports_due.submit(self.repository, self.actor, self.stop):
            if one.outcome == DONE:
                step.counts["submitted"] += 1
            else:
                about = f"usage report {one.built.period.month} of {one.built.reporter.code}"
                step.fail(about, one.cause or one.outcome, one.message)


#: Reasons that are in the lines of a step with their details.
_REPORTED = ("refused", "metadata DataCite would refuse", bulk_mint.FAILED_BEFORE)


def _mail(steps: Iterable[NightStep], repository: str) -> None:
    """One mail on all steps, to the addresses of digests and to operations."""
    steps = list(steps)
    lines = list(chain.from_iterable(step.lines for step in steps))
    doi_ids = {number for step in steps for number in step.doi_ids}
    with database.write():
        key = f"nightly:{micros(database.now())}"
        to = ("notification_email", "doi_failure_notify")
        digest.report(Digest("Nightly run", key, lines, doi_ids, to), _settings(repository))
