-- By which values an event is found: `term` is a hash of kind and value (`doitui_core.hub_store.event_terms`), so that long addresses fit.
CREATE TABLE hub_event_term (
    term BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    PRIMARY KEY (term, event_id)
) WITHOUT ROWID;
-- The words of an event, for `query`. Without the texts, which `hub_event` has.
CREATE VIRTUAL TABLE hub_event_text USING fts5(
    subj_id, obj_id, source_id, relation_type_id, content='', tokenize='unicode61 remove_diacritics 0'
);
