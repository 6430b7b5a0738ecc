-- What people and Git asked for, and what came of it. Rows are only ever added, and taken away once they are old.
-- The two pairs are unique anyway; declared so, they are indexes on both databases without a statement of their own.

-- +goose Up
CREATE TABLE IF NOT EXISTS acts (
    n           BIGINT NOT NULL PRIMARY KEY,
    act_key     VARCHAR(255) COLLATE BINARY NOT NULL,
    at          BIGINT NOT NULL,
    app         VARCHAR(64) COLLATE BINARY NOT NULL,
    branch      VARCHAR(255) COLLATE BINARY NOT NULL,
    environment VARCHAR(64) COLLATE BINARY NOT NULL,
    act         JSON NOT NULL,
    UNIQUE (act_key),
    UNIQUE (at, n),
    UNIQUE (environment, n)
);
