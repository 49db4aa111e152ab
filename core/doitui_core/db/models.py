"""Every table as a peewee model. `migrations/` has columns, indexes and their reasons; a test compares both."""

from __future__ import annotations

from peewee import SQL, BigAutoField, BigIntegerField, BlobField, CompositeKey, ForeignKeyField, IntegerField, TextField

from doitui_core.db import hub_models as hub_models
from doitui_core.db.bulk_models import BulkAct as BulkAct
from doitui_core.db.bulk_models import BulkJob as BulkJob
from doitui_core.db.event_models import DoiAgency as DoiAgency
from doitui_core.db.event_models import EventDerivation as EventDerivation
from doitui_core.db.fields import FlagField, InstantField, Table
from doitui_core.db.harvest_model import Harvest as Harvest
from doitui_core.db.model_registry_model import ModelRegistry as ModelRegistry
from doitui_core.db.notice_model import Notice as Notice
from doitui_core.db.notice_model import NoticeItem as NoticeItem
from doitui_core.db.restore_model import Restore as Restore
from doitui_core.db.run_model import FinishedRun as FinishedRun


class Repository(Table):
    """A repository: a code with settings of its own (rows of `Setting`)."""

    id = BigAutoField()
    code = TextField()
    active = FlagField(default=True)
    created_at = InstantField()
    paused = FlagField(default=False)
    blocked_cause = TextField(default="")
    blocked_error = TextField(default="")


class Setting(Table):
    """One setting of a repository, or with `repository_id` 0 of all. A secret is a reference."""

    id = BigAutoField()
    repository_id = BigIntegerField(default=0)
    name = TextField()
    value = TextField()
    updated_at = InstantField()


class Record(Table):
    """What the institution describes; `metadata` is canonical Kernel-4 JSON."""

    id = BigAutoField()
    repository = ForeignKeyField(Repository)
    repository_id: int
    object_id = TextField()
    title = TextField(default="")
    metadata = TextField()
    url = TextField(default="")
    owner_name = TextField(default="")
    owner_email = TextField(default="")
    foreign_doi = TextField(default="")
    published = FlagField(default=True)
    content_hash = TextField()
    created_at = InstantField()
    updated_at = InstantField()
    set_by_hand = TextField(default="")
    auto_create = TextField(default="")
    check_field = TextField(default="")
    check_warnings = IntegerField(default=0)
    check_basis = TextField(default="")


class Funding(Table):
    """A funding of a record, added to its document."""

    id = BigAutoField()
    record = ForeignKeyField(Record)
    record_id: int
    funder_name = TextField()
    funder_identifier = TextField(default="")
    funder_identifier_type = TextField(default="")
    award_number = TextField(default="")
    award_uri = TextField(default="")
    award_title = TextField(default="")
    created_at = InstantField()


class Doi(Table):
    """The facts of one DOI (`domain.states`) and the status derived from them."""

    id = BigAutoField()
    doi = TextField()
    folded = TextField()
    repository = ForeignKeyField(Repository)
    repository_id: int
    record = ForeignKeyField(Record, null=True)
    record_id: int | None
    wanted = TextField(default="none")
    remote = TextField(default="unknown")
    certainty = TextField(default="confirmed")
    status = TextField(default="reserved")
    verification = TextField(default="unverified")
    api_check = TextField(default="unverified")
    api_checked_at = InstantField(default=None)
    url = TextField(default="")
    current_hash = TextField(default="")
    sent_hash = TextField(default="")
    confirmed_hash = TextField(default="")
    changed = FlagField(default=False)
    reason = TextField(default="")
    successor = TextField(default="")
    cause = TextField(default="")
    last_error = TextField(default="")
    minted_at = InstantField(default=None)
    created_at = InstantField()
    updated_at = InstantField()
    resolver_check = TextField(default="unverified")
    resolver_checked_at = InstantField(default=None)
    unreachable = IntegerField(default=0)


#: As the index `doi_of_record` has it: a literal, since PostgreSQL's prepared statement cannot use it with a parameter.
IS_KEPT = Doi.wanted != SQL("'abandoned'")


class DoiLog(Table):
    """One transition of a DOI."""

    id = BigAutoField()
    doi = ForeignKeyField(Doi)
    at = InstantField()
    actor = TextField()
    action = TextField()
    from_status = TextField()
    to_status = TextField()
    http_status = IntegerField(default=0)
    cause = TextField(default="")
    detail = TextField(default="")


class Audit(Table):
    """One action on several DOIs or on none."""

    id = BigAutoField()
    at = InstantField()
    actor = TextField()
    action = TextField()
    subject = TextField(default="")
    detail = TextField(default="")


class Payload(Table):
    """A document that was sent, compressed, once per fingerprint."""

    fingerprint = TextField(primary_key=True)
    body = BlobField()


class Attempt(Table):
    """One request for a DOI; `finished_at` None: the outcome is not known."""

    id = BigAutoField()
    doi = ForeignKeyField(Doi)
    job_id = BigIntegerField()
    worker = TextField()
    method = TextField()
    target = TextField()
    event = TextField(default="")
    fingerprint = TextField(default="")
    sent_at = InstantField()
    finished_at = InstantField(default=None)
    http_status = IntegerField(default=0)
    outcome = TextField(default="")
    cause = TextField(default="")
    response = TextField(default="")


class Job(Table):
    """One unit of outgoing work. `subject_id` is a DOI, an event or a usage report."""

    id = BigAutoField()
    kind = TextField()
    action = TextField()
    subject_id = BigIntegerField()
    repository = ForeignKeyField(Repository)
    repository_id: int
    status = TextField(default="pending")
    attempts = IntegerField(default=0)
    max_attempts = IntegerField()
    scheduled_at = InstantField()
    lease_until = InstantField(default=None)
    lease_token = TextField(default="")
    worker = TextField(default="")
    actor = TextField()
    cause = TextField(default="")
    last_error = TextField(default="")
    created_at = InstantField()
    finished_at = InstantField(default=None)
    lane = TextField(default="dois")
    put_off = FlagField(default=False)
    cause_group = TextField(default="")


class RateLimit(Table):
    """Pace, pauses and breaker of one service and credential."""

    class Meta:
        table_name = "upstream"

    name = TextField(primary_key=True)
    arrival = BigIntegerField(default=0)
    paused_until = InstantField(default=None)
    faults = IntegerField(default=0)
    fault_at = InstantField(default=None)
    fault_job = BigIntegerField(default=0)
    fault_jobs = IntegerField(default=0)
    fault_since = InstantField(default=None)
    opened_at = InstantField(default=None)
    canary_at = InstantField(default=None)
    slowed_until = InstantField(default=None)
    blocked_at = InstantField(default=None)
    blocked_cause = TextField(default="")
    blocked_error = TextField(default="")


class Worker(Table):
    """A running worker and its last heartbeat. `unreadable`: the secrets that it cannot read (`setting_checks`)."""

    name = TextField(primary_key=True)
    host = TextField()
    pid = IntegerField()
    started_at = InstantField()
    seen_at = InstantField()
    unreadable = TextField(default="")


class Counter(Table):
    """A count; its value is the sum over all slots."""

    name = TextField()
    slot = IntegerField(default=0)
    value = BigIntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("name", "slot")


class UsageHit(Table):
    """One view or download; `reason` says why it counts or not."""

    id = BigAutoField()
    at = InstantField()
    repository_id = BigIntegerField()
    doi_id = BigIntegerField()
    subject = TextField()
    request = FlagField()
    access_method = TextField()
    actor = TextField()
    url = TextField()
    country = TextField()
    source = TextField()
    reason = TextField()


class UsageHour(Table):
    """An hour (since 1970) that has hits, and how far it is counted."""

    hour = BigIntegerField(primary_key=True)
    marked_at = InstantField()
    counted_to = BigIntegerField(default=0)
    changes = BigIntegerField(default=0)


class UsageDay(Table):
    """The source and time zone from which a repository's day was counted."""

    repository = ForeignKeyField(Repository)
    repository_id: int
    day = BigIntegerField()
    source = TextField()
    zone = TextField()
    frozen = FlagField(default=False)

    class Meta:
        primary_key = CompositeKey("repository", "day")


class UsageCount(Table):
    """COUNTER counts of one DOI and day (since 1970)."""

    day = BigIntegerField()
    doi = ForeignKeyField(Doi)
    doi_id: int
    access_method = TextField()
    country = TextField()
    source = TextField()
    total_investigations = BigIntegerField(default=0)
    unique_investigations = BigIntegerField(default=0)
    total_requests = BigIntegerField(default=0)
    unique_requests = BigIntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("day", "doi", "access_method", "country", "source")


class UsageSpool(Table):
    """How far a spool file has been read, in bytes."""

    name = TextField(primary_key=True)
    position = BigIntegerField()
    rejected = BigIntegerField(default=0)


class UsageLog(Table):
    """How far an access log has been imported, in bytes."""

    id = BigAutoField()
    repository_id = BigIntegerField()
    first_line = TextField()
    length = BigIntegerField()
    digest = TextField()
    path = TextField()
    imported_at = InstantField()


class Event(Table):
    """One event; `submitted_total` is the total last accepted by the Events API."""

    id = BigAutoField()
    dedupe_hash = TextField()
    uuid = TextField()
    repository = ForeignKeyField(Repository)
    repository_id: int
    doi = ForeignKeyField(Doi)
    doi_id: int
    subj_id = TextField()
    relation_type_id = TextField()
    obj_id = TextField()
    obj_type = TextField()
    source_id = TextField()
    source_token = TextField(default="")
    payload = TextField()
    origin = TextField()
    in_metadata = FlagField(default=True)
    total = BigIntegerField()
    submitted_total = BigIntegerField(default=0)
    state = TextField(default="pending")
    attempts = IntegerField(default=0)
    response_status = IntegerField(default=0)
    response = TextField(default="")
    cause = TextField(default="")
    last_error = TextField(default="")
    occurred_at = InstantField()
    created_at = InstantField()
    updated_at = InstantField()
    submitted_at = InstantField(default=None)
    link_source_id = TextField(default="")


class UsageReport(Table):
    """The usage report of one repository and month, and its last submission."""

    id = BigAutoField()
    repository = ForeignKeyField(Repository)
    repository_id: int
    month = TextField()
    uuid = TextField()
    created_by = TextField()
    parts = IntegerField(default=0)
    datasets = BigIntegerField(default=0)
    response_status = IntegerField(default=0)
    cause = TextField(default="")
    last_error = TextField(default="")
    requested_at = InstantField()
    submitted_at = InstantField(default=None)


#: In the order of definition: parents first.
TABLES: tuple[type[Table], ...] = tuple(Table.__subclasses__())
