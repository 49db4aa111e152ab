-- AI models whose accuracy is documented (EU AI Act, Annex IV), by the service that they do. `accuracy_metrics_json` is a JSON object: `per_collection`
-- (accuracy by collection) and `per_collection_last_updated` come from `metrics backfill`, every other key is somebody else's and stays.
CREATE TABLE model_registry (
    id {serial},
    service {text} NOT NULL,
    version {text} NOT NULL DEFAULT '',
    active SMALLINT NOT NULL DEFAULT 1,
    accuracy_metrics_json {text} NOT NULL DEFAULT '{{}}',
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (service, version)
);
