-- What GitHub was told of each environment.

-- +goose Up
CREATE TABLE IF NOT EXISTS reports (
    environment VARCHAR(64) COLLATE BINARY NOT NULL PRIMARY KEY,
    report      JSON NOT NULL,
    told        BIGINT NOT NULL DEFAULT 0 -- what the environment's changed was when GitHub was last told everything
);
