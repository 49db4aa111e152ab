-- Events as the hub and the sandbox show them. `key_hash` is what DataCite's unique index compares (datacite-api.md 3.2): subject, object, source and
-- relation, the first 191 characters of each, in lower case. Times are ISO 8601 texts in UTC, `subj` and `obj` JSON. `origin`: given (sent to
-- /events), report (made of a usage report) or local (copied from `event`). `group_id` is the row of `hub_event_group` that counts it.
CREATE TABLE hub_event (
    id {serial},
    uuid {text} NOT NULL,
    key_hash {text} NOT NULL,
    subj_id {text} NOT NULL,
    obj_id {text} NOT NULL,
    source_id {text} NOT NULL,
    relation_type_id {text} NOT NULL,
    source_token {text} NOT NULL,
    message_action {text} NOT NULL,
    license {text} NOT NULL,
    total BIGINT NOT NULL,
    occurred_at {text} NOT NULL,
    created {text} NOT NULL,
    updated {text} NOT NULL,
    subj {text} NOT NULL,
    obj {text} NOT NULL,
    origin {text} NOT NULL,
    group_id BIGINT NOT NULL
);
-- One event by its uuid, in any case.
CREATE UNIQUE INDEX hub_event_uuid ON hub_event (lower(uuid));
-- One event by its key.
CREATE UNIQUE INDEX hub_event_key ON hub_event (key_hash);
-- The events of some groups, when they are few: read from the index alone, then sorted.
CREATE INDEX hub_event_grouped ON hub_event (group_id, updated, id);
-- The default order of a list, when nearly every event is in it; the group is read from the index.
CREATE INDEX hub_event_updated ON hub_event (updated, id, group_id);
-- Sorted by total.
CREATE INDEX hub_event_total ON hub_event (total, id, group_id);
-- Sorted by object. PostgreSQL takes no index entry as long as an address may be.
CREATE INDEX hub_event_obj ON hub_event (substr(obj_id, 1, 191), id, group_id);

-- How many events there are of each kind: what statistics are made of, without reading an event. `occurred` is YYYY-MM, `created` YYYY. `key_hash` is of all
-- that tells groups apart. An absent value is ''.
CREATE TABLE hub_event_group (
    id {serial},
    key_hash {text} NOT NULL UNIQUE,
    source_id {text} NOT NULL,
    relation_type_id {text} NOT NULL,
    occurred {text} NOT NULL,
    created {text} NOT NULL,
    subj_type {text} NOT NULL,
    obj_type {text} NOT NULL,
    subj_prefix {text} NOT NULL,
    obj_prefix {text} NOT NULL,
    subj_registrant {text} NOT NULL,
    obj_registrant {text} NOT NULL,
    events BIGINT NOT NULL DEFAULT 0
);

-- How far the events of this archive (`event`) are copied: one row.
CREATE TABLE hub_event_copy (
    id {serial},
    updated_at BIGINT NOT NULL DEFAULT 0,
    event_id BIGINT NOT NULL DEFAULT 0
);
