-- What environments were promised of the database's connections, and who waits for some.

-- +goose Up
CREATE TABLE IF NOT EXISTS promises (
    environment VARCHAR(64) COLLATE BINARY NOT NULL PRIMARY KEY,
    n           BIGINT NOT NULL, -- order of asking
    connections BIGINT NOT NULL,
    granted     BIGINT NOT NULL DEFAULT 0
);
