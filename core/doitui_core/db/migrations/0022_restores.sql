-- Each time this database was put back from a backup or a copy: what was done between `backed_up_at` and `restored_at` is not in it.
CREATE TABLE restore (
    id {serial},
    backed_up_at BIGINT NOT NULL,
    restored_at BIGINT NOT NULL,
    actor {text} NOT NULL
);

-- DOIs of which DataCite was not asked yet since the restore: their rows may be older than what was sent.
CREATE TABLE restored_doi (
    doi_id BIGINT PRIMARY KEY REFERENCES doi (id),
    backed_up_at BIGINT NOT NULL
);
