-- Who looked at their own page of the app, and which page of it.

-- +goose Up
CREATE TABLE IF NOT EXISTS homes (
    person VARCHAR(64) COLLATE BINARY NOT NULL PRIMARY KEY,
    page   INT NOT NULL,
    looked BIGINT NOT NULL -- milliseconds
);
