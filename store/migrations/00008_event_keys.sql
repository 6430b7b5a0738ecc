-- +goose Up
CREATE INDEX events_by_key ON events (event_key);
