package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Letter is something that arrived from outside and is kept before its arrival is acknowledged.
type Letter struct {
	Key    string // names it: of two letters with one Key, in whatever lane, the second is dropped; at most 255 bytes
	Lane   string // letters of one lane are worked off in order of arrival
	Source string // "slack", "github"
	Kind   string
	Body   []byte
	At     time.Time // arrival, by the database's clock; Receive does not read it
}

const lanePrefix = "lane/"

// Lane names the claim under which letters of a lane are worked off.
func Lane(lane string) string { return lanePrefix + lane }

// keysKept is how long a letter's Key is remembered after it was finished.
const keysKept = 8 * 24 * time.Hour

// Receive keeps a letter; it is durable when Receive returns. fresh is false when a letter of its Key came before, within the last 8 days.
func (s *Store) Receive(ctx context.Context, l Letter) (fresh bool, err error) {
	all, err := s.ReceiveAll(ctx, []Letter{l})
	return err == nil && all[0], err
}

// ReceiveAll is Receive for letters that came together, in one transaction: all are kept, in this order, or none.
func (s *Store) ReceiveAll(ctx context.Context, letters []Letter) (fresh []bool, err error) {
	for _, l := range letters {
		if l.Key == "" {
			return nil, errors.New("receive letter: it has no key")
		}
	}
	err = s.transact(ctx, func(q session) error {
		fresh = make([]bool, len(letters))
		for i, l := range letters {
			if fresh[i], err = addLetter(ctx, q, l); err != nil {
				return fmt.Errorf("%s: %w", l.Key, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("receive letter: %w", err)
	}
	return fresh, nil
}

func addLetter(ctx context.Context, q session, l Letter) (fresh bool, err error) {
	n, err := nextNumber(ctx, q, "letters")
	if err != nil {
		return false, err
	}
	var there int
	if err := q.row(ctx, "SELECT COUNT(*) FROM letters WHERE letter_key=?", l.Key).Scan(&there); err != nil || there > 0 {
		return false, err
	}
	body := l.Body
	if body == nil {
		body = []byte{}
	}
	_, err = q.exec(ctx, "INSERT INTO letters (letter_key, n, lane, source, kind, body, arrived) VALUES (?, ?, ?, ?, ?, ?, {now})",
		l.Key, n, l.Lane, l.Source, l.Kind, body)
	return err == nil, err
}

// nextNumber draws a number of a sequence. The counter's row stays locked until the transaction ends, so what is numbered
// becomes visible in the order of its numbers.
func nextNumber(ctx context.Context, q session, sequence string) (n int64, err error) {
	found, err := q.exec(ctx, "UPDATE counters SET n=n+1 WHERE name=?", sequence)
	if err != nil {
		return 0, err
	}
	if found == 0 {
		_, err := q.exec(ctx, "INSERT INTO counters (name, n) VALUES (?, 1)", sequence)
		return 1, err
	}
	return n, q.row(ctx, "SELECT n FROM counters WHERE name=?", sequence).Scan(&n)
}

// Lanes lists the lanes with unfinished letters, that with the oldest letter first.
func (s *Store) Lanes(ctx context.Context) ([]string, error) {
	lanes, err := collect(ctx, s.reader(), only[string], "SELECT lane FROM letters WHERE finished=0 GROUP BY lane ORDER BY MIN(n)")
	if err != nil {
		return nil, fmt.Errorf("read lanes: %w", err)
	}
	return lanes, nil
}

// Letters reads the unfinished letters of a lane in order of arrival.
func (s *Store) Letters(ctx context.Context, lane string) ([]Letter, error) {
	letters, err := collect(ctx, s.reader(), func(row scanner) (l Letter, err error) {
		var arrived int64
		err = row.Scan(&l.Key, &l.Lane, &l.Source, &l.Kind, &l.Body, &arrived)
		l.At = millis(arrived)
		return l, err
	}, "SELECT letter_key, lane, source, kind, body, arrived FROM letters WHERE finished=0 AND lane=? ORDER BY n", lane)
	if err != nil {
		return nil, fmt.Errorf("read letters of lane %s: %w", lane, err)
	}
	return letters, nil
}

// Finish says that a letter was worked off: its body is dropped, its Key is remembered for 8 days. answers are in the outbox
// when the letter is finished, and only then. c is the claim of its Lane; it is ErrFenced when somebody else has it.
func (s *Store) Finish(ctx context.Context, c *Claim, key string, answers ...Message) error {
	lane, ok := strings.CutPrefix(c.Name, lanePrefix)
	if !ok {
		return fmt.Errorf("finish letter %s: the claim is of %s", key, c.Name)
	}
	err := s.fenced(ctx, c, func(q session) error {
		if _, err := q.exec(ctx, "UPDATE letters SET finished={now}, body='' WHERE letter_key=? AND lane=?", key, lane); err != nil {
			return err
		}
		for _, m := range answers {
			if err := addMessage(ctx, q, m); err != nil {
				return err
			}
		}
		_, err := q.exec(ctx, "DELETE FROM letters WHERE finished>0 AND finished<{now}-?", keysKept.Milliseconds())
		return err
	})
	if err != nil {
		return fmt.Errorf("finish letter %s: %w", key, err)
	}
	return nil
}
