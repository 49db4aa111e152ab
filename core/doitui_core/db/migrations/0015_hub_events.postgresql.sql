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
