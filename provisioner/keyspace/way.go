package keyspace

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// way is how environments are kept apart on this server: what is configured, as far as the server allows it.
type way struct {
	numbers  bool // each has a number of its own
	accounts bool // each has an account of its own
	confined bool // an account can be bound to a number (Valkey 9.1)

	cluster    bool
	version    string // "Redis 7.0.15"; empty: it does not tell
	noNumbers  string // why there are none
	noAccounts string // why there are none
}

// Describe asks the server once and says in one line how environments are kept apart on it.
func (s *Server) Describe(ctx context.Context) (string, error) {
	w, err := s.way(ctx)
	if err != nil {
		return "", fmt.Errorf("ask Redis server: %w", err)
	}
	return w.say(s), nil
}

func (w way) say(s *Server) string {
	text := fmt.Sprintf("a prefix for each environment in number %d (%s)", s.db, w.noNumbers)
	if w.numbers {
		text = fmt.Sprintf("a number for each environment, %d to %d", s.o.First, s.o.Last)
	}
	if w.accounts {
		return text + ", each with an account of its own"
	}
	return text + ", without accounts of their own (" + w.noAccounts + ")"
}

// way asks the server what it allows. The answer holds for the life of the process.
func (s *Server) way(ctx context.Context) (way, error) {
	s.mu.Lock()
	known := s.found
	s.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	w, err := s.ask(ctx)
	if err != nil {
		return w, err
	}
	s.mu.Lock()
	s.found = &w
	s.mu.Unlock()
	return w, nil
}

// wayAtHand is way for callers that cannot wait or fail: the server was asked at the start, but for a question that comes
// before everything else.
func (s *Server) wayAtHand() way {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	w, err := s.way(ctx)
	if err != nil {
		w.numbers, w.accounts = s.o.Mode == Database, s.o.Account == Own
	}
	return w
}

// lose remembers that the server makes no accounts after all.
func (s *Server) lose(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found != nil {
		w := *s.found
		w.accounts, w.noAccounts = false, why
		s.found = &w
	}
}

func (s *Server) ask(ctx context.Context) (w way, err error) {
	info, err := s.info(ctx)
	if err != nil {
		return w, err
	}
	w.cluster = info["cluster_enabled"] == "1"
	major, minor := 0, 0
	if v := info["valkey_version"]; v != "" {
		w.version = "Valkey " + v
		major, minor = parts(v)
		w.confined = major > 9 || major == 9 && minor >= 1
	} else if v := info["redis_version"]; v != "" {
		w.version = "Redis " + v
		major, _ = parts(v)
	}
	if w.noNumbers, err = s.whyNoNumbers(ctx, w); err != nil {
		return w, err
	}
	if w.noAccounts, err = s.whyNoAccounts(ctx, major); err != nil {
		return w, err
	}
	w.numbers, w.accounts = w.noNumbers == "", w.noAccounts == ""
	return w, nil
}

// info reads what the server says of itself; nothing where it does not tell.
func (s *Server) info(ctx context.Context) (map[string]string, error) {
	text, err := s.client.Info(ctx).Result()
	if refused(err) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the version: %w", err)
	}
	return infoOf(text), nil
}

// infoOf reads the answer to INFO.
func infoOf(text string) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			found[name] = value
		}
	}
	return found
}

func parts(version string) (major, minor int) {
	a, rest, _ := strings.Cut(version, ".")
	b, _, _ := strings.Cut(rest, ".")
	major, _ = strconv.Atoi(a)
	minor, _ = strconv.Atoi(b)
	return major, minor
}

func (s *Server) whyNoNumbers(ctx context.Context, w way) (string, error) {
	switch {
	case s.o.Mode != Auto && s.o.Mode != Database:
		return "as redis.mode says", nil
	case s.o.Last == 0:
		return "no redis.databases are given", nil
	case w.cluster:
		return "the server is a cluster, which has number 0 alone", nil
	}
	err := s.number(s.o.Last).Ping(ctx).Err()
	if refused(err) {
		return fmt.Sprintf("the server refuses number %d: %v", s.o.Last, err), nil
	}
	if err != nil {
		return "", fmt.Errorf("select number %d: %w", s.o.Last, err)
	}
	return "", nil
}

// oldest is the first version whose accounts can be bound to a number, and that can be asked what they may do.
const oldest = 7

func (s *Server) whyNoAccounts(ctx context.Context, major int) (string, error) {
	switch {
	case s.o.Account != Auto && s.o.Account != Own:
		return "as redis.account says", nil
	case major < oldest:
		return "the server is older than Redis 7, or does not tell", nil
	}
	name, err := s.client.Do(ctx, "ACL", "WHOAMI").Text()
	if err == nil {
		err = s.mayMakeAccounts(ctx, name)
	}
	if refused(err) {
		return "the server does not let " + s.who() + " make any", nil
	}
	if err != nil {
		return "", fmt.Errorf("ask for the account's rights: %w", err)
	}
	return "", nil
}

// who is the account in the URL.
func (s *Server) who() string {
	if name := s.url.User.Username(); name != "" {
		return name
	}
	return "the account default"
}

var errMayNot = redisRefusal("it may not make accounts")

// mayMakeAccounts asks and makes none.
func (s *Server) mayMakeAccounts(ctx context.Context, name string) error {
	for _, command := range [][]any{{"SETUSER", "qa_probe"}, {"GETUSER", "qa_probe"}, {"DELUSER", "qa_probe"}} {
		said, err := s.client.Do(ctx, append([]any{"ACL", "DRYRUN", name, "ACL"}, command...)...).Text()
		if err != nil {
			return err
		}
		if said != "OK" {
			return errMayNot
		}
	}
	return nil
}

// redisRefusal is an answer that says no.
type redisRefusal string

func (e redisRefusal) Error() string { return string(e) }

// RedisError marks it as the server's answer.
func (e redisRefusal) RedisError() {}

// refused tells whether the server was reached and says no.
func refused(err error) bool {
	var answer redis.Error
	return errors.As(err, &answer) && !errors.Is(err, redis.Nil) && !away(err)
}
