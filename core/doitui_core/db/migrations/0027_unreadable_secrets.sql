-- Which secrets a worker cannot read (JSON: repository, setting, reason; never a value); empty: an older worker does not say.
ALTER TABLE worker ADD COLUMN unreadable {text} NOT NULL DEFAULT '';
