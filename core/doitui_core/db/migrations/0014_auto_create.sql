-- Whether publishing the record creates its DOI: true, false, or empty for what the settings say (OPUS 4's opus.doi.autoCreate).
ALTER TABLE record ADD COLUMN auto_create {text} NOT NULL DEFAULT '';
