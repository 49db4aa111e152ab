-- What people did to more than one DOI or to none: jobs put back, repositories paused, settings changed. What was done to one DOI stands in
-- `doi_log`. `subject`: what it was done to, in words; `detail`: what else there is to say. Never a secret.
CREATE TABLE audit (
    id {serial},
    at BIGINT NOT NULL,
    actor {text} NOT NULL,
    action {text} NOT NULL,
    subject {text} NOT NULL DEFAULT '',
    detail {text} NOT NULL DEFAULT ''
);
