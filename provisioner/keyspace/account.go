package keyspace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"qabot/store"
)

// rules are what an environment's account may do, as ACL SETUSER takes them, without the password.
//
// Out of bounds are the dangerous commands but INFO, which Sidekiq needs, and what reaches over into another number or
// concerns everybody. Where the server cannot bind an account to a number, SELECT is allowed for that one alone; every
// connection begins in 0 all the same.
func (s *Server) rules(w way, id store.ID, n int) []string {
	rules := []string{"reset", "on"}
	if w.numbers {
		rules = append(rules, "~*", "&*")
	} else {
		rules = append(rules, "~"+pattern(Name(id)), "&"+pattern(Name(id)))
	}
	rules = append(rules, "+@all", "-@admin", "-@dangerous", "+info", "-move", "-copy", "-function", "-script|flush", "-script|kill")
	switch {
	case w.confined:
		rules = append(rules, "resetdbs", fmt.Sprintf("db=%d", n), "+flushdb", "+keys")
	default:
		rules = append(rules, "-select", fmt.Sprintf("+select|%d", n))
	}
	if !w.numbers {
		rules = append(rules, "-randomkey", "-flushdb", "-keys")
	}
	return rules
}

// corner is the number in which the environment's keys lie.
func (s *Server) corner(w way, number int) int {
	if w.numbers {
		return number
	}
	return s.db
}

func digest(password string) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}

// account makes the account, or mends the one that is there, and proves it. Its password is sent as a digest alone.
func (s *Server) account(ctx context.Context, c *store.Claim, w way, number int, password string) (rules string, err error) {
	n := s.corner(w, number)
	list := s.rules(w, c.ID, n)
	command := []any{"ACL", "SETUSER", Name(c.ID)}
	for _, rule := range list {
		command = append(command, rule)
	}
	if err := c.Check(); err != nil {
		return "", err
	}
	if err := s.client.Do(ctx, append(command, "#"+digest(password))...).Err(); err != nil {
		return "", fmt.Errorf("make account %s: %w", Name(c.ID), err)
	}
	if err := s.prove(ctx, c.ID, w, n, password); err != nil {
		return "", s.hide(err, password)
	}
	return strings.Join(list, " "), nil
}

// prove logs in as the account: it must reach its own corner and nothing beside it. It only reads.
func (s *Server) prove(ctx context.Context, id store.ID, w way, n int, password string) error {
	own, beyond := markerOf(Name(id)), Name(id)+"x:"+marker
	if w.numbers {
		own = marker
	}
	as := func(number int) *redis.Client {
		o := *s.options
		o.Username, o.Password, o.DB, o.PoolSize = Name(id), password, number, 1
		return redis.NewClient(&o)
	}
	client := as(n)
	defer client.Close()
	if err := client.HGetAll(ctx, own).Err(); err != nil {
		return fmt.Errorf("prove that account %s reaches its own corner: %w", Name(id), err)
	}
	reached := func(what string, err error) error {
		switch {
		case redis.HasErrorPrefix(err, "NOPERM"):
			return nil
		case err != nil && !refused(err) && !errors.Is(err, redis.Nil):
			return fmt.Errorf("prove that account %s reaches nothing else: %w", Name(id), err)
		}
		return store.NewProblem(fmt.Errorf("account %s reaches %s", Name(id), what), store.KeyspaceUnisolated, Name(id))
	}
	if !w.numbers {
		if err := reached("keys of others", client.HGetAll(ctx, beyond).Err()); err != nil {
			return err
		}
	}
	others := []int{n + 1}
	if n > 1 {
		others[0] = n - 1
	}
	if w.confined && n > 0 {
		others = append(others, 0) // where every connection begins
	}
	for _, other := range others {
		outside := as(other)
		err := reached(fmt.Sprintf("number %d", other), outside.HGetAll(ctx, own).Err())
		outside.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// dropAccount ends the account and its connections.
func (s *Server) dropAccount(ctx context.Context, c *store.Claim) error {
	if err := c.Check(); err != nil {
		return err
	}
	if err := s.client.Do(ctx, "ACL", "DELUSER", Name(c.ID)).Err(); err != nil {
		return fmt.Errorf("take away account %s: %w", Name(c.ID), err)
	}
	return nil
}

// accounts tells which environments' accounts are there and take that password. A server that was started anew has
// forgotten them.
func (s *Server) accounts(ctx context.Context, passwords map[store.ID]string) (map[store.ID]bool, error) {
	there := map[store.ID]bool{}
	answers := map[store.ID]*redis.Cmd{}
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for id := range passwords {
			answers[id] = p.Do(ctx, "ACL", "GETUSER", Name(id))
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	for id, answer := range answers {
		fields, err := answer.Slice()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read account %s: %w", Name(id), err)
		}
		there[id] = slices.Contains(listOf(fields, "flags"), "on") && slices.Equal(listOf(fields, "passwords"), []string{digest(passwords[id])})
	}
	return there, nil
}

// listOf is a list among the names and values of an answer.
func listOf(fields []any, name string) (list []string) {
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i] == name {
			values, _ := fields[i+1].([]any)
			for _, v := range values {
				list = append(list, fmt.Sprint(v))
			}
		}
	}
	return list
}
