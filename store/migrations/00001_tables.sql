-- One text for SQLite, MySQL and MariaDB.
--
-- COLLATE BINARY compares bytes on SQLite and makes a VARBINARY on MySQL: names that differ in case or by a space at their
-- end are different names on both. Times are milliseconds since 1970 by the database's clock, 0 stands for never.
-- IF NOT EXISTS: MySQL commits each statement by itself, so a process killed in the middle begins again from the top.
-- Migrations go up only: an older program works on the tables of a newer one.

-- +goose Up
CREATE TABLE IF NOT EXISTS environments (
    id          VARCHAR(64) COLLATE BINARY NOT NULL PRIMARY KEY,
    spec        JSON NOT NULL,
    status      JSON NOT NULL,
    thread      JSON NOT NULL,
    made        BIGINT NOT NULL,
    -- the claim
    owner       VARCHAR(255) NOT NULL DEFAULT '',
    fence       BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT NOT NULL DEFAULT 0,
    writes      BIGINT NOT NULL DEFAULT 0, -- raised so that a statement locks the row and proves the fence
    -- the queue
    wishes      BIGINT NOT NULL DEFAULT 0, -- raised by every wish and by Wake
    next_at     BIGINT NOT NULL DEFAULT 0,
    idle_since  BIGINT NOT NULL DEFAULT 0, -- since when it is unwanted and seen to be gone: its numbers may be given away
    -- the story
    events      BIGINT NOT NULL DEFAULT 0, -- number of the newest event
    changed     BIGINT NOT NULL DEFAULT 0,
    shown       BIGINT NOT NULL DEFAULT 0  -- what changed was when the thread was last brought up to date
);

-- claims of everything that is not an environment
CREATE TABLE IF NOT EXISTS names (
    name        VARCHAR(255) COLLATE BINARY NOT NULL PRIMARY KEY,
    owner       VARCHAR(255) NOT NULL DEFAULT '',
    fence       BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT NOT NULL DEFAULT 0,
    writes      BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS facts (
    environment VARCHAR(64) COLLATE BINARY NOT NULL,
    kind        VARCHAR(64) COLLATE BINARY NOT NULL,
    fact        JSON NOT NULL,
    PRIMARY KEY (environment, kind)
);

CREATE TABLE IF NOT EXISTS allotments (
    environment VARCHAR(64) COLLATE BINARY NOT NULL,
    kind        VARCHAR(64) COLLATE BINARY NOT NULL,
    pool        VARCHAR(64) COLLATE BINARY NOT NULL,
    value       BIGINT NOT NULL,
    PRIMARY KEY (environment, kind),
    UNIQUE (pool, value)
);

CREATE TABLE IF NOT EXISTS events (
    environment VARCHAR(64) COLLATE BINARY NOT NULL,
    n           BIGINT NOT NULL,
    event_key   VARCHAR(255) COLLATE BINARY NOT NULL,
    event       JSON NOT NULL,
    told        BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (environment, n),
    UNIQUE (environment, event_key)
);

CREATE TABLE IF NOT EXISTS letters (
    letter_key  VARCHAR(255) COLLATE BINARY NOT NULL PRIMARY KEY,
    n           BIGINT NOT NULL, -- order of arrival
    lane        VARCHAR(255) COLLATE BINARY NOT NULL,
    source      VARCHAR(64) COLLATE BINARY NOT NULL,
    kind        VARCHAR(64) COLLATE BINARY NOT NULL,
    body        MEDIUMBLOB NOT NULL,
    arrived     BIGINT NOT NULL,
    finished    BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS counters (
    name        VARCHAR(64) COLLATE BINARY NOT NULL PRIMARY KEY,
    n           BIGINT NOT NULL
);
