package keyspace

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"qabot/store"
)

func TestAddress(t *testing.T) {
	w := newWorld(t)
	w.must(w.apply())
	plain, secret := w.Environ(store.Environment{ID: w.id})
	if plain["REDIS_NAMESPACE"] != Name(w.id) || plain["REDIS_URL"] != "" || secret["REDIS_URL"] != "ref:"+string(w.id)+"/REDIS_URL" {
		t.Errorf("with a password: %v, %v", plain, secret)
	}
	w.vault.values[w.id] = "redis://elsewhere"
	w.want(true, store.Stale)
	w.must(w.apply())
	if got := w.vault.values[w.id]; got != w.url.String() {
		t.Errorf("the vault has %q", got)
	}
	open, err := New(Options{URL: "redis://127.0.0.1:6379/9", Host: "cache.internal:6380", Installation: "test"}, w.vault, w.store)
	w.must(err)
	defer open.Close()
	plain, secret = open.Environ(store.Environment{ID: w.id})
	if plain["REDIS_URL"] != "redis://cache.internal:6380/9" || len(secret) != 0 {
		t.Errorf("without a password: %v, %v", plain, secret)
	}
}

func TestServerAway(t *testing.T) {
	s, err := New(Options{URL: "redis://:" + password + "@127.0.0.1:1/9", Installation: "test"}, &shelf{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	seen, err := s.Observe(ctx, make([]store.Environment, 2))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range seen {
		if o.State != store.Unknown || o.Detail.Code != store.Unreachable || o.Detail.Args[0] != "Redis" {
			t.Errorf("observed %+v, want unknown and unreachable", o)
		}
	}
	if err := s.Ping(ctx); err == nil || strings.Contains(err.Error(), password) {
		t.Errorf("ping: %v, want an error without the password", err)
	}
	for _, url := range []string{"redis://:" + password + "@127.0.0.1:port/9", "redis://:" + password + "@h/nine", "http://:" + password + "@h"} {
		if _, err := New(Options{URL: url, Installation: "test"}, &shelf{}, nil); err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("new: %v, want an error without the password", err)
		}
	}
}

func TestPasswordStaysOutOfErrors(t *testing.T) {
	w := newWorld(t)
	w.vault.values[w.id] = "old"
	broken := &talkative{w.vault}
	w.Server.vault = broken
	if err := w.apply(); err == nil || strings.Contains(err.Error(), password) {
		t.Errorf("apply: %v, want an error without the password", err)
	}
	if strings.Contains(w.log.String(), password) {
		t.Error("the password is in the log")
	}
}

// talkative is a Vault whose errors quote what they were given.
type talkative struct{ *shelf }

func (v *talkative) Put(_ context.Context, _ *store.Claim, _, value string) (string, error) {
	return "", fmt.Errorf("cannot put %q", value)
}

func TestAPasswordThatAURLWritesDifferently(t *testing.T) {
	s, err := New(Options{URL: "redis://:p%40ss%2Fword@h:1/9", Installation: "test"}, &shelf{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, text := range []string{s.url.String(), "p%40ss%2Fword", "p@ss/word"} {
		if got := s.hide(errors.New("cannot put " + text)).Error(); strings.Contains(got, "word") || !strings.Contains(got, "***") {
			t.Errorf("of %q people see %q", text, got)
		}
	}
	if plain := errors.New("no secret"); s.hide(plain) != plain {
		t.Error("an error without it is not the same")
	}
}

// What an environment is given differs from the configured URL only in what must be its own.
func TestAddressKeepsItsForm(t *testing.T) {
	s, err := New(Options{URL: "rediss://admin:secret@cache:6380/9?protocol=3", Installation: "test"}, &shelf{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	id := store.ID("login-abcdefg")
	for want, w := range map[string]way{
		"rediss://admin:secret@cache:6380/9?protocol=3":           {},
		"rediss://admin:secret@cache:6380/12?protocol=3":          {numbers: true},
		"rediss://qa_login_abcdefg:pass@cache:6380/9?protocol=3":  {accounts: true},
		"rediss://qa_login_abcdefg:pass@cache:6380/12?protocol=3": {accounts: true, numbers: true},
	} {
		got := s.address(w, id, 12, "pass")
		if got != want {
			t.Errorf("%+v: %s, want %s", w, got, want)
		}
		if password, ok := s.fits(w, id, 12, got); !ok || w.accounts && password != "pass" {
			t.Errorf("%s does not fit", got)
		}
		if _, ok := s.fits(w, id, 12, strings.Replace(got, "cache", "other", 1)); ok {
			t.Errorf("another host fits %s", got)
		}
	}
}
