package store

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// model is what a Store with one environment must behave like.
type model struct {
	exists     bool
	version    int64
	fence      int64
	wishes     int
	due        bool
	holder     *Claim // nil: nobody
	seenWishes int    // of the holder
	commit     string
}

// TestStoreBehavesLikeItsModel runs wishes, claims, crashes and settlements in any order.
func TestStoreBehavesLikeItsModel(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		rapid.Check(t, func(r *rapid.T) {
			for _, table := range []string{"environments", "facts", "events"} {
				if _, err := s.reader().exec(ctx, "DELETE FROM "+table); err != nil {
					r.Fatal(err)
				}
			}
			var m model
			var lost []*Claim // claims that others took over
			check := func(err error) {
				if err != nil {
					r.Fatal(err)
				}
			}
			r.Repeat(map[string]func(*rapid.T){
				"want": func(r *rapid.T) {
					commit := rapid.StringMatching("[a-f]{3}").Draw(r, "commit")
					env, err := s.Want(ctx, "a", up(commit))
					check(err)
					m.exists, m.due, m.commit = true, true, commit
					m.version++
					m.wishes++
					if env.Spec.Version != m.version {
						r.Fatalf("version %d, want %d", env.Spec.Version, m.version)
					}
				},
				"wake": func(r *rapid.T) {
					err := s.Wake(ctx, "a")
					if (err == nil) != m.exists {
						r.Fatalf("wake: %v", err)
					}
					if m.exists {
						m.wishes++
						m.due = true
					}
				},
				"claim": func(r *rapid.T) {
					c, err := s.Claim(ctx, "a", "w")
					check(err)
					if got := c != nil; got != (m.exists && m.due && m.holder == nil) {
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
				},
				"crash": func(r *rapid.T) {
					if m.holder == nil {
						r.Skip("nobody is at work")
					}
					if _, err := s.reader().exec(ctx, "UPDATE environments SET lease_until={now}-1"); err != nil {
						r.Fatal(err)
					}
					lost = append(lost, m.holder)
					m.holder = nil
				},
				"renew": func(r *rapid.T) {
					if m.holder == nil {
						r.Skip("nobody is at work")
					}
					err := s.Renew(ctx, m.holder)
					if m.version != m.holder.Spec.Version {
						is(r, err, ErrChanged)
					} else {
						check(err)
					}
				},
				"settle": func(r *rapid.T) {
					if m.holder == nil {
						r.Skip("nobody is at work")
					}
					again := rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(r, "again")
					check(s.Settle(ctx, m.holder, Status{Version: m.holder.Spec.Version}, again))
					m.due = again == 0 || m.wishes != m.seenWishes
					m.holder = nil
				},
				"write late": func(r *rapid.T) {
					if len(lost) == 0 {
						r.Skip("nobody crashed")
					}
					old := rapid.SampledFrom(lost).Draw(r, "who")
					is(r, s.Note(ctx, old, "image", Fact{}), ErrFenced)
					if old.Fence != m.fence { // of the newest fence it may still settle: nobody began since
						is(r, s.Settle(ctx, old, Status{}, time.Hour), ErrFenced)
					}
				},
				"": func(r *rapid.T) {
					ids, err := s.Due(ctx, 10)
					check(err)
					if got := len(ids) == 1; got != (m.exists && m.due && m.holder == nil) {
						r.Fatalf("due: %v, with %+v", got, m)
					}
				},
			})
		})
	})
}
