package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Act is one thing that somebody asked for, or that came by itself, and what came of it: the audit journal. It holds neither
// secrets nor anybody's words beyond the command and the branch.
type Act struct {
	N   int64     // position in the journal, from 1, without gaps; Record and Want give it
	Key string    // names it: a second act of one Key is dropped; at most 255 bytes
	At  time.Time // when it was asked

	Verb string // "up", "down", "push"
	Way  string // how it was asked: one of the Way constants
	// Who asked, as far as it is known: a Slack user and the team he belongs to, or somebody on GitHub.
	User string `json:",omitempty"`
	Team string `json:",omitempty"`
	Name string `json:",omitempty"` // on GitHub, or in Git

	Channel     string `json:",omitempty"` // Slack channel where it was asked
	App         string `json:",omitempty"` // empty when it could not be told from the words
	Repo        string `json:",omitempty"`
	Branch      string `json:",omitempty"`
	Commit      string `json:",omitempty"`
	Environment ID     `json:",omitempty"`

	Outcome string // one of the Outcome constants
	Why     string `json:",omitempty"` // code of the answer that was given
	Version int64  `json:",omitempty"` // of the wish that it led to; Want gives it
}

// Ways in which something is asked.
const (
	WayCommand  = "command"  // a slash command
	WayMention  = "mention"  // a message in a channel that names the bot
	WayMessage  = "message"  // a direct message
	WayButton   = "button"   // of a message
	WayModal    = "modal"    // a form
	WayShortcut = "shortcut" // of the composer or of a message
	WayHome     = "home"     // the app's own page in Slack
	WayWebhook  = "webhook"  // GitHub said so
	WayPoll     = "poll"     // a look at GitHub found it
	WaySchedule = "schedule" // working hours
	WayExpiry   = "expiry"   // its time was over
	WayShell    = "shell"    // whoever runs qabot typed it where qabot runs
)

// Outcomes of acts.
const (
	OutcomeDone    = "done"    // it led to a wish
	OutcomeNothing = "nothing" // there was nothing to do, or nothing to do it with
	OutcomeRefused = "refused" // this person may not, or not there
	OutcomeAsked   = "asked"   // it was asked back: whether it is meant, or which one
)

// Record adds an act that leads to no wish; one that does is given to Want. It is durable when Record returns.
func (s *Store) Record(ctx context.Context, a Act) error {
	err := s.transact(ctx, func(q session) error { return addAct(ctx, q, a) })
	if err != nil {
		return fmt.Errorf("record act %s: %w", a.Key, err)
	}
	return nil
}

// addAct adds an act unless its Key is there already.
func addAct(ctx context.Context, q session, a Act) error {
	if a.Key == "" {
		return errors.New("an act needs a key")
	}
	// Looked for before a number is drawn, so that the journal has no gaps. Of two that look together the second is refused
	// by the database, and looks again.
	var there int
	if err := q.row(ctx, "SELECT COUNT(*) FROM acts WHERE act_key=?", a.Key).Scan(&there); err != nil || there > 0 {
		return err
	}
	n, err := nextNumber(ctx, q, "acts")
	if err != nil {
		return err
	}
	a.N = n
	text, err := asJSON(a)
	if err != nil {
		return err
	}
	_, err = q.exec(ctx, "INSERT INTO acts (n, act_key, at, app, branch, environment, act) VALUES (?, ?, ?, ?, ?, ?, ?)",
		n, a.Key, a.At.UnixMilli(), a.App, a.Branch, a.Environment, text)
	return err
}

// ActQuery says which acts are wanted; what is zero does not matter.
type ActQuery struct {
	Environment ID
	App, Branch string
	Since       time.Time
	After       int64 // only those with a greater N
	Limit       int   // the newest so many; zero: all
	Oldest      bool  // the oldest so many instead, to read on with After
}

// Acts reads the audit journal, oldest first.
func (s *Store) Acts(ctx context.Context, want ActQuery) ([]Act, error) {
	where, args := []string{"n>?"}, []any{want.After}
	only := func(condition string, given bool, arg any) {
		if given {
			where, args = append(where, condition), append(args, arg)
		}
	}
	only("environment=?", want.Environment != "", want.Environment)
	only("app=?", want.App != "", want.App)
	only("branch=?", want.Branch != "", want.Branch)
	only("at>=?", !want.Since.IsZero(), want.Since.UnixMilli())
	query := "SELECT act FROM acts WHERE " + strings.Join(where, " AND ") + " ORDER BY n"
	if !want.Oldest {
		query += " DESC"
	}
	if want.Limit > 0 {
		query, args = query+" LIMIT ?", append(args, want.Limit)
	}
	acts, err := collect(ctx, s.reader(), func(row scanner) (Act, error) {
		var text []byte
		if err := row.Scan(&text); err != nil {
			return Act{}, err
		}
		return fromJSON[Act](text)
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read acts: %w", err)
	}
	if !want.Oldest {
		slices.Reverse(acts)
	}
	return acts, nil
}

// ForgetActs takes away acts from before a time, the oldest first and at most so many, and tells how many it took.
func (s *Store) ForgetActs(ctx context.Context, before time.Time, most int) (gone int64, err error) {
	err = s.transact(ctx, func(q session) error {
		old, err := collect(ctx, q, only[int64], "SELECT n FROM acts WHERE at<? ORDER BY n LIMIT ?", before.UnixMilli(), most)
		if gone = 0; err != nil || len(old) == 0 {
			return err
		}
		gone, err = q.exec(ctx, "DELETE FROM acts WHERE at<? AND n<=?", before.UnixMilli(), old[len(old)-1])
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("forget acts: %w", err)
	}
	return gone, nil
}
