-- The records that have a foreign DOI, in whatever case it is written: by it a document finds its record.
CREATE INDEX record_of_foreign_doi ON record (LOWER(foreign_doi)) WHERE foreign_doi <> '';
