package keyspace

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"qabot/store"
)

// Apply gives the environment its corner, marks it, makes the account and puts the address where tasks can be given it. Data
// of an older epoch is taken away first.
func (s *Server) Apply(ctx context.Context, c *store.Claim, _ store.Observation) error {
	return reach(s.apply(ctx, c))
}

func (s *Server) apply(ctx context.Context, c *store.Claim) error {
	w, err := s.way(ctx)
	if err != nil {
		return err
	}
	if err := s.fit(w); err != nil {
		return err
	}
	m, _ := memoOf(c.Environment)
	var mark mark
	if !w.numbers {
		if mark, err = s.own(ctx, c); err != nil {
			return err
		}
	}
	if !w.numbers && !m.Prefix || w.accounts && !m.Account {
		m.Prefix, m.Account = m.Prefix || !w.numbers, m.Account || w.accounts // the intent
		if err := s.note(ctx, c, m, false); err != nil {
			return err
		}
	}
	number := 0
	if w.numbers {
		if number, err = s.lease(ctx, c, w, &m); err != nil {
			return err
		}
	} else if over, err := s.prefix(ctx, c, w, &m, mark); err != nil || !over {
		return err
	}
	m.Walk, m.Epoch = nil, epoch(c.Environment)
	if !s.secret(w) {
		return s.note(ctx, c, m, true)
	}
	password, err := s.keep(ctx, c, w, number)
	if err != nil {
		return err
	}
	if w.accounts {
		if m.Rules, err = s.account(ctx, c, w, number, password); err != nil {
			return s.without(ctx, c, m, err)
		}
	}
	return s.note(ctx, c, m, true)
}

// fit is a Problem where the configuration asks for what the server has not.
func (s *Server) fit(w way) error {
	switch {
	case s.o.Mode == Database && !w.numbers:
		return store.NewProblem(errors.New(w.noNumbers), store.KeyspaceRefused, "redis.mode: database")
	case s.o.Account == Own && !w.accounts:
		return store.NewProblem(errors.New(w.noAccounts), store.KeyspaceRefused, "redis.account: own")
	}
	return nil
}

// without goes on without accounts where the server makes none, although it seemed to; the next pass does the rest.
func (s *Server) without(ctx context.Context, c *store.Claim, m memo, err error) error {
	var problem *store.Problem
	if errors.As(err, &problem) || !refused(err) || s.o.Account == Own {
		return err
	}
	s.o.Log.Warn("the server makes no accounts", "error", err)
	s.lose("the server refused to make one")
	m.Account = false
	return s.note(ctx, c, m, false)
}

// lease gives the environment a number and marks it.
func (s *Server) lease(ctx context.Context, c *store.Claim, w way, m *memo) (int, error) {
	free, others, err := s.candidates(ctx, c.Environment)
	if err != nil {
		return 0, err
	}
	if err := c.Check(); err != nil {
		return 0, err
	}
	n, err := s.notes.Allot(ctx, c, Kind, leases, free)
	if errors.Is(err, store.ErrExhausted) {
		detail, err2 := s.full(ctx, c.ID, others)
		return 0, errors.Join(err2, &store.Problem{Detail: detail, Cause: err})
	}
	if err != nil {
		return 0, fmt.Errorf("lease a number: %w", err)
	}
	c.Allotted = allotted(c.Allotted, n)
	d, err := s.look(ctx, n, c.ID)
	if err != nil {
		return 0, err
	}
	if err := s.settle(ctx, c, w, d, *m); err != nil || m.Number == n {
		return n, err
	}
	m.Number = n
	return n, s.note(ctx, c, *m, false)
}

// settle makes a number the environment's, with the data of its epoch.
func (s *Server) settle(ctx context.Context, c *store.Claim, w way, d number, m memo) error {
	ours := d.there && !d.stranger
	if ours && d.epoch == epoch(c.Environment) {
		return nil
	}
	l, err := s.luggage(ctx, c, m)
	if err != nil {
		return err
	}
	until := epoch(c.Environment)
	if len(l.keys) > 0 {
		until = unfilled
	}
	if ours {
		err = s.flush(ctx, c, d.n, until)
	} else {
		err = s.claim(ctx, c, d.n, m, until)
	}
	if err != nil {
		return err
	}
	if err := s.unpack(ctx, c, w, l); err != nil || until == epoch(c.Environment) {
		return err
	}
	return s.within(ctx, c, s.home(w, c.Environment), func(p redis.Pipeliner) {
		p.HSet(ctx, marker, s.fields(c.Environment, epoch(c.Environment))...)
	})
}

// allotted is what an environment has of numbers with this one; others may read the map as it was.
func allotted(numbers map[store.Kind]int, n int) map[store.Kind]int {
	if numbers = maps.Clone(numbers); numbers == nil {
		numbers = map[store.Kind]int{}
	}
	numbers[Kind] = n
	return numbers
}

// full says who has the numbers.
func (s *Server) full(ctx context.Context, id store.ID, others []int) (store.Detail, error) {
	holders, err := s.notes.Holders(ctx, leases)
	if err != nil {
		return store.Detail{}, fmt.Errorf("ask who has the numbers: %w", err)
	}
	var names []string
	for _, h := range holders {
		if h.ID == id || h.Idle || h.Number < s.o.First || h.Number > s.o.Last {
			continue
		}
		names = append(names, fmt.Sprintf("%d %s", h.Number, h.Branch))
		others = slices.DeleteFunc(others, func(n int) bool { return n == h.Number })
	}
	if len(names) == 0 {
		names = []string{"–"}
	}
	if len(others) == 0 {
		return store.Say(store.KeyspaceFull, s.o.First, s.o.Last, strings.Join(names, ", ")), nil
	}
	rest := make([]string, len(others))
	for i, n := range others {
		rest[i] = strconv.Itoa(n)
	}
	return store.Say(store.KeyspaceCrowded, s.o.First, s.o.Last, strings.Join(names, ", "), strings.Join(rest, ", ")), nil
}

// prefix marks the namespace as the environment's; over is false while keys of an older epoch are taken away.
func (s *Server) prefix(ctx context.Context, c *store.Claim, w way, m *memo, mark mark) (over bool, err error) {
	if mark.there && mark.epoch == epoch(c.Environment) {
		return true, nil
	}
	l, err := s.luggage(ctx, c, *m)
	if err != nil {
		return false, err
	}
	if mark.there {
		over, err := s.walkOn(ctx, c, m, "epoch "+epoch(c.Environment))
		if err != nil {
			return false, fmt.Errorf("take away the keys of an older epoch of %s: %w", Name(c.ID), err)
		}
		if !over {
			return false, nil
		}
	}
	if err := s.unpack(ctx, c, w, l); err != nil {
		return false, err
	}
	if err := c.Check(); err != nil {
		return false, err
	}
	if err := s.client.HSet(ctx, markerOf(Name(c.ID)), s.fields(c.Environment, epoch(c.Environment))...).Err(); err != nil {
		return false, fmt.Errorf("mark keyspace %s: %w", Name(c.ID), err)
	}
	return true, nil
}

// own reads the marker anew and refuses a namespace that is not ours.
func (s *Server) own(ctx context.Context, c *store.Claim) (mark, error) {
	marks, err := s.marks(ctx, []store.Environment{c.Environment})
	if err != nil {
		return mark{}, err
	}
	if marks[0].stranger {
		return mark{}, store.NewProblem(errors.New("its marker is not ours"), store.Foreign, "keyspace", Name(c.ID))
	}
	return marks[0], nil
}
