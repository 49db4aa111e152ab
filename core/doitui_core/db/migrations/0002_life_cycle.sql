-- Verification is two facts: what the API says, and where the resolver leads. A transport error is only counted.
ALTER TABLE doi ADD COLUMN resolver_check {text} NOT NULL DEFAULT 'unverified';
ALTER TABLE doi ADD COLUMN resolver_checked_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE doi ADD COLUMN unreachable INTEGER NOT NULL DEFAULT 0;
-- What was verified by the API alone has half of its proof; the counters say what the rows say.
UPDATE doi SET verification = 'unverified' WHERE verification = 'verified';
INSERT INTO counter (name, slot, value) SELECT 'opus.registered', slot, value FROM counter WHERE name = 'opus.verified'
    ON CONFLICT (name, slot) DO UPDATE SET value = counter.value + excluded.value;
DELETE FROM counter WHERE name = 'opus.verified';

-- A repository rests while a person has paused it, or while its set-up is wrong (`blocked_cause`): one notice, not one a job.
ALTER TABLE repository ADD COLUMN paused SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE repository ADD COLUMN blocked_cause {text} NOT NULL DEFAULT '';
ALTER TABLE repository ADD COLUMN blocked_error {text} NOT NULL DEFAULT '';

-- The breaker: `faults` in a row, the last at `fault_at` in the job `fault_job`; open since `opened_at` until a canary comes home; the next may go at
-- `canary_at`. After a 429 the pace is halved until `slowed_until`.
ALTER TABLE upstream ADD COLUMN faults INTEGER NOT NULL DEFAULT 0;
ALTER TABLE upstream ADD COLUMN fault_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE upstream ADD COLUMN fault_job BIGINT NOT NULL DEFAULT 0;
ALTER TABLE upstream ADD COLUMN opened_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE upstream ADD COLUMN canary_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE upstream ADD COLUMN slowed_until BIGINT NOT NULL DEFAULT 0;

-- Mail to be sent: written with what it tells of, in one transaction; `topic` makes each notice go out once.
CREATE TABLE notice (
    id {serial},
    topic {text} NOT NULL UNIQUE,
    recipients {text} NOT NULL,
    subject {text} NOT NULL,
    body {text} NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    sent_at BIGINT NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error {text} NOT NULL DEFAULT ''
);
-- What is still to be sent: short, however long the history is.
CREATE INDEX notice_due ON notice (due_at, id) WHERE sent_at = 0;
