package schema

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"qabot/provisioner/schema/clone"
	"qabot/store"
)

// swap puts the data that is ready in the place of what is there. Until the environment's sessions are ended nothing of it shows.
func (r *Resource) swap(ctx context.Context, c *store.Claim, a address, v sight) error {
	if err := r.clearBeside(ctx, c, v.past); err != nil { // of the swap before, if there is anything left
		return err
	}
	if err := r.do(ctx, c, "CREATE DATABASE "+quote(v.past.name)+" CHARACTER SET utf8mb4"); err != nil {
		return explain(err, "create database")
	}
	// From here on tasks are kept out until the account is proven anew.
	if err := r.note(ctx, c, store.Fact{Ref: a.name, Generation: c.Spec.Generation, Began: r.o.Now()}); err != nil {
		return err
	}
	if err := r.writeMarks(ctx, c, a.name, markPast, r.o.Now().UTC().Format(time.RFC3339)); err != nil {
		return explain(err, "mark data as past")
	}
	if err := r.expel(ctx, c, a.account); err != nil {
		return err
	}
	if err := r.move(ctx, c, v); err != nil {
		return explain(r.blocked(ctx, a.name, err), "rename table")
	}
	r.o.Log.Info("data replaced", "schema", a.name, "from", v.next.name)
	return r.finish(ctx, c, a, v.next)
}

// move moves all tables, with their marks, in one statement: all of them move, or none does.
func (r *Resource) move(ctx context.Context, c *store.Claim, v sight) error {
	db, err := r.copier(r.config.User, r.config.Passwd)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := (clone.Copy{Target: v.name, Check: c.Check}).Unmake(ctx, db); err != nil {
		return err
	}
	var moves []string
	for _, way := range [][2]string{{v.name, v.past.name}, {v.next.name, v.name}} {
		tables, err := column(ctx, r.db, "SELECT table_name FROM information_schema.tables WHERE table_schema = ? AND table_type <> 'VIEW' ORDER BY table_name", way[0])
		if err != nil {
			return fmt.Errorf("list tables of %s: %w", way[0], err)
		}
		for _, table := range tables {
			moves = append(moves, clone.Move(way[0], way[1], table))
		}
	}
	return r.do(ctx, c, "RENAME TABLE "+strings.Join(moves, ", "))
}

// finish makes what belongs to the tables that are in their place, in the name of the account that may use it: still with a password that
// no task knows. Then the data is whole.
func (r *Resource) finish(ctx context.Context, c *store.Claim, a address, next *sight) error {
	if err := r.dropSchema(ctx, c, next.name); err != nil { // nothing is in it any more
		return err
	}
	marks, err := r.readMarks(ctx, a.name, markObjects)
	if err != nil {
		return fmt.Errorf("read marks of %s: %w", a.name, err)
	}
	var objects []clone.Object
	if text := marks[markObjects]; text != "" {
		if err := json.Unmarshal([]byte(text), &objects); err != nil {
			return fmt.Errorf("read how views and the like of %s are made: %w", a.name, err)
		}
	}
	if len(objects) > 0 {
		if err := r.remake(ctx, c, a, objects); err != nil {
			return err
		}
	}
	done := []string{markFilling, markProgress, markFailed, markObjects}
	return explain(r.do(ctx, c, "DELETE FROM "+marksOf(a.name)+" WHERE name IN "+listOf(done), anys(done)...), "mark the data as whole")
}

func (r *Resource) remake(ctx context.Context, c *store.Claim, a address, objects []clone.Object) error {
	account, password := r.config.User, r.config.Passwd
	if !r.o.Shared {
		account, password = a.account, newPassword()
		do := func(q string) error { return hide(r.do(ctx, c, q), password) }
		if err := r.lendBy(ctx, do, a.name, account, password); err != nil {
			return err
		}
	}
	owner, err := r.copier(account, password)
	if err != nil {
		return hide(err, password)
	}
	defer owner.Close()
	err = (clone.Copy{Target: a.name, Check: c.Check}).Make(ctx, owner, objects)
	return explain(hide(err, password), "make views and the like")
}
