-- A text anywhere in a record is looked for here: a tenth of the table, and all of it is read. `id` is for PostgreSQL, which would else read the table too.
CREATE INDEX record_words ON record (object_id, title, id);
-- OPUS's overview shows what is not published too: short, so partial.
CREATE INDEX record_unpublished ON record (id) WHERE published = 0;
