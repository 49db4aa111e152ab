-- What happened to a DOI, to be told to an Events API. One row for one subject, relation, object and source: `dedupe_hash` (doitui_core.events.identity);
-- `uuid` is the one under which it goes out, always. `state` follows its job. `total` is how often since the beginning, `submitted_total` what the other side
-- has been told last (0: nothing). `origin`: usage, metadata, hand or elsewhere. `in_metadata` 0: the document no longer states it.
CREATE TABLE event (
    id {serial},
    dedupe_hash {text} NOT NULL UNIQUE,
    uuid {text} NOT NULL,
    repository_id BIGINT NOT NULL REFERENCES repository (id),
    doi_id BIGINT NOT NULL REFERENCES doi (id),
    subj_id {text} NOT NULL,
    relation_type_id {text} NOT NULL,
    obj_id {text} NOT NULL,
    obj_type {text} NOT NULL,
    source_id {text} NOT NULL,
    source_token {text} NOT NULL DEFAULT '',
    payload {text} NOT NULL,
    origin {text} NOT NULL,
    in_metadata SMALLINT NOT NULL DEFAULT 1,
    total BIGINT NOT NULL,
    submitted_total BIGINT NOT NULL DEFAULT 0,
    state {text} NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0,
    response_status INTEGER NOT NULL DEFAULT 0,
    response {text} NOT NULL DEFAULT '',
    cause {text} NOT NULL DEFAULT '',
    last_error {text} NOT NULL DEFAULT '',
    occurred_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    submitted_at BIGINT NOT NULL DEFAULT 0
);
-- The list of one state, newest first; what a flush may try again.
CREATE INDEX event_by_state ON event (state, id);
-- The events of one DOI.
CREATE INDEX event_of_doi ON event (doi_id, id);

-- Events and usage reports go to other services than DOIs, at another pace: what is slow or refused there must not hold up a mint. `lane` says which.
ALTER TABLE job ADD COLUMN lane {text} NOT NULL DEFAULT 'dois';
DROP INDEX job_by_status;
DROP INDEX job_due;
DROP INDEX job_leased;
-- The queue screen: one lane and status, newest first.
CREATE INDEX job_by_status ON job (lane, status, id);
-- The claim: what is due in one lane of a repository, oldest first.
CREATE INDEX job_due ON job (repository_id, lane, scheduled_at, id) WHERE status IN ('pending', 'uncertain');
-- The claim: leases that have run out, or whose worker is gone.
CREATE INDEX job_leased ON job (repository_id, lane, lease_until) WHERE status = 'processing';

-- A service may refuse a credential altogether (401, 403): since `blocked_at` only one request goes out now and then, the next at `canary_at`.
ALTER TABLE upstream ADD COLUMN blocked_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE upstream ADD COLUMN blocked_cause {text} NOT NULL DEFAULT '';
ALTER TABLE upstream ADD COLUMN blocked_error {text} NOT NULL DEFAULT '';
