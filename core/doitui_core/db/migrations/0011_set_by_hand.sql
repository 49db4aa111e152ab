-- The columns of a record that a person set, split by blanks: importing its document again leaves them as they are.
ALTER TABLE record ADD COLUMN set_by_hand {text} NOT NULL DEFAULT '';

-- Landing pages changed by `doi set-url` until now: the audit has them.
UPDATE record SET set_by_hand = 'url' WHERE id IN (
    SELECT doi.record_id FROM audit JOIN doi ON doi.doi = audit.subject WHERE audit.action = 'set-url'
) AND EXISTS (
    SELECT 1 FROM audit JOIN doi ON doi.doi = audit.subject
    WHERE doi.record_id = record.id AND audit.action = 'set-url' AND audit.detail = record.url
);

-- Records whose object id is a DOI, in whatever case it is written. The condition is a range, so that no `%` stands in it.
CREATE INDEX record_of_doi ON record (LOWER(object_id)) WHERE object_id >= '10.' AND object_id < '10/';
