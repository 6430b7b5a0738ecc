-- +goose Up
CREATE INDEX outbox_unsent ON outbox (finished, lane);
