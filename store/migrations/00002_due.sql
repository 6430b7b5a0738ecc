-- An index has no IF NOT EXISTS on MySQL, so each has a migration of its own.

-- +goose Up
CREATE INDEX environments_due ON environments (next_at);
