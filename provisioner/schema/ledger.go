package schema

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qabot/store"
)

// run is the newest migration of a schema, as it is kept in the schema's marks.
type run struct {
	Commit     string         `json:"commit"`
	Generation int64          `json:"generation"`
	Seed       bool           `json:"seed,omitempty"`
	Finished   bool           `json:"finished,omitempty"`
	Did        store.Migrated `json:"did,omitzero"`

	// As it was before, until Finish.
	Before  structure         `json:"before,omitempty"`
	Applied []migration       `json:"applied,omitempty"` // by the framework's own ledger
	Tables  map[string]string `json:"tables,omitempty"`  // InnoDB's identities
}

// Migrated tells of each environment whether Spec.Commit has migrated the data that is there now. Where there is no schema
// of ours, or not the data that is wanted, it has not.
func (s *Server) Migrated(ctx context.Context, envs []store.Environment) ([]bool, error) {
	return s.each(ctx, envs, func(env store.Environment, v sight) bool {
		return s.whose(env, v) == ours && v.fresh(env) && v.marks[markMigrated(env.Spec.Commit)] != ""
	})
}

// Fresh tells of each environment whether the data that is wanted is there, all of it.
func (s *Server) Fresh(ctx context.Context, envs []store.Environment) ([]bool, error) {
	return s.each(ctx, envs, func(env store.Environment, v sight) bool { return s.whose(env, v) == ours && v.fresh(env) })
}

// each judges many environments by what is there of them.
func (s *Server) each(ctx context.Context, envs []store.Environment, judge func(store.Environment, sight) bool) ([]bool, error) {
	said := make([]bool, len(envs))
	byApp := map[string][]int{}
	for i, env := range envs {
		byApp[env.Spec.App] = append(byApp[env.Spec.App], i)
	}
	for app, places := range byApp {
		some := make([]store.Environment, len(places))
		for j, i := range places {
			some[j] = envs[i]
		}
		sights, err := s.look(ctx, app, some)
		if err != nil {
			return nil, reach(fmt.Errorf("ask what data is there: %w", err))
		}
		for j, i := range places {
			said[i] = judge(envs[i], sights[j])
		}
	}
	return said, nil
}

// Begin keeps the structure as it is before the migration by c.Spec.Commit in c.Spec.Generation, unless it was kept already.
// It tells whether the data is still without seeds. Only the newest run is kept: a new one ends the story of the one before.
func (s *Server) Begin(ctx context.Context, c *store.Claim) (seed bool, err error) {
	defer func() { err = reach(err) }()
	schema, marks, err := s.ownedNow(ctx, c, markRun, markSeeded)
	if err != nil {
		return false, err
	}
	kept, err := readRun(marks)
	if err != nil {
		return false, err
	}
	if kept != nil && kept.Commit == c.Spec.Commit && kept.Generation == c.Spec.Generation {
		return kept.Seed, nil
	}
	before, err := s.read(ctx, schema)
	if err != nil {
		return false, err
	}
	applied, err := s.applied(ctx, schema)
	if err != nil {
		return false, err
	}
	fresh := run{
		Commit: c.Spec.Commit, Generation: c.Spec.Generation, Seed: marks[markSeeded] == "",
		Before: before, Applied: applied, Tables: s.identities(ctx, schema),
	}
	return fresh.Seed, s.keepRun(ctx, c, schema, fresh)
}

// Finish ends the run that Begin kept last, whatever the wish has become meanwhile, and gives what it did. When it
// passed, its commit has migrated, and its seeds are in if Begin asked for them. It gives the same answer again.
func (s *Server) Finish(ctx context.Context, c *store.Claim, passed bool) (did store.Migrated, err error) {
	defer func() { err = reach(err) }()
	schema, marks, err := s.ownedNow(ctx, c, markRun)
	if err != nil {
		return did, err
	}
	r, err := readRun(marks)
	if err != nil {
		return did, err
	}
	if r == nil {
		return did, errors.New("finish a migration: none was begun")
	}
	if r.Finished {
		return r.Did, nil
	}
	if r.Did, err = s.compare(ctx, schema, *r); err != nil {
		return did, err
	}
	r.Finished, r.Before, r.Applied, r.Tables = true, nil, nil, nil
	var more []string
	if passed {
		now := s.o.Now().UTC().Format(time.RFC3339)
		more = append(more, markMigrated(r.Commit), now)
		if r.Seed {
			more = append(more, markSeeded, now)
		}
	}
	return r.Did, s.keepRun(ctx, c, schema, *r, more...)
}

// compare tells what a run did. On a schema that was empty everything is new, and says nothing but that.
func (s *Server) compare(ctx context.Context, schema string, r run) (did store.Migrated, err error) {
	after, err := s.read(ctx, schema)
	if err != nil {
		return did, err
	}
	did.Changes = diff(r.Before, after)
	if len(r.Before) == 0 {
		return did, nil
	}
	applied, err := s.applied(ctx, schema)
	if err != nil {
		return did, err
	}
	did.Ran = newly(r.Applied, applied)
	did.Warnings, err = s.warnings(ctx, schema, r.Before, did.Changes, r.Tables, s.identities(ctx, schema))
	return did, err
}

func readRun(marks map[string]string) (*run, error) {
	text, there := marks[markRun]
	if !there {
		return nil, nil
	}
	var r run
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return nil, fmt.Errorf("read the kept migration: %w", err)
	}
	return &r, nil
}

func (s *Server) keepRun(ctx context.Context, c *store.Claim, schema string, r run, more ...string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("keep the migration: %w", err)
	}
	return explain(s.writeMarks(ctx, c, schema, append(more, markRun, string(text))...), "keep the migration")
}
