package keyspace

import (
	"context"
	"encoding/json"
	"fmt"

	"qabot/store"
)

// memo is what is remembered of an environment's corner, in its Fact. As long as there is one, something may be there.
type memo struct {
	Prefix  bool   `json:",omitempty"` // keys with its prefix
	Number  int    `json:",omitempty"` // number that was marked as this environment's
	Account bool   `json:",omitempty"` // an account was made, or was about to be
	Rules   string `json:",omitempty"` // of the account, as they were proven
	Epoch   string `json:",omitempty"` // of the data to which the keys were brought last
	Walk    *walk  `json:",omitempty"` // under way
}

// walk is how far a walk over all keys of the server has come. A cursor means nothing to another process of the server.
type walk struct {
	For    string // what it is for; another purpose begins anew
	Server string // run_id
	Cursor uint64
	Begun  bool
	Seen   int64 // keys walked over
	Found  int   // keys of ours
}

func memoOf(env store.Environment) (m memo, there bool) {
	fact, there := env.Facts[Kind]
	if there {
		// One that cannot be read is as good as one that says nothing: what is there bears markers too.
		_ = json.Unmarshal([]byte(fact.Extra), &m)
	}
	return m, there
}

// note keeps the memo; done is when the corner is as wanted.
func (s *Server) note(ctx context.Context, c *store.Claim, m memo, done bool) error {
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write the note of the keyspace: %w", err)
	}
	f := store.Fact{Ref: Name(c.ID), Generation: c.Spec.Generation, Extra: string(text), Began: c.Facts[Kind].Began}
	if f.Began.IsZero() {
		f.Began = s.o.Now()
	}
	if done {
		f.Outcome, f.Ended = store.Succeeded, s.o.Now()
	}
	if err := c.Check(); err != nil {
		return err
	}
	if err := s.notes.Note(ctx, c, Kind, f); err != nil {
		return fmt.Errorf("note the keyspace: %w", err)
	}
	return nil
}

func (s *Server) forget(ctx context.Context, c *store.Claim) error {
	if err := c.Check(); err != nil {
		return err
	}
	if err := s.notes.Forget(ctx, c, Kind); err != nil {
		return fmt.Errorf("forget the keyspace: %w", err)
	}
	return nil
}
