package keyspace

import (
	"context"
	"fmt"
	"strings"

	"qabot/store"
)

// Examine looks whether the server is fit for environments, and changes nothing. What it says is for who set qabot up. envs
// are all environments that there are.
func (s *Server) Examine(ctx context.Context, envs []store.Environment) []store.Finding {
	if err := s.Ping(ctx); err != nil {
		return []store.Finding{{Verdict: store.Bad, What: "answers", Said: err.Error(), Fix: "QABOT_REDIS_URL, and the security group of the server"}}
	}
	w, err := s.way(ctx)
	if err != nil {
		return []store.Finding{{Verdict: store.Bad, What: "answers", Said: err.Error()}}
	}
	version := w.version
	if version == "" {
		version = "it does not tell its version"
	}
	findings := []store.Finding{{Verdict: store.Good, What: "answers", Said: version}, s.examineMode(ctx, w), s.examineAccounts(ctx, w)}
	if f, ok := s.examineKeeping(ctx); ok {
		findings = append(findings, f)
	}
	if w.numbers {
		findings = append(findings, s.examineNumbers(ctx, envs))
	}
	return append(findings, s.examineLeaks(ctx, envs))
}

func (s *Server) examineMode(ctx context.Context, w way) store.Finding {
	f := store.Finding{Verdict: store.Good, What: "way of keeping environments apart", Said: w.say(s)}
	switch {
	case w.cluster:
		f.Verdict, f.Said = store.Bad, "the server is a cluster, in which one environment's keys lie on several nodes"
		f.Fix = "redis.mode: own; or QABOT_REDIS_URL: a server whose cluster mode is disabled"
	case s.o.Mode == Database && !w.numbers:
		f.Verdict, f.Said, f.Fix = store.Bad, "redis.mode: database is not possible: "+w.noNumbers, "redis.databases within what the server has (its setting databases), or redis.mode: auto"
	case !w.numbers:
		f.Said += "; an application with Sidekiq 7 or newer takes no prefix, and needs redis.databases" + s.spareNumbers(ctx)
	}
	return f
}

// usualLast is the last number of a server whose setting databases is as it comes.
const usualLast = 15

// spareNumbers proposes numbers that nothing is in.
func (s *Server) spareNumbers(ctx context.Context) string {
	info, err := s.info(ctx)
	if err != nil || info["redis_version"] == "" {
		return ""
	}
	first, last := longestRun(func(n int) bool { return n != s.db && info[fmt.Sprintf("db%d", n)] == "" })
	if first == 0 {
		return ""
	}
	return fmt.Sprintf(", such as [%d, %d], which are empty at the moment", first, last)
}

// longestRun is the longest row of numbers that are free, the highest of several; 0, 0: none is.
func longestRun(free func(int) bool) (first, last int) {
	begin := 1
	for n := 1; n <= usualLast+1; n++ {
		if n <= usualLast && free(n) {
			continue
		}
		if n > begin && (first == 0 || n-begin >= last-first+1) {
			first, last = begin, n-1
		}
		begin = n + 1
	}
	return first, last
}

func (s *Server) examineAccounts(ctx context.Context, w way) store.Finding {
	f := store.Finding{Verdict: store.Good, What: "accounts"}
	name, err := s.client.Do(ctx, "ACL", "WHOAMI").Text()
	if err != nil {
		name = "an account that the server does not tell"
	}
	switch {
	case s.o.Account == Own && !w.accounts:
		f.Verdict, f.Said, f.Fix = store.Bad, "redis.account: own is not possible: "+w.noAccounts, "ACL SETUSER "+name+" +acl; or redis.account: auto"
	case !w.accounts:
		f.Said = "as " + name + "; environments have its rights, on keys of others too: " + w.noAccounts
	case w.numbers && !w.confined:
		f.Said = "as " + name + "; makes one for each environment, which can select its own number alone, but reaches number 0, in which every connection begins (Valkey 9.1 closes it)"
	default:
		f.Said = "as " + name + "; makes one for each environment, which reaches its own keys alone"
	}
	return f
}

// examineKeeping asks whether keys can be kept with save points. A server that cannot be asked is not.
func (s *Server) examineKeeping(ctx context.Context) (f store.Finding, asked bool) {
	name, err := s.client.Do(ctx, "ACL", "WHOAMI").Text()
	if err != nil {
		return f, false
	}
	f = store.Finding{Verdict: store.Good, What: "keys go with save points", Said: "as " + name}
	for _, command := range [][]any{{"MEMORY", "USAGE", "key"}, {"DUMP", "key"}, {"RESTORE", "key", "0", "payload"}} {
		said, err := s.client.Do(ctx, append([]any{"ACL", "DRYRUN", name}, command...)...).Text()
		if err != nil {
			return f, false
		}
		if said != "OK" {
			f.Verdict, f.Said = store.Bad, "save points go on without Redis: "+said
			f.Fix = "ACL SETUSER " + name + " +dump +restore +memory|usage"
			return f, true
		}
	}
	return f, true
}

// examineNumbers looks who has the numbers, and which of them nobody can have.
func (s *Server) examineNumbers(ctx context.Context, envs []store.Environment) store.Finding {
	f := store.Finding{Verdict: store.Good, What: "numbers"}
	holder := map[int]store.Environment{}
	for _, env := range envs {
		if n := env.Allotted[Kind]; n != 0 {
			holder[n] = env
		}
	}
	var leased, others, lost []string
	for n := range s.pool() {
		env := holder[n]
		d, err := s.look(ctx, n, env.ID)
		switch {
		case err != nil:
			f.Verdict, f.Said = store.Skipped, err.Error()
			return f
		case d.there && !d.stranger:
			leased = append(leased, fmt.Sprintf("%d %s", n, env.Spec.Branch))
		case d.there:
			lost = append(lost, fmt.Sprintf("%d (marked by %s)", n, d.environment))
		case d.keys > 0 && env.ID == "":
			others = append(others, fmt.Sprintf("%d (%d keys)", n, d.keys))
		}
	}
	f.Said = fmt.Sprintf("%d to %d, leased: %s", s.o.First, s.o.Last, list(leased))
	if len(others) > 0 {
		f.Said += "; with keys that are not ours, never touched: " + list(others)
	}
	if len(lost) > 0 {
		f.Said += "; marked for environments that have no lease on them: " + list(lost)
	}
	return f
}

// examineLeaks names keys that belong to no environment: they are left alone, and somebody should know.
func (s *Server) examineLeaks(ctx context.Context, envs []store.Environment) store.Finding {
	f := store.Finding{Verdict: store.Good, What: "keys of nobody"}
	leaks, err := s.Leaks(ctx, envs)
	if err != nil {
		f.Verdict, f.Said = store.Skipped, err.Error()
		return f
	}
	f.Said = fmt.Sprintf("none among %d in number %d", leaks.Looked, leaks.Number)
	if len(leaks.Found) == 0 {
		return f
	}
	about := ""
	if leaks.Looked < leaks.Keys {
		about = "about "
	}
	var said []string
	for _, l := range leaks.Found {
		text := fmt.Sprintf("%s%d %s", about, l.Keys, l.Pattern)
		if l.Maker != "" {
			text += " (" + l.Maker + ")"
		}
		if l.Example != l.Pattern {
			text += " such as " + l.Example
		}
		said = append(said, text)
	}
	f.Said = fmt.Sprintf("in number %d, never touched: %s", leaks.Number, list(said))
	return f
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
