-- What failed jobs have in common (`domain.cause_groups`); those of jobs that failed before are computed after these statements.
ALTER TABLE job ADD COLUMN cause_group {text} NOT NULL DEFAULT '';
-- How many failed jobs each cause group has and since when, and the retry of one: from the index alone, for which SQLite needs the status in it.
CREATE INDEX job_by_cause_group ON job (lane, status, cause_group, finished_at, id) WHERE status = 'failed';
