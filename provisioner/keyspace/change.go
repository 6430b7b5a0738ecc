package keyspace

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"qabot/store"
)

// Apply marks the namespace as the environment's and puts its address where tasks can be given it. Data of an older epoch
// is taken away first.
func (s *Server) Apply(ctx context.Context, c *store.Claim, _ store.Observation) error {
	return reach(s.apply(ctx, c))
}

func (s *Server) apply(ctx context.Context, c *store.Claim) error {
	name := Name(c.ID)
	mark, err := s.own(ctx, c)
	if err != nil {
		return err
	}
	if s.secret() {
		if err := s.keep(ctx, c); err != nil {
			return err
		}
	}
	if mark.there && mark.epoch == epoch(c.Environment) {
		return nil
	}
	if mark.there {
		if _, err := s.purge(ctx, c, name); err != nil {
			return fmt.Errorf("take away the keys of an older epoch of %s: %w", name, err)
		}
	}
	if err := c.Check(); err != nil {
		return err
	}
	err = s.client.HSet(ctx, markerOf(name), fieldInstallation, s.o.Installation, fieldEnvironment, string(c.ID),
		fieldEpoch, epoch(c.Environment), fieldMade, s.o.Now().UTC().Format(time.RFC3339)).Err()
	if err != nil {
		return fmt.Errorf("mark keyspace %s: %w", name, err)
	}
	return nil
}

// scans is how often Remove goes through the keys in one call.
const scans = 3

// Remove takes the environment's keys away until a whole scan finds none, then the address, then the marker. What does not
// fit into the context's time is done by the next call, which begins again. The tasks must be gone.
func (s *Server) Remove(ctx context.Context, c *store.Claim, _ store.Observation) error {
	return reach(s.remove(ctx, c))
}

func (s *Server) remove(ctx context.Context, c *store.Claim) error {
	name := Name(c.ID)
	if _, err := s.own(ctx, c); err != nil {
		return err
	}
	for n := range scans {
		found, err := s.purge(ctx, c, name)
		if err != nil {
			return fmt.Errorf("empty keyspace %s: %w", name, err)
		}
		if found == 0 {
			break
		}
		if n == scans-1 {
			return fmt.Errorf("empty keyspace %s: the last scan still found %d keys", name, found)
		}
	}
	if err := s.discard(ctx, c); err != nil {
		return err
	}
	if err := c.Check(); err != nil {
		return err
	}
	if err := s.client.Unlink(ctx, markerOf(name)).Err(); err != nil {
		return fmt.Errorf("take away the marker of %s: %w", name, err)
	}
	return nil
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

// keep puts the address into the Vault, in place of another one.
func (s *Server) keep(ctx context.Context, c *store.Claim) error {
	for range 2 {
		if err := c.Check(); err != nil {
			return err
		}
		kept, err := s.vault.Put(ctx, c, Parameter, s.address)
		if err != nil {
			return s.hide(fmt.Errorf("keep the address: %w", err))
		}
		if kept == s.address {
			return nil
		}
		if err := s.discard(ctx, c); err != nil {
			return err
		}
	}
	return errors.New("keep the address: the vault gives another one than was put")
}

func (s *Server) discard(ctx context.Context, c *store.Claim) error {
	if err := c.Check(); err != nil {
		return err
	}
	if err := s.vault.Delete(ctx, c, Parameter); err != nil {
		return fmt.Errorf("take away the address: %w", err)
	}
	return nil
}

// hide takes the password out of an error, as it is and as it stands in the address.
func (s *Server) hide(err error) error {
	escaped := strings.TrimPrefix(url.UserPassword("", s.password).String(), ":")
	text := strings.NewReplacer(s.address, "***", escaped, "***", s.password, "***").Replace(err.Error())
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
