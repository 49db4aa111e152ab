-- The tokens of the hub by their ids (`jti`), never the tokens themselves. `name` is in lower case and the owner of the reports sent with the token.
-- `revoked_at`: 0 while the token is valid; of an expired token whose name was used again, its end.
CREATE TABLE hub_token (
    id {serial},
    jti {text} NOT NULL UNIQUE,
    name {text} NOT NULL,
    role {text} NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL DEFAULT 0
);
-- One valid token for a name, also when two are asked for at once.
CREATE UNIQUE INDEX hub_token_name ON hub_token (name) WHERE revoked_at = 0;
