package store

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// model is what a Store with one environment must behave like. Its methods are what may happen, in any order; Check holds
// after each.
type model struct {
	ctx   context.Context
	store *Store

	exists     bool
	version    int64
	fence      int64
	wishes     int
	due        bool
	holder     *Claim // nil: nobody
	seenWishes int    // of the holder
	commit     string
	lost       []*Claim // claims that others took over
}

// TestStoreBehavesLikeItsModel runs wishes, claims, crashes and settlements in any order.
func TestStoreBehavesLikeItsModel(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		rapid.Check(t, func(r *rapid.T) {
			m := &model{ctx: t.Context(), store: s}
			for _, table := range []string{"environments", "facts", "events"} {
				m.exec(r, "DELETE FROM "+table)
			}
			r.Repeat(rapid.StateMachineActions(m))
		})
	})
}

func (m *model) exec(r *rapid.T, statement string) {
	_, err := m.store.reader().exec(m.ctx, statement)
	check(r, err)
}

func check(r *rapid.T, err error) {
	if err != nil {
		r.Fatal(err)
	}
}

// working skips what only the holder of a claim can do.
func (m *model) working(r *rapid.T) {
	if m.holder == nil {
		r.Skip("nobody is at work")
	}
}

func (m *model) claimable() bool { return m.exists && m.due && m.holder == nil }

func (m *model) Want(r *rapid.T) {
	commit := rapid.StringMatching("[a-f]{3}").Draw(r, "commit")
	env, err := m.store.Want(m.ctx, "a", up(commit))
	check(r, err)
	m.exists, m.due, m.commit = true, true, commit
	m.version++
	m.wishes++
	if env.Spec.Version != m.version {
		r.Fatalf("version %d, want %d", env.Spec.Version, m.version)
	}
}

func (m *model) Wake(r *rapid.T) {
	err := m.store.Wake(m.ctx, "a")
	if (err == nil) != m.exists {
		r.Fatalf("wake: %v", err)
	}
	if m.exists {
		m.wishes++
		m.due = true
	}
}

func (m *model) Claim(r *rapid.T) {
	c, err := m.store.Claim(m.ctx, "a", "w")
	check(r, err)
	if got := c != nil; got != m.claimable() {
		r.Fatalf("claimed: %v, with %+v", got, m)
	}
	if c == nil {
		return
	}
	m.fence++
	if c.Fence != m.fence || c.Spec.Commit != m.commit || c.Spec.Version != m.version {
		r.Fatalf("claim %+v, want %+v", c, m)
	}
	m.holder, m.seenWishes = c, m.wishes
}

func (m *model) Crash(r *rapid.T) {
	m.working(r)
	m.exec(r, "UPDATE environments SET lease_until={now}-1")
	m.lost = append(m.lost, m.holder)
	m.holder = nil
}

func (m *model) Renew(r *rapid.T) {
	m.working(r)
	err := m.store.Renew(m.ctx, m.holder)
	if m.version != m.holder.Spec.Version {
		is(r, err, ErrChanged)
	} else {
		check(r, err)
	}
}

func (m *model) Settle(r *rapid.T) {
	m.working(r)
	again := rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(r, "again")
	check(r, m.store.Settle(m.ctx, m.holder, Status{Version: m.holder.Spec.Version}, again))
	m.due = again == 0 || m.wishes != m.seenWishes
	m.holder = nil
}

func (m *model) WriteLate(r *rapid.T) {
	if len(m.lost) == 0 {
		r.Skip("nobody crashed")
	}
	old := rapid.SampledFrom(m.lost).Draw(r, "who")
	is(r, m.store.Note(m.ctx, old, "image", Fact{}), ErrFenced)
	if old.Fence != m.fence { // of the newest fence it may still settle: nobody began since
		is(r, m.store.Settle(m.ctx, old, Status{}, time.Hour), ErrFenced)
	}
}

func (m *model) Check(r *rapid.T) {
	ids, err := m.store.Due(m.ctx, 10)
	check(r, err)
	if got := len(ids) == 1; got != m.claimable() {
		r.Fatalf("due: %v, with %+v", got, m)
	}
}
