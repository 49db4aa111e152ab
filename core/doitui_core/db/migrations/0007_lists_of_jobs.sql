DROP INDEX job_by_cause;
-- All jobs of a lane, newest first: with `job_by_status` alone SQLite sorts ten million rows for a page.
CREATE INDEX job_newest ON job (lane, id);
-- Those with a cause, of whatever status: nearly all jobs have none.
CREATE INDEX job_by_cause ON job (lane, cause, id) WHERE cause <> '';
