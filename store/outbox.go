package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Message is something that was decided to be said to somebody, kept until it was said.
type Message struct {
	Key   string        // names it: of two messages with one Key, in whatever lane, the second is dropped; at most 255 bytes
	Lane  string        // messages of one lane are said one after another
	Body  []byte        // what is said, and where
	Age   time.Duration // since it was decided; Post does not read it
	Tries int           // how often saying it was begun: unless zero it may have been said already; Post does not read it
}

const outboxPrefix = "outbox/"

// Outbox names the claim under which the messages of a lane are sent.
func Outbox(lane string) string { return outboxPrefix + lane }

// Post keeps a message that follows from no letter; answers to letters are given to Finish. It is durable when Post returns.
// A message of its Key that was kept before, within the last 8 days, stays as it is.
func (s *Store) Post(ctx context.Context, m Message) error {
	err := s.transact(ctx, func(q session) error { return addMessage(ctx, q, m) })
	if err != nil {
		return fmt.Errorf("post message %s: %w", m.Key, err)
	}
	return nil
}

func addMessage(ctx context.Context, q session, m Message) error {
	if m.Key == "" {
		return errors.New("a message needs a key")
	}
	n, err := nextNumber(ctx, q, "outbox")
	if err != nil {
		return err
	}
	var there int
	if err := q.row(ctx, "SELECT COUNT(*) FROM outbox WHERE message_key=?", m.Key).Scan(&there); err != nil || there > 0 {
		return err
	}
	body := m.Body
	if body == nil {
		body = []byte{}
	}
	_, err = q.exec(ctx, "INSERT INTO outbox (message_key, n, lane, body, decided) VALUES (?, ?, ?, ?, {now})", m.Key, n, m.Lane, body)
	return err
}

// Unsent lists the lanes with messages that were not sent, that with the oldest message first.
func (s *Store) Unsent(ctx context.Context) ([]string, error) {
	lanes, err := collect(ctx, s.reader(), only[string], "SELECT lane FROM outbox WHERE finished=0 GROUP BY lane ORDER BY MIN(n)")
	if err != nil {
		return nil, fmt.Errorf("read lanes of outbox: %w", err)
	}
	return lanes, nil
}

// Messages reads the messages of a lane that were not sent, in the order in which they were decided.
func (s *Store) Messages(ctx context.Context, lane string) ([]Message, error) {
	messages, err := collect(ctx, s.reader(), func(row scanner) (m Message, err error) {
		var age int64
		err = row.Scan(&m.Key, &m.Lane, &m.Body, &age, &m.Tries)
		m.Age = time.Duration(age) * time.Millisecond
		return m, err
	}, "SELECT message_key, lane, body, {now}-decided, tries FROM outbox WHERE finished=0 AND lane=? ORDER BY n", lane)
	if err != nil {
		return nil, fmt.Errorf("read messages of lane %s: %w", lane, err)
	}
	return messages, nil
}

// Try notes that saying a message begins: from now on it may have been said. c is the claim of its Outbox; it is ErrFenced
// when somebody else has it.
func (s *Store) Try(ctx context.Context, c *Claim, key string) error {
	return s.outbox(ctx, c, "try", key, "UPDATE outbox SET tries=tries+1 WHERE message_key=? AND lane=?")
}

// Sent says that a message was said, or never will be: its body is dropped, its Key is remembered for 8 days. c is the claim
// of its Outbox; it is ErrFenced when somebody else has it.
func (s *Store) Sent(ctx context.Context, c *Claim, key string) error {
	return s.outbox(ctx, c, "finish", key, "UPDATE outbox SET finished={now}, body='' WHERE message_key=? AND lane=?")
}

func (s *Store) outbox(ctx context.Context, c *Claim, what, key, change string) error {
	lane, ok := strings.CutPrefix(c.Name, outboxPrefix)
	if !ok {
		return fmt.Errorf("%s message %s: the claim is of %s", what, key, c.Name)
	}
	err := s.fenced(ctx, c, func(q session) error {
		if _, err := q.exec(ctx, change, key, lane); err != nil {
			return err
		}
		_, err := q.exec(ctx, "DELETE FROM outbox WHERE finished>0 AND finished<{now}-?", keysKept.Milliseconds())
		return err
	})
	if err != nil {
		return fmt.Errorf("%s message %s: %w", what, key, err)
	}
	return nil
}
