package keyspace

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"qabot/store"
)

// Parameter is the name under which an environment's REDIS_URL lies in the Vault, where it has a password.
const Parameter = "REDIS_URL"

// Where is host:port of the server as tasks see it.
func (s *Server) Where() string {
	return net.JoinHostPort(s.url.Hostname(), cmp.Or(s.url.Port(), usualPort))
}

// usualPort is what an address without one means.
const usualPort = "6379"

// Environ is what an environment's tasks need: plain values, and references to secret ones.
func (s *Server) Environ(env store.Environment) (plain, secret map[string]string) {
	plain, secret = map[string]string{"REDIS_NAMESPACE": Name(env.ID)}, map[string]string{}
	w := s.wayAtHand()
	if s.secret(w) {
		secret[Parameter] = s.vault.Ref(env.ID, Parameter)
	} else {
		plain[Parameter] = s.address(w, env.ID, env.Allotted[Kind], "")
	}
	return plain, secret
}

// secret tells whether addresses have a password in them.
func (s *Server) secret(w way) bool { return w.accounts || s.password != "" }

// address is an environment's REDIS_URL, with that password where it has an account of its own.
func (s *Server) address(w way, id store.ID, number int, password string) string {
	u := s.url
	if w.numbers {
		u.Path = "/" + strconv.Itoa(number)
		q := u.Query()
		q.Del("db")
		u.RawQuery = q.Encode()
	}
	if w.accounts {
		u.User = url.UserPassword(Name(id), password)
	}
	return u.String()
}

// fits gives the password of the environment's account in the address that was kept; ok is false when it leads elsewhere.
func (s *Server) fits(w way, id store.ID, number int, kept string) (password string, ok bool) {
	if !w.accounts {
		return "", kept == s.address(w, id, number, "")
	}
	password = passwordIn(kept)
	return password, password != "" && kept == s.address(w, id, number, password)
}

func passwordIn(kept string) string {
	u, err := url.Parse(kept)
	if err != nil {
		return ""
	}
	password, _ := u.User.Password()
	return password
}

// newPassword has 130 random bits, and nothing that a URL writes differently.
func newPassword() string { return "Qa-7" + rand.Text() }

// keep puts the address into the Vault, in place of another one, and gives the account's password in it.
func (s *Server) keep(ctx context.Context, c *store.Claim, w way, number int) (string, error) {
	password := newPassword()
	for range 2 {
		if err := c.Check(); err != nil {
			return "", err
		}
		kept, err := s.vault.Put(ctx, c, Parameter, s.address(w, c.ID, number, password))
		if err != nil {
			return "", s.hide(fmt.Errorf("keep the address: %w", err), password)
		}
		if password, ok := s.fits(w, c.ID, number, kept); ok {
			return password, nil
		}
		if err := s.discard(ctx, c); err != nil {
			return "", err
		}
		if old, err := url.Parse(kept); err == nil && old.User.Username() == Name(c.ID) && passwordIn(kept) != "" {
			password = passwordIn(kept) // only its form or its number is another one
		}
	}
	return "", errors.New("keep the address: the vault gives another one than was put")
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

// kept gives the addresses that the Vault has, where they belong there.
func (s *Server) kept(ctx context.Context, w way, envs []store.Environment) (map[store.ID]string, error) {
	if !s.secret(w) {
		return nil, nil
	}
	ids := make([]store.ID, len(envs))
	for i, env := range envs {
		ids[i] = env.ID
	}
	kept, err := s.vault.Look(ctx, ids, Parameter)
	if err != nil {
		return nil, vaultError{fmt.Errorf("look for addresses: %w", err)}
	}
	return kept, nil
}

// hide takes passwords out of an error, as they are and as they stand in an address.
func (s *Server) hide(err error, more ...string) error {
	var pairs []string
	for _, secret := range append(more, s.password) {
		if secret != "" {
			escaped := strings.TrimPrefix(url.UserPassword("", secret).String(), ":")
			pairs = append(pairs, escaped, "***", secret, "***")
		}
	}
	text := strings.NewReplacer(pairs...).Replace(err.Error())
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}

// vaultError keeps trouble of the Vault from being taken for trouble of the server. What the Vault says itself of its
// trouble is heard.
type vaultError struct{ error }

func (e vaultError) As(target any) bool {
	problem, ok := target.(**store.Problem)
	return ok && errors.As(e.error, problem)
}
