-- Data that was saved under a name: what the bot wishes for, and what became of it.

-- +goose Up
CREATE TABLE IF NOT EXISTS saves (
    save_key VARCHAR(255) COLLATE BINARY NOT NULL PRIMARY KEY,
    wish     JSON NOT NULL,
    status   JSON NOT NULL
);
