package keyspace

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/redis/go-redis/v9"

	"qabot/store"
)

// mark is what a marker says.
type mark struct {
	there       bool
	stranger    bool // it is there and not this environment's, or no marker at all
	kin         bool // it is this installation's
	environment string
	epoch       string
}

const (
	fieldInstallation = "installation"
	fieldEnvironment  = "environment"
	fieldEpoch        = "epoch"
	fieldMade         = "made"
)

func epoch(env store.Environment) string { return fmt.Sprint(env.Spec.Data.Epoch) }

// unfilled is the epoch in the marker of a number whose keys are still to come: no wish ever has it.
const unfilled = "unfilled"

// fields are a marker as it is written.
func (s *Server) fields(env store.Environment, epoch string) []any {
	return []any{fieldInstallation, s.o.Installation, fieldEnvironment, string(env.ID), fieldEpoch, epoch, fieldMade, s.o.Now().UTC().Format(time.RFC3339)}
}

// read tells whose a marker is.
func (s *Server) read(id store.ID, answer *redis.MapStringStringCmd) (mark, error) {
	fields, err := answer.Result()
	switch {
	case redis.HasErrorPrefix(err, "WRONGTYPE"):
		return mark{there: true, stranger: true}, nil
	case err != nil:
		return mark{}, fmt.Errorf("read marker of %s: %w", id, err)
	case len(fields) == 0:
		return mark{}, nil
	}
	m := mark{there: true, environment: fields[fieldEnvironment], epoch: fields[fieldEpoch], kin: fields[fieldInstallation] == s.o.Installation}
	m.stranger = !m.kin || m.environment != string(id)
	return m, nil
}

// marks reads the markers of prefixes.
func (s *Server) marks(ctx context.Context, envs []store.Environment) ([]mark, error) {
	answers := make([]*redis.MapStringStringCmd, len(envs))
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, env := range envs {
			answers[i] = p.HGetAll(ctx, markerOf(Name(env.ID)))
		}
		return nil
	})
	if err != nil && !redis.HasErrorPrefix(err, "WRONGTYPE") {
		return nil, fmt.Errorf("read markers: %w", err)
	}
	marks := make([]mark, len(envs))
	for i, answer := range answers {
		if marks[i], err = s.read(envs[i].ID, answer); err != nil {
			return nil, err
		}
	}
	return marks, nil
}

// number is what was seen of a number.
type number struct {
	mark
	n    int
	keys int64
}

// look reads the marker in a number, as that environment's, and counts what is there.
func (s *Server) look(ctx context.Context, n int, id store.ID) (number, error) {
	var answer *redis.MapStringStringCmd
	var size *redis.IntCmd
	_, err := s.number(n).Pipelined(ctx, func(p redis.Pipeliner) error {
		answer, size = p.HGetAll(ctx, marker), p.DBSize(ctx)
		return nil
	})
	if err != nil && !redis.HasErrorPrefix(err, "WRONGTYPE") {
		return number{}, fmt.Errorf("look into number %d: %w", n, err)
	}
	m, err := s.read(id, answer)
	return number{mark: m, n: n, keys: size.Val()}, err
}

// usable tells whether the environment may have the number: it bears its marker, or nothing is in it. What was marked as its
// own and bears no marker now was emptied by the application itself.
func (d number) usable(m memo) bool {
	return d.there && !d.stranger || !d.there && (d.keys == 0 || m.Number == d.n)
}

// pool gives the numbers that environments may have.
func (s *Server) pool() iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := max(s.o.First, 1); n <= s.o.Last; n++ {
			if n != s.db && !yield(n) {
				return
			}
		}
	}
}

// candidates are the numbers that the environment could have: the one that it has, else those where nothing is. others are
// those in which somebody else's keys lie.
func (s *Server) candidates(ctx context.Context, env store.Environment) (free, others []int, err error) {
	m, _ := memoOf(env)
	if n := env.Allotted[Kind]; n != 0 && n != s.db {
		d, err := s.look(ctx, n, env.ID)
		if err != nil {
			return nil, nil, err
		}
		if d.usable(m) {
			return []int{n}, nil, nil
		}
	}
	for n := range s.pool() {
		d, err := s.look(ctx, n, env.ID)
		switch {
		case err != nil:
			return nil, nil, err
		case d.usable(m):
			free = append(free, n)
		case !d.kin:
			others = append(others, n)
		}
	}
	return free, others, nil
}

// errTaken says that a number is not the environment's, or not any more.
var errTaken = errors.New("its marker is not this environment's")

// claim puts the environment's marker into a number, unless something of others came meanwhile: look and mark are one step.
func (s *Server) claim(ctx context.Context, c *store.Claim, n int, m memo, epoch string) error {
	return s.alone(ctx, c, n, func(d number) bool { return d.usable(m) }, func(p redis.Pipeliner) {
		p.HSet(ctx, marker, s.fields(c.Environment, epoch)...)
	})
}

// flush empties a number that bears the environment's marker, and puts the marker back, with that epoch unless it is empty. It is the only FLUSHDB there is:
// look and flush are one step, and the number is the connection's own.
func (s *Server) flush(ctx context.Context, c *store.Claim, n int, again string) error {
	if n == 0 || n == s.db || n != c.Allotted[Kind] {
		return fmt.Errorf("empty number %d: it is not leased to %s", n, c.ID)
	}
	return s.alone(ctx, c, n, func(d number) bool { return d.there && !d.stranger }, func(p redis.Pipeliner) {
		p.FlushDBAsync(ctx)
		if again != "" {
			p.HSet(ctx, marker, s.fields(c.Environment, again)...)
		}
	})
}

// alone changes a number in one step with a look that allows it.
func (s *Server) alone(ctx context.Context, c *store.Claim, n int, allowed func(number) bool, change func(redis.Pipeliner)) error {
	err := s.number(n).Watch(ctx, func(tx *redis.Tx) error {
		m, err := s.read(c.ID, tx.HGetAll(ctx, marker))
		if err != nil {
			return err
		}
		size, err := tx.DBSize(ctx).Result()
		if err != nil {
			return err
		}
		if !allowed(number{mark: m, n: n, keys: size}) {
			return errTaken
		}
		if err := c.Check(); err != nil {
			return err
		}
		_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error { change(p); return nil })
		return err
	}, marker)
	if err != nil {
		return fmt.Errorf("change number %d: %w", n, err)
	}
	return nil
}
