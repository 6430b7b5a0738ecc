package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

const environmentPrefix = "env/"

// errNoEnvironment guards against a claim of another name where one of an environment is needed.
var errNoEnvironment = errors.New("the claim is not of an environment")

// place is where the claim's row lies.
func (c *Claim) place() (table, column, key string) {
	if id, ok := strings.CutPrefix(c.Name, environmentPrefix); ok {
		return "environments", "id", id
	}
	return "names", "name", c.Name
}

// fenced runs do in a transaction that first locks the claim's row and proves that the claim is still ours.
func (s *Store) fenced(ctx context.Context, c *Claim, do func(session) error) error {
	table, column, key := c.place()
	prove := "UPDATE " + table + " SET writes=writes+1 WHERE " + column + "=? AND fence=? AND lease_until>={now}"
	return s.transact(ctx, func(q session) error {
		n, err := q.exec(ctx, prove, key, c.Fence)
		if err != nil {
			return fmt.Errorf("prove claim: %w", err)
		}
		if n == 0 {
			return ErrFenced
		}
		return do(q)
	})
}

// Renew makes the claim last from now on. It is ErrFenced when somebody else may have it: stop at once. It is ErrChanged
// when the environment's wish is newer than the claim: the claim is renewed all the same. After any other error the answer
// is unknown, and the claim's own deadline runs on.
func (s *Store) Renew(ctx context.Context, c *Claim) error {
	sent := now()
	table, column, key := c.place()
	renew := "UPDATE " + table + " SET lease_until={now}+?, writes=writes+1 WHERE " + column + "=? AND fence=? AND lease_until>={now}"
	changed := false
	err := s.transact(ctx, func(q session) error {
		n, err := q.exec(ctx, renew, s.lease.Milliseconds(), key, c.Fence)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrFenced
		}
		if c.ID == "" {
			return nil
		}
		var text []byte
		if err := q.row(ctx, "SELECT spec FROM environments WHERE id=?", c.ID).Scan(&text); err != nil {
			return err
		}
		spec, err := fromJSON[Spec](text)
		changed = spec.Version != c.Spec.Version
		return err
	})
	switch {
	case errors.Is(err, ErrFenced):
		c.trust.end()
		return ErrFenced
	case err != nil:
		return fmt.Errorf("renew %s: %w", c.Name, err)
	}
	c.trust.extend(sent)
	if changed {
		return ErrChanged
	}
	return nil
}

// ClaimName claims any name but an environment's: "sweep", "narrate/<id>". It is nil when somebody else has it.
func (s *Store) ClaimName(ctx context.Context, name, owner string) (*Claim, error) {
	if strings.HasPrefix(name, environmentPrefix) {
		return nil, fmt.Errorf("claim %s: environments are claimed by Claim", name)
	}
	c := &Claim{Name: name, Owner: owner, trust: newTrust(now(), s.guard)}
	taken := false
	err := s.transact(ctx, func(q session) error {
		taken, c.Fence = false, 0
		n, err := q.exec(ctx, "UPDATE names SET owner=?, fence=fence+1, lease_until={now}+? WHERE name=? AND lease_until<{now}",
			owner, s.lease.Milliseconds(), name)
		if err != nil {
			return err
		}
		err = q.row(ctx, "SELECT fence FROM names WHERE name=?", name).Scan(&c.Fence)
		if errors.Is(err, sql.ErrNoRows) {
			c.Fence = 1
			_, err = q.exec(ctx, "INSERT INTO names (name, owner, fence, lease_until) VALUES (?, ?, 1, {now}+?)", name, owner, s.lease.Milliseconds())
			return err
		}
		taken = n == 0
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim %s: %w", name, err)
	}
	if taken {
		return nil, nil
	}
	return c, nil
}

// Release gives a claim back. An environment stays as due as it was; Settle is the way to say when to look again. It is
// ErrFenced when somebody else has the claim meanwhile.
func (s *Store) Release(ctx context.Context, c *Claim) error {
	c.trust.end()
	table, column, key := c.place()
	release := "UPDATE " + table + " SET owner='', lease_until=0, writes=writes+1 WHERE " + column + "=? AND fence=?"
	err := s.transact(ctx, func(q session) error {
		n, err := q.exec(ctx, release, key, c.Fence)
		if err == nil && n == 0 {
			err = ErrFenced
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("release %s: %w", c.Name, err)
	}
	return nil
}
