-- What somebody asked for many DOIs at once, where a digest of it is wanted. `repository_id`: whose settings the digest follows, 0 for the global ones.
-- `refused`: what was left out, as JSON [[object id, reason]]; `retry`: what it queued had failed or was blocked before.
-- `told_at`: when its work had finished and the digest was written.
CREATE TABLE bulk_act (
    id {serial},
    what {text} NOT NULL,
    actor {text} NOT NULL,
    repository_id BIGINT NOT NULL DEFAULT 0,
    refused {text} NOT NULL DEFAULT '[]',
    retry SMALLINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    told_at BIGINT NOT NULL DEFAULT 0
);
-- Few are not told yet, and a worker asks for them every few seconds.
CREATE INDEX bulk_act_untold ON bulk_act (id) WHERE told_at = 0;

-- The jobs it queued. A job can belong to several acts.
CREATE TABLE bulk_job (
    act_id BIGINT NOT NULL REFERENCES bulk_act (id),
    job_id BIGINT NOT NULL,
    PRIMARY KEY (act_id, job_id)
);
