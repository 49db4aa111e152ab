-- Usage reports that the hub and the sandbox have taken in: one for a creator and a month (usage.md 1.5). `uid` is in lower case. `url` is the address it
-- was created under, the subject of its events. `header` is JSON; `report_name` to `created` are copies of it for lists. `replaced_at`: when another
-- version replaced it, '' once the events that only the earlier one had are deleted. `accepted`: when the latest version came. Times are ISO 8601.
CREATE TABLE hub_report (
    id {serial},
    uid {text} NOT NULL UNIQUE,
    client {text} NOT NULL,
    created_by {text} NOT NULL,
    year INTEGER NOT NULL,
    month INTEGER NOT NULL,
    url {text} NOT NULL,
    report_name {text} NOT NULL,
    report_id {text} NOT NULL,
    release {text} NOT NULL,
    created {text} NOT NULL,
    header {text} NOT NULL,
    replaced_at {text} NOT NULL DEFAULT '',
    accepted {text} NOT NULL,
    UNIQUE (created_by, year, month)
);
-- Lists of one repository.
CREATE INDEX hub_report_client ON hub_report (client, id);
-- Replaced reports, of which there are few.
CREATE INDEX hub_report_replaced ON hub_report (replaced_at, id);

-- The bodies of a report: a plain one (`compressed` 0), or compressed parts. `body` names a gzip file of the storage. `checksum` is of that file,
-- `content_checksum` of its inflated datasets, both SHA-256. `exceptions` and `warnings` are JSON lists of what validation found. `datasets`: how many
-- there are, once it is valid; `counted`: of how many the events are made, -1 when of all.
CREATE TABLE hub_report_part (
    id {serial},
    report_id BIGINT NOT NULL REFERENCES hub_report (id),
    compressed SMALLINT NOT NULL,
    body {text} NOT NULL,
    checksum {text} NOT NULL,
    content_checksum {text} NOT NULL,
    state {text} NOT NULL,
    exceptions {text} NOT NULL DEFAULT '[]',
    warnings {text} NOT NULL DEFAULT '[]',
    datasets BIGINT NOT NULL DEFAULT 0,
    counted BIGINT NOT NULL DEFAULT 0
);
-- The parts of a report, and the same one sent again.
CREATE INDEX hub_report_part_report ON hub_report_part (report_id, id);
-- What waits, what is not valid, and whose events are not all made.
CREATE INDEX hub_report_part_state ON hub_report_part (state, counted, id);
-- Files that no row names are deleted.
CREATE UNIQUE INDEX hub_report_part_body ON hub_report_part (body);

-- Reports that were deleted, until their events are.
CREATE TABLE hub_report_deletion (
    id {serial},
    url {text} NOT NULL,
    deleted_at {text} NOT NULL
);
