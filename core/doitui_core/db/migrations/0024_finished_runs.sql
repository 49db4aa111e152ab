-- The latest runs of workers and of cron commands: when the next one is expected. `what`: work, register, verify or nightly. `drained` 0: a service,
-- which was to stay.
CREATE TABLE finished_run (
    id {serial},
    what {text} NOT NULL,
    drained SMALLINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL
);
