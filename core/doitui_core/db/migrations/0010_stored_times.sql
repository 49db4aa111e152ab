-- A job that a person has scheduled (`queue schedule`) may wait as long as they want; any other time further ahead than the longest wait of its kind
-- comes from a clock that was wrong, and the job is due.
ALTER TABLE job ADD COLUMN put_off SMALLINT NOT NULL DEFAULT 0;
UPDATE job SET put_off = 1 WHERE status = 'pending' AND cause = '' AND kind IN ('write', 'verify') AND scheduled_at > created_at;
-- Since when faults have come in a row, and how often the job that met one was another than the one before.
ALTER TABLE upstream ADD COLUMN fault_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE upstream ADD COLUMN fault_jobs INTEGER NOT NULL DEFAULT 0;
