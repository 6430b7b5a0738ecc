package keyspace

import (
	"context"
	"fmt"

	"qabot/store"
)

// Remove ends the account, empties the environment's number or takes its keys away until a whole walk finds none, then the
// address, the marker, and last what was noted. What does not fit into the context's time is gone on with by the next call.
// The tasks must be gone.
func (s *Server) Remove(ctx context.Context, c *store.Claim, _ store.Observation) error {
	return reach(s.remove(ctx, c))
}

func (s *Server) remove(ctx context.Context, c *store.Claim) error {
	m, noted := memoOf(c.Environment)
	if m.Account {
		if err := s.dropAccount(ctx, c); err != nil {
			return err
		}
	}
	if !noted {
		if err := s.adopt(ctx, c); err != nil {
			return err
		}
	}
	if err := s.giveBack(ctx, c, m); err != nil {
		return err
	}
	if proven, err := s.removePrefix(ctx, c, &m, noted); err != nil || !proven {
		return err
	}
	if err := s.discard(ctx, c); err != nil {
		return err
	}
	if !noted {
		return nil
	}
	return s.forget(ctx, c)
}

// adopt takes over what bears this environment's marks and of which nothing is noted, such as after its row was lost: the
// account of its name, and the number, unless it is leased to somebody else.
func (s *Server) adopt(ctx context.Context, c *store.Claim) error {
	lost, err := s.lostNumbers(ctx, []store.Environment{c.Environment})
	if err != nil {
		return err
	}
	n := lost[c.ID]
	marks, err := s.marks(ctx, []store.Environment{c.Environment})
	if err != nil {
		return err
	}
	if n == 0 && (!marks[0].there || marks[0].stranger) {
		return nil
	}
	if err := s.dropAccount(ctx, c); err != nil && !refused(err) {
		return err
	}
	if n == 0 {
		return nil
	}
	if err := c.Check(); err != nil {
		return err
	}
	if _, err := s.notes.Allot(ctx, c, Kind, leases, []int{n}); err != nil {
		return fmt.Errorf("lease number %d to empty it: %w", n, err)
	}
	c.Allotted = allotted(c.Allotted, n)
	return nil
}

// giveBack empties the environment's number.
func (s *Server) giveBack(ctx context.Context, c *store.Claim, m memo) error {
	n := c.Allotted[Kind]
	if n == 0 || n == s.db {
		return nil
	}
	d, err := s.look(ctx, n, c.ID)
	if err != nil {
		return err
	}
	if !d.there && d.keys > 0 && m.Number == n {
		// The application has emptied its number, our marker with it, and gone on.
		if err := s.claim(ctx, c, n, m, epoch(c.Environment)); err != nil {
			return err
		}
		d.there = true
	}
	if !d.there || d.stranger {
		return nil
	}
	if err := s.flush(ctx, c, n, ""); err != nil {
		return err
	}
	left, err := s.number(n).DBSize(ctx).Result()
	if err == nil && left > 0 {
		err = fmt.Errorf("%d keys came since", left)
	}
	if err != nil {
		return fmt.Errorf("prove that number %d is empty: %w", n, err)
	}
	return nil
}

// removePrefix takes away the keys with the environment's prefix, and the marker.
func (s *Server) removePrefix(ctx context.Context, c *store.Claim, m *memo, noted bool) (proven bool, err error) {
	if noted && !m.Prefix {
		mark, err := s.marks(ctx, []store.Environment{c.Environment})
		if err != nil || !mark[0].there || mark[0].stranger {
			return err == nil, err
		}
	}
	if _, err := s.own(ctx, c); err != nil {
		return false, err
	}
	if proven, err = s.empty(ctx, c, m); err != nil || !proven {
		return false, err
	}
	if err := c.Check(); err != nil {
		return false, err
	}
	if err := s.client.Unlink(ctx, markerOf(Name(c.ID))).Err(); err != nil {
		return false, fmt.Errorf("take away the marker of %s: %w", Name(c.ID), err)
	}
	return true, nil
}
