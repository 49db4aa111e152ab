-- A harvest over OAI-PMH: one row for one request to one repository. In progress: `token` asks for its next page, `datestamp` is the latest seen, and
-- `in_order` 0 says that the server does not sort by it. `started` and `completed` are times of the server's clock (its `responseDate`): when the harvest
-- in progress and the last complete one began.
CREATE TABLE harvest (
    id {serial},
    repository_id BIGINT NOT NULL REFERENCES repository (id),
    url {text} NOT NULL,
    prefix {text} NOT NULL,
    set_spec {text} NOT NULL DEFAULT '',
    from_date {text} NOT NULL DEFAULT '',
    token {text} NOT NULL DEFAULT '',
    datestamp {text} NOT NULL DEFAULT '',
    in_order SMALLINT NOT NULL DEFAULT 1,
    started {text} NOT NULL DEFAULT '',
    completed {text} NOT NULL DEFAULT '',
    updated_at BIGINT NOT NULL,
    -- The same command finds its row.
    UNIQUE (repository_id, url, prefix, set_spec, from_date)
);
