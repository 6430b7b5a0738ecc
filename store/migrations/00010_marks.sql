-- What whoever follows something outside has to remember of it.

-- +goose Up
CREATE TABLE IF NOT EXISTS marks (
    name  VARCHAR(255) COLLATE BINARY NOT NULL PRIMARY KEY,
    value JSON NOT NULL
);
