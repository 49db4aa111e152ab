-- What others reported about our DOIs (citations above all), read from an Events API. A table of its own: nothing in it is ever sent, or counted as ours.
-- `dedupe_hash` as in `event`.
CREATE TABLE pulled_event (
    id {serial},
    dedupe_hash {text} NOT NULL UNIQUE,
    uuid {text} NOT NULL,
    repository_id BIGINT NOT NULL REFERENCES repository (id),
    doi_id BIGINT NOT NULL REFERENCES doi (id),
    subj_id {text} NOT NULL,
    relation_type_id {text} NOT NULL,
    obj_id {text} NOT NULL,
    source_id {text} NOT NULL,
    total BIGINT NOT NULL,
    occurred_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- The page of one DOI.
CREATE INDEX pulled_event_of_doi ON pulled_event (doi_id, id);

-- How far the events of one prefix at one Events API have been read. `newest_doi_id`: DOIs with a higher id became ours later.
CREATE TABLE event_pull (
    id {serial},
    repository_id BIGINT NOT NULL REFERENCES repository (id),
    url {text} NOT NULL,
    prefix {text} NOT NULL,
    cursor {text} NOT NULL,
    newest_doi_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (repository_id, url, prefix)
);

-- Until now they were rows of `event`, as if we had submitted them. What DataCite makes of our own metadata or counts is dropped.
INSERT INTO pulled_event (dedupe_hash, uuid, repository_id, doi_id, subj_id, relation_type_id, obj_id, source_id, total, occurred_at, created_at, updated_at)
SELECT dedupe_hash, uuid, repository_id, doi_id, subj_id, relation_type_id, obj_id, source_id, total, occurred_at, created_at, updated_at FROM event
WHERE origin = 'elsewhere' AND NOT (source_id >= 'datacite-' AND source_id < 'datacite.') AND relation_type_id NOT IN (
    'total-dataset-investigations-regular', 'total-dataset-investigations-machine', 'unique-dataset-investigations-regular',
    'unique-dataset-investigations-machine', 'total-dataset-requests-regular', 'total-dataset-requests-machine',
    'unique-dataset-requests-regular', 'unique-dataset-requests-machine'
);
-- Their part of the counter, in a slot that nothing else uses.
INSERT INTO counter (name, slot, value)
SELECT 'event.submitted', 1000, -COUNT(*) FROM event WHERE origin = 'elsewhere' GROUP BY origin;
DELETE FROM event WHERE origin = 'elsewhere';
