-- How long deployments took, whole (kind '') and each stage. Its key is its index.

-- +goose Up
CREATE TABLE IF NOT EXISTS durations (
    app         VARCHAR(64) COLLATE BINARY NOT NULL,
    kind        VARCHAR(64) COLLATE BINARY NOT NULL,
    ended       BIGINT NOT NULL,
    environment VARCHAR(64) COLLATE BINARY NOT NULL,
    took        BIGINT NOT NULL, -- milliseconds
    PRIMARY KEY (app, kind, ended, environment)
);
