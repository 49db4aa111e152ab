-- By which values an event is found: `term` is a hash of kind and value (`doitui_core.hub_store.event_terms`), so that long addresses fit.
CREATE TABLE hub_event_term (
    term BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    PRIMARY KEY (term, event_id) INCLUDE (group_id)
);
-- The words of an event, for `query`; weight A is the subject, B the object, C the source, D the relation.
CREATE TABLE hub_event_text (
    event_id BIGINT PRIMARY KEY,
    words tsvector NOT NULL
);
-- Words in any place.
CREATE INDEX hub_event_text_words ON hub_event_text USING gin (words);
-- A report brings 200,000 events at once. Lists and counts are read from indexes alone only where vacuum has been: by default that is after a fifth
-- of the table is new, and a list of the last month took ten times as long.
ALTER TABLE hub_event SET (
    autovacuum_vacuum_insert_threshold = 20000, autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);
ALTER TABLE hub_event_term SET (
    autovacuum_vacuum_insert_threshold = 50000, autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_vacuum_scale_factor = 0.02
);
