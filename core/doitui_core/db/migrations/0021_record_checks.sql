-- What DataCite would reject of a record (empty: nothing), how many warnings it has, and what the check depended on: settings and
-- version. Empty: not checked yet; workers do that.
ALTER TABLE record ADD COLUMN check_field {text} NOT NULL DEFAULT '';
ALTER TABLE record ADD COLUMN check_warnings INTEGER NOT NULL DEFAULT 0;
ALTER TABLE record ADD COLUMN check_basis {text} NOT NULL DEFAULT '';

-- The mint list by its check.
CREATE INDEX record_by_check ON record (check_field, id);

-- The records to check again after a change of settings.
CREATE INDEX record_by_check_basis ON record (repository_id, check_basis, id);
