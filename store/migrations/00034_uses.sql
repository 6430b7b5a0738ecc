-- When people last used environments, as load balancers saw it: milliseconds since 1970 by AWS's clock.

-- +goose Up
CREATE TABLE IF NOT EXISTS uses (
    environment VARCHAR(64) COLLATE BINARY NOT NULL PRIMARY KEY,
    used        BIGINT NOT NULL
);
