-- The usage reports that go out: one for a repository and a month (YYYY-MM), under the same `uuid` always. The rest says how the last submission ended;
-- `submitted_at`, `parts` and `datasets` speak of the last one that went through as a whole (0: none yet).
CREATE TABLE usage_report (
    id {serial},
    repository_id BIGINT NOT NULL REFERENCES repository (id),
    month {text} NOT NULL,
    uuid {text} NOT NULL,
    created_by {text} NOT NULL,
    parts INTEGER NOT NULL DEFAULT 0,
    datasets BIGINT NOT NULL DEFAULT 0,
    response_status INTEGER NOT NULL DEFAULT 0,
    cause {text} NOT NULL DEFAULT '',
    last_error {text} NOT NULL DEFAULT '',
    requested_at BIGINT NOT NULL,
    submitted_at BIGINT NOT NULL DEFAULT 0,
    -- One for a month, also of two who ask at once; and the list, newest month first.
    UNIQUE (month, repository_id)
);
