-- What was decided to be said, until it was said.

-- +goose Up
CREATE TABLE IF NOT EXISTS outbox (
    message_key VARCHAR(255) COLLATE BINARY NOT NULL PRIMARY KEY,
    n           BIGINT NOT NULL, -- order of deciding
    lane        VARCHAR(255) COLLATE BINARY NOT NULL,
    body        MEDIUMBLOB NOT NULL,
    decided     BIGINT NOT NULL,
    tries       BIGINT NOT NULL DEFAULT 0,
    finished    BIGINT NOT NULL DEFAULT 0
);
