-- Hits that came before their record or its DOI (doitui_core.usage.late_hits). Other hits are not in it: their drain stays as fast.
CREATE INDEX usage_hit_late ON usage_hit (repository_id, subject, doi_id, id) WHERE reason IN ('unknown_id', 'not_minted');
