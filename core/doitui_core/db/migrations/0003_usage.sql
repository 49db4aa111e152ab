-- What was viewed or downloaded. `at` is when, `doi_id` 0 where `subject` (an object id or a DOI) is nobody's of ours, `actor` a keyed hash,
-- `source` the spool or a log. `reason` says why it counts or not (doitui_core.usage.counter); what has to be looked at is `new`.
-- No foreign key and one index: two more indexes make the drain ten times as slow (measured: 178,000 hits/s, 17,000).
CREATE TABLE usage_hit (
    id {serial},
    at BIGINT NOT NULL,
    repository_id BIGINT NOT NULL,
    doi_id BIGINT NOT NULL,
    subject {text} NOT NULL,
    request SMALLINT NOT NULL,
    access_method {text} NOT NULL,
    actor {text} NOT NULL,
    url {text} NOT NULL,
    country {text} NOT NULL,
    source {text} NOT NULL,
    reason {text} NOT NULL
);
-- An hour is counted whole, with the 30 seconds after it; old hits are pruned by time.
CREATE INDEX usage_hit_at ON usage_hit (at);

-- Hours (since 1970, on the clock of `usage_timezone`) that have to be counted, since when; writers and counter meet at its row.
CREATE TABLE usage_hour (
    hour BIGINT NOT NULL PRIMARY KEY,
    marked_at BIGINT NOT NULL
);

-- Where a day of a repository was counted from, and in which zone: one source, one zone. Frozen: its hits are pruned, its counts stay.
CREATE TABLE usage_day (
    repository_id BIGINT NOT NULL REFERENCES repository (id),
    day BIGINT NOT NULL,
    source {text} NOT NULL,
    zone {text} NOT NULL,
    frozen SMALLINT NOT NULL DEFAULT 0,
    PRIMARY KEY (repository_id, day)
);

-- COUNTER's numbers by day (since 1970). Those counted elsewhere (`source` import) stand under the first day of their month.
CREATE TABLE usage_count (
    day BIGINT NOT NULL,
    doi_id BIGINT NOT NULL REFERENCES doi (id),
    access_method {text} NOT NULL,
    country {text} NOT NULL,
    source {text} NOT NULL,
    total_investigations BIGINT NOT NULL DEFAULT 0,
    unique_investigations BIGINT NOT NULL DEFAULT 0,
    total_requests BIGINT NOT NULL DEFAULT 0,
    unique_requests BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (day, doi_id, access_method, country, source)
);
-- The history of one DOI.
CREATE INDEX usage_count_of_doi ON usage_count (doi_id, day);

-- How far a spool file is in the database: written with its hits, in one transaction.
CREATE TABLE usage_spool (
    name {text} NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    rejected BIGINT NOT NULL DEFAULT 0
);

-- How far a log was imported. It is known by its first line and by the digest of what was read, whatever its name or compression.
CREATE TABLE usage_log (
    id {serial},
    repository_id BIGINT NOT NULL,
    first_line {text} NOT NULL,
    length BIGINT NOT NULL,
    digest {text} NOT NULL,
    path {text} NOT NULL,
    imported_at BIGINT NOT NULL,
    -- Whether a log was seen before; and of two that read the same one at once, the second fails.
    UNIQUE (first_line, repository_id, length)
);
