-- Times are microseconds since 1970 in UTC, 0 = never. Booleans are 0 and 1. Sort columns are NOT NULL.

-- A repository has a code; all it knows (prefix, account, landing page …) are its rows in `setting`.
CREATE TABLE repository (
    id {serial},
    code {text} NOT NULL UNIQUE,
    active SMALLINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL
);

-- repository_id 0 = for all repositories. Secrets are never values here, only references (env:NAME, file:PATH).
CREATE TABLE setting (
    id {serial},
    repository_id BIGINT NOT NULL DEFAULT 0,
    name {text} NOT NULL,
    value {text} NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (repository_id, name)
);

-- What the institution describes. `metadata` is canonical Kernel-4 JSON, `content_hash` its fingerprint.
CREATE TABLE record (
    id {serial},
    repository_id BIGINT NOT NULL REFERENCES repository (id),
    object_id {text} NOT NULL,
    title {text} NOT NULL DEFAULT '',
    metadata {text} NOT NULL,
    url {text} NOT NULL DEFAULT '',
    owner_name {text} NOT NULL DEFAULT '',
    owner_email {text} NOT NULL DEFAULT '',
    foreign_doi {text} NOT NULL DEFAULT '',
    published SMALLINT NOT NULL DEFAULT 1,
    content_hash {text} NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- Both ways in: an object id typed without its repository, and the one with it.
    UNIQUE (object_id, repository_id)
);
-- The record list of one repository, and the next page of records a batch has to look at.
CREATE INDEX record_of_repository ON record (repository_id, id);

CREATE TABLE funding (
    id {serial},
    record_id BIGINT NOT NULL REFERENCES record (id),
    funder_name {text} NOT NULL,
    funder_identifier {text} NOT NULL DEFAULT '',
    funder_identifier_type {text} NOT NULL DEFAULT '',
    award_number {text} NOT NULL DEFAULT '',
    award_uri {text} NOT NULL DEFAULT '',
    award_title {text} NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL
);
-- A document is built with the fundings of its record.
CREATE INDEX funding_of_record ON funding (record_id, id);

-- The facts of a DOI (doitui_core.states); `status`, `verification` and `changed` are derived from them at each write.
CREATE TABLE doi (
    id {serial},
    doi {text} NOT NULL,
    folded {text} NOT NULL UNIQUE,
    repository_id BIGINT NOT NULL REFERENCES repository (id),
    record_id BIGINT REFERENCES record (id),
    wanted {text} NOT NULL DEFAULT 'none',
    remote {text} NOT NULL DEFAULT 'unknown',
    certainty {text} NOT NULL DEFAULT 'confirmed',
    status {text} NOT NULL DEFAULT 'reserved',
    verification {text} NOT NULL DEFAULT 'unverified',
    api_check {text} NOT NULL DEFAULT 'unverified',
    api_checked_at BIGINT NOT NULL DEFAULT 0,
    url {text} NOT NULL DEFAULT '',
    current_hash {text} NOT NULL DEFAULT '',
    sent_hash {text} NOT NULL DEFAULT '',
    confirmed_hash {text} NOT NULL DEFAULT '',
    changed SMALLINT NOT NULL DEFAULT 0,
    reason {text} NOT NULL DEFAULT '',
    successor {text} NOT NULL DEFAULT '',
    cause {text} NOT NULL DEFAULT '',
    last_error {text} NOT NULL DEFAULT '',
    minted_at BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- One DOI for a record, for ever; an abandoned string is burnt and does not count.
CREATE UNIQUE INDEX doi_of_record ON doi (record_id) WHERE record_id IS NOT NULL AND wanted <> 'abandoned';
-- The list of all, newest mint first.
CREATE INDEX doi_newest ON doi (minted_at, id);
-- The list of one status.
CREATE INDEX doi_by_status ON doi (status, minted_at, id);
-- The list of one repository.
CREATE INDEX doi_by_repository ON doi (repository_id, minted_at, id);
-- The list of those whose last write nobody knows the end of: short, so partial.
CREATE INDEX doi_uncertain ON doi (minted_at, id) WHERE certainty = 'uncertain';
-- The list of those whose content differs from what DataCite has: short, so partial.
CREATE INDEX doi_changed ON doi (minted_at, id) WHERE changed = 1;
-- OPUS's `unregistered`: what was never registered is a small part of a large archive.
CREATE INDEX doi_unregistered ON doi (minted_at, id) WHERE remote IN ('unknown', 'none', 'draft');
-- OPUS's `verified`, and what is not verified yet.
CREATE INDEX doi_by_verification ON doi (verification, minted_at, id);

-- Every transition: who, when, from, to, action, HTTP status, cause.
CREATE TABLE doi_log (
    id {serial},
    doi_id BIGINT NOT NULL REFERENCES doi (id),
    at BIGINT NOT NULL,
    actor {text} NOT NULL,
    action {text} NOT NULL,
    from_status {text} NOT NULL,
    to_status {text} NOT NULL,
    http_status INTEGER NOT NULL DEFAULT 0,
    cause {text} NOT NULL DEFAULT '',
    detail {text} NOT NULL DEFAULT ''
);
-- The history of one DOI.
CREATE INDEX doi_log_of_doi ON doi_log (doi_id, id);

-- What was sent, once for each fingerprint, zlib-compressed JSON.
CREATE TABLE payload (
    fingerprint {text} NOT NULL PRIMARY KEY,
    body {blob} NOT NULL
);

-- Every request that writes or decides; `finished_at` 0 = we do not know (yet) what became of it.
CREATE TABLE attempt (
    id {serial},
    doi_id BIGINT NOT NULL REFERENCES doi (id),
    job_id BIGINT NOT NULL,
    worker {text} NOT NULL,
    method {text} NOT NULL,
    target {text} NOT NULL,
    event {text} NOT NULL DEFAULT '',
    fingerprint {text} NOT NULL DEFAULT '',
    sent_at BIGINT NOT NULL,
    finished_at BIGINT NOT NULL DEFAULT 0,
    http_status INTEGER NOT NULL DEFAULT 0,
    outcome {text} NOT NULL DEFAULT '',
    cause {text} NOT NULL DEFAULT '',
    response {text} NOT NULL DEFAULT ''
);
-- The attempts of one DOI: its history, and whether one of ours stands behind an "already taken".
CREATE INDEX attempt_of_doi ON attempt (doi_id, id);

-- All outgoing work. `subject_id` is a DOI's id.
CREATE TABLE job (
    id {serial},
    kind {text} NOT NULL,
    action {text} NOT NULL,
    subject_id BIGINT NOT NULL,
    repository_id BIGINT NOT NULL REFERENCES repository (id),
    status {text} NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL,
    scheduled_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL DEFAULT 0,
    lease_token {text} NOT NULL DEFAULT '',
    worker {text} NOT NULL DEFAULT '',
    actor {text} NOT NULL,
    cause {text} NOT NULL DEFAULT '',
    last_error {text} NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    finished_at BIGINT NOT NULL DEFAULT 0
);
-- At most one unsettled job of a kind for a subject: the rule itself, not a speed-up.
CREATE UNIQUE INDEX job_unsettled ON job (subject_id, kind)
    WHERE status IN ('pending', 'processing', 'uncertain', 'blocked', 'failed');
-- The claim: what is due in one repository, oldest first.
CREATE INDEX job_due ON job (repository_id, scheduled_at, id) WHERE status IN ('pending', 'uncertain');
-- The claim: leases that have run out, or whose worker is gone.
CREATE INDEX job_leased ON job (repository_id, lease_until) WHERE status = 'processing';
-- The queue screen: one status, newest first.
CREATE INDEX job_by_status ON job (status, id);
-- Retry by cause.
CREATE INDEX job_by_cause ON job (cause, id) WHERE status IN ('failed', 'blocked');

-- One row for each service and credential: pace (GCRA's theoretical arrival time) and penalty (Retry-After).
CREATE TABLE upstream (
    name {text} NOT NULL PRIMARY KEY,
    arrival BIGINT NOT NULL DEFAULT 0,
    paused_until BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE worker (
    name {text} NOT NULL PRIMARY KEY,
    host {text} NOT NULL,
    pid INTEGER NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

-- Counts behind status and dashboard; the value of a name is the sum over its slots.
CREATE TABLE counter (
    name {text} NOT NULL,
    slot INTEGER NOT NULL DEFAULT 0,
    value BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (name, slot)
);
