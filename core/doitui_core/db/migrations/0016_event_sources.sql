-- The registration agency of a DOI prefix, as the resolver named it. Empty: it was asked and named none; `event derive` asks again.
CREATE TABLE doi_agency (
    prefix {text} NOT NULL PRIMARY KEY,
    agency {text} NOT NULL DEFAULT '',
    asked_at BIGINT NOT NULL
);

-- How far an interrupted `event derive` came: the last DOI whose events it made. Repository 0: all.
CREATE TABLE event_derivation (
    repository_id BIGINT NOT NULL PRIMARY KEY,
    doi_id BIGINT NOT NULL
);

-- The source of a link as DataCite names it, by the agency of its object (domain.link_sources). `source_id` stays our own. Empty: usage, events of
-- others, or an agency that nobody knows yet.
ALTER TABLE event ADD COLUMN link_source_id {text} NOT NULL DEFAULT '';
-- `event derive`: links without a source.
CREATE INDEX event_without_link_source ON event (id) WHERE link_source_id = '' AND origin IN ('metadata', 'hand');
