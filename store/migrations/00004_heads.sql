-- The heads of branches as they were last compared with the environments.

-- +goose Up
CREATE TABLE IF NOT EXISTS heads (
    list VARCHAR(255) COLLATE BINARY NOT NULL PRIMARY KEY,
    seen JSON NOT NULL
);
