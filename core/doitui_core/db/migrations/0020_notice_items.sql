-- Results of DOIs that operations get in one digest a run or an hour, not in a mail each. `topic` makes each be noted once.
CREATE TABLE notice_item (
    id {serial},
    topic {text} NOT NULL UNIQUE,
    repository_id BIGINT NOT NULL,
    doi_id BIGINT NOT NULL DEFAULT 0,
    doi {text} NOT NULL DEFAULT '-',
    url {text} NOT NULL DEFAULT '',
    object_id {text} NOT NULL DEFAULT '',
    cause {text} NOT NULL DEFAULT '',
    error {text} NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL
);
-- A run's own digest takes the results of its DOIs out.
CREATE INDEX notice_item_doi ON notice_item (doi_id);
