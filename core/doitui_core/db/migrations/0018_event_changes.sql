-- Events in the order in which they changed: what the hub copies.
CREATE INDEX event_changed ON event (updated_at, id);
