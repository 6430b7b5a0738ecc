package store

import (
	"context"
	"fmt"
	"time"
)

// Due lists environments that wait for a worker, those that have waited longest first.
func (s *Store) Due(ctx context.Context, limit int) ([]ID, error) {
	ids, err := collect(ctx, s.reader(), only[ID],
		"SELECT id FROM environments WHERE next_at<={now} AND lease_until<{now} ORDER BY next_at, id LIMIT ?", limit)
	if err != nil {
		return nil, fmt.Errorf("read due environments: %w", err)
	}
	return ids, nil
}

// Claim claims an environment for one pass. It is nil when the environment is not due, or somebody else has it, or there is
// no such environment. After an error the claim may or may not have been made; nobody trusts it, and it runs out by itself.
func (s *Store) Claim(ctx context.Context, id ID, owner string) (*Claim, error) {
	c := &Claim{Name: environmentPrefix + string(id), Owner: owner, trust: newTrust(now(), s.guard)}
	got := false
	err := s.transact(ctx, func(q session) error {
		n, err := q.exec(ctx, "UPDATE environments SET owner=?, fence=fence+1, lease_until={now}+? WHERE id=? AND lease_until<{now} AND next_at<={now}",
			owner, s.lease.Milliseconds(), id)
		if got = n > 0; err != nil || !got {
			return err
		}
		if err := q.row(ctx, "SELECT fence, wishes, {now} FROM environments WHERE id=?", id).Scan(&c.Fence, &c.wishes, &c.made); err != nil {
			return err
		}
		c.Environment, err = get(ctx, q, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim %s: %w", id, err)
	}
	if !got {
		return nil, nil
	}
	return c, nil
}

// removalPace is the longest that an environment goes unvisited while something is there that nobody wants any more.
const removalPace = time.Minute

// Settle writes what the pass saw, says when to look again, and ends the claim. The environment stays due now when it was
// wished for or woken since the claim was made. It becomes due when its time is over (ExpiresAt), and when its data is no
// longer kept (KeepDataUntil), however late again is. One that was seen to rest gives its promise of connections back. It is ErrFenced when somebody else has the claim.
func (s *Store) Settle(ctx context.Context, c *Claim, st Status, again time.Duration) error {
	if c.ID == "" {
		return fmt.Errorf("settle %s: %w", c.Name, errNoEnvironment)
	}
	c.trust.end()
	gave := false
	err := s.transact(ctx, func(q session) error {
		n, err := q.exec(ctx, "UPDATE environments SET owner='', lease_until=0, writes=writes+1 WHERE id=? AND fence=?", c.ID, c.Fence)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrFenced
		}
		gave, err = s.settle(ctx, q, c, st, again)
		return err
	})
	if err != nil {
		return fmt.Errorf("settle %s: %w", c.Name, err)
	}
	if gave {
		s.wakeWaiting(ctx, c.ID)
	}
	return nil
}

// settle writes the outcome of a pass to the row, which is locked, and tells whether a promise was given back.
func (s *Store) settle(ctx context.Context, q session, c *Claim, st Status, again time.Duration) (gave bool, err error) {
	var specText, was []byte
	var wishes, idle, now int64
	err = q.row(ctx, "SELECT spec, status, wishes, idle_since, {now} FROM environments WHERE id=?", c.ID).Scan(&specText, &was, &wishes, &idle, &now)
	if err != nil {
		return false, err
	}
	text, changed, err := compare(was, st)
	if err != nil {
		return false, err
	}
	if rests(c.Spec, st, millis(now)) {
		if gave, err = giveBack(ctx, q, c.ID); err != nil {
			return false, err
		}
	}
	var next int64
	if wishes == c.wishes {
		spec, err := fromJSON[Spec](specText)
		if err != nil {
			return false, err
		}
		switch removed := spec.Gone(millis(now)) && all(st.Seen, Absent); {
		case !removed:
			idle = 0
		case idle == 0:
			idle = now
		}
		next = nextLook(spec, st.Seen, c.made, now, again)
	}
	_, err = q.exec(ctx, "UPDATE environments SET status=?, next_at=?, idle_since=?, changed=changed+? WHERE id=?", text, next, idle, changed, c.ID)
	return gave, err
}

// nextLook is when the environment is due again. All times are the database's, in milliseconds.
//
// What counts is whether a limit was still ahead when the claim was made, not whether it is now: the pass may have looked
// before the limit and settle after it. A worker whose own clock is behind may miss a limit that way too; removalPace
// catches that.
func nextLook(spec Spec, seen map[Kind]Observation, claimed, now int64, again time.Duration) int64 {
	next := now + max(0, again.Milliseconds())
	limit := func(t time.Time) {
		if ms := t.UnixMilli() + 1; !t.IsZero() && ms > claimed { // +1: not before it, by any rounding
			next = min(next, ms)
		}
	}
	limit(spec.ExpiresAt)
	if spec.Gone(millis(now)) {
		limit(spec.KeepDataUntil)
		if leftovers(spec, seen, millis(now)) {
			next = min(next, now+removalPace.Milliseconds())
		}
	}
	return next
}

// leftovers tells whether something unwanted is there still, or may be.
func leftovers(spec Spec, seen map[Kind]Observation, now time.Time) bool {
	for k, o := range seen {
		if o.State != Absent && !spec.Wants(k, now) {
			return true
		}
	}
	return len(seen) == 0
}

// compare gives the new value's JSON, and 1 when it differs from the old one's. A database may have changed the text, so it
// is the values that are compared.
func compare[T any](old []byte, v T) (text string, changed int, err error) {
	if text, err = asJSON(v); err != nil {
		return "", 0, err
	}
	was, err := fromJSON[T](old)
	if err != nil {
		return "", 0, err
	}
	before, err := asJSON(was)
	if before != text {
		changed = 1
	}
	return text, changed, err
}
