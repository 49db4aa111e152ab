"""DOI rows: look-up, reservation, documents, tombstone pages, activity log, and the target of one DOI."""
