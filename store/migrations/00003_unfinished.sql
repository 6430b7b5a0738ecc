-- +goose Up
CREATE INDEX letters_unfinished ON letters (finished, lane);
