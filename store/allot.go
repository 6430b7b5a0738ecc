package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// Allot gives the environment a number of the pool for its resource k, and the same one each time it is asked. Two
// environments never have the same number of a pool.
//
// A new number is the first candidate that nobody has. When all are taken it is the one of an environment that nobody
// wants, that was seen to be gone, and that has been so for longest. When there is none: ErrExhausted. It is ErrFenced when
// somebody else has the claim.
func (s *Store) Allot(ctx context.Context, c *Claim, k Kind, pool string, candidates []int) (int, error) {
	var number int
	err := s.onEnvironment(ctx, c, "allot "+pool, func(q session) error {
		var held string
		err := q.row(ctx, "SELECT pool, value FROM allotments WHERE environment=? AND kind=?", c.ID, k).Scan(&held, &number)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err == nil && held == pool && slices.Contains(candidates, number) {
			return nil
		}
		if number, err = take(ctx, q, pool, candidates); err != nil {
			return err
		}
		if _, err := q.exec(ctx, "DELETE FROM allotments WHERE environment=? AND kind=?", c.ID, k); err != nil {
			return err
		}
		_, err = q.exec(ctx, "INSERT INTO allotments (environment, kind, pool, value) VALUES (?, ?, ?, ?)", c.ID, k, pool, number)
		return err
	})
	if err != nil {
		return 0, err
	}
	return number, nil
}

// Offer tells which number Allot would give an environment now, and gives none.
func (s *Store) Offer(ctx context.Context, id ID, k Kind, pool string, candidates []int) (int, error) {
	q := s.reader()
	var held string
	var number int
	err := q.row(ctx, "SELECT pool, value FROM allotments WHERE environment=? AND kind=?", id, k).Scan(&held, &number)
	if err == nil && held == pool && slices.Contains(candidates, number) {
		return number, nil
	}
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		var numbers []holding
		if numbers, err = free(ctx, q, pool, candidates); err == nil {
			return numbers[0].number, nil
		}
	}
	return 0, fmt.Errorf("offer %s to %s: %w", pool, id, err)
}

// holding is a number, and who has it without needing it; nobody when holder is empty.
type holding struct {
	number int
	holder ID
}

// free lists numbers that may be given away, in the order in which they ought to be: the first that nobody has, else those
// of environments that are gone. When there is none: ErrExhausted.
func free(ctx context.Context, q session, pool string, candidates []int) ([]holding, error) {
	taken, err := collect(ctx, q, only[int], "SELECT value FROM allotments WHERE pool=?", pool)
	if err != nil {
		return nil, err
	}
	for _, number := range candidates {
		if !slices.Contains(taken, number) {
			return []holding{{number: number}}, nil
		}
	}
	idle, err := collect(ctx, q, func(row scanner) (h holding, err error) { return h, row.Scan(&h.number, &h.holder) },
		`SELECT a.value, a.environment FROM allotments a JOIN environments e ON e.id=a.environment
		WHERE a.pool=? AND e.idle_since>0 AND e.lease_until<{now} ORDER BY e.idle_since, a.value`, pool)
	if err != nil {
		return nil, err
	}
	idle = slices.DeleteFunc(idle, func(h holding) bool { return !slices.Contains(candidates, h.number) })
	if len(idle) == 0 {
		return nil, ErrExhausted
	}
	return idle, nil
}

// take finds a number nobody has, or takes one from an environment that is gone.
func take(ctx context.Context, q session, pool string, candidates []int) (int, error) {
	numbers, err := free(ctx, q, pool, candidates)
	if err != nil {
		return 0, err
	}
	for _, h := range numbers {
		if h.holder == "" {
			return h.number, nil
		}
		// Its row is locked and looked at again: it may be wanted or at work since.
		n, err := q.exec(ctx, "UPDATE environments SET writes=writes+1 WHERE id=? AND idle_since>0 AND lease_until<{now}", h.holder)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			continue
		}
		_, err = q.exec(ctx, "DELETE FROM allotments WHERE pool=? AND value=?", pool, h.number)
		return h.number, err
	}
	return 0, ErrExhausted
}

// Holder is an environment that has a number of a pool.
type Holder struct {
	Number      int
	ID          ID
	App, Branch string
	Idle        bool // nobody wants it and it was seen to be gone: the number is free to be given away
}

// Holders lists who has the numbers of a pool, by number.
func (s *Store) Holders(ctx context.Context, pool string) ([]Holder, error) {
	holders, err := collect(ctx, s.reader(), func(row scanner) (h Holder, err error) {
		var text []byte
		if err := row.Scan(&h.Number, &h.ID, &text, &h.Idle); err != nil {
			return h, err
		}
		spec, err := fromJSON[Spec](text)
		h.App, h.Branch = spec.App, spec.Branch
		return h, err
	}, `SELECT a.value, e.id, e.spec, e.idle_since>0 FROM allotments a JOIN environments e ON e.id=a.environment
		WHERE a.pool=? ORDER BY a.value`, pool)
	if err != nil {
		return nil, fmt.Errorf("read who has numbers of %s: %w", pool, err)
	}
	return holders, nil
}
