package app_test

import (
	"context"
	"database/sql"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"qabot/store"
	"qabot/store/servers/servertest"
)

// onMySQL puts the store of the world's qabot on MySQL, as replicas need it. They hear of pushes by asking: the port for
// webhooks is one process's.
func (s *stage) onMySQL() {
	s.t.Helper()
	text, err := os.ReadFile(s.world.ConfigFile)
	if err != nil {
		s.t.Fatal(err)
	}
	changed := regexp.MustCompile(`(?m)^store: .*$`).ReplaceAllString(string(text), "store: mysql")
	changed = regexp.MustCompile(`(?m)^  webhook: .*$`).ReplaceAllString(changed, "  events: polling")
	if err := os.WriteFile(s.world.ConfigFile, []byte(changed), 0o644); err != nil {
		s.t.Fatal(err)
	}
	s.world.Secrets.Store = servertest.Database(s.t)
	s.world.Secrets.WebhookSecret = ""
	s.store.Close()
	if s.store, err = store.Open(s.t.Context(), "mysql:"+s.world.Secrets.Store, store.Options{}); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { s.store.Close() })
}

// TestTwoProcessesOneOfThemKilled has two processes work on one store on MySQL, while one of them is killed at random again
// and again. Each thing must be made once, told once, and none be left.
func TestTwoProcessesOneOfThemKilled(t *testing.T) {
	t.Parallel()
	s := newStage(t, "crash-two")
	s.bears = 3 * time.Minute
	s.onMySQL()
	mortal := newMortal(s, crashEvery+"=8")
	steady := newMortal(s, crashEvery+"=0")
	steady.ask("ana", "/qa up qa/hello")
	steady.reaches("qa/hello", store.Up)
	match(t, "200.*Hello from the branch qa/hello", s.page("app", "qa/hello"), true)
	steady.madeOnce("qa/hello")
	s.saidOnce("is up at")
	s.saidOnce("Migrations of")

	mortal.end()
	steady.end()
	t.Logf("killed at:\n  %s", strings.Join(mortal.died(), "\n  "))
	s.killedWhileItFills()

	mortal = newMortal(s, crashEvery+"=8")
	steady = newMortal(s, crashEvery+"=0")
	steady.ask("ana", "/qa down qa/hello")
	steady.reaches("qa/hello", store.Removed)
	s.nothingLeft("qa/hello")
	mortal.end()
	steady.end()
	t.Logf("killed at:\n  %s", strings.Join(mortal.died(), "\n  "))
}

// killedWhileItFills kills qabot in the middle of copying a save: the environment goes on with what it has, and gets the save from whoever
// comes next.
func (s *stage) killedWhileItFills() {
	s.t.Helper()
	id := store.NewID(s.world.Config.Installation, "shop", "qa/hello").Underscored()
	own, next := "`qa_shop_"+id+"`", "`qa__next_shop_"+id+"`"
	save := "`qa__save_" + store.NewID(s.world.Config.Installation, "shop/save", "before").Underscored() + "`"
	db := s.mysql()
	ask := func(query string) (v string) {
		if err := db.QueryRowContext(s.t.Context(), query).Scan(&v); err != nil {
			return err.Error()
		}
		return v
	}
	do := func(on interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
	}, statement string) {
		s.t.Helper()
		if _, err := on.ExecContext(s.t.Context(), statement); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
	one := newMortal(s, crashEvery+"=0", crashLong+"=1")
	one.ask("ana", `/qa data save qa/hello "before"`)
	s.eventually(func() string {
		if !strings.Contains(s.thread(), "is saved as") {
			return "it is not saved"
		}
		return ""
	})
	products := ask("SELECT COUNT(*) FROM " + own + ".products")
	do(db, "DELETE FROM "+own+".products")

	lock, err := db.Conn(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	defer lock.Close()
	do(lock, "LOCK TABLES "+save+".products WRITE")
	one.ask("ana", `/qa data load qa/hello "before"`)
	filling := "SELECT value FROM " + next + ".qabot_marks WHERE name = 'filling'"
	s.eventually(func() string {
		if mark := ask(filling); len(strings.Fields(mark)) < 2 || strings.Contains(mark, "Error") {
			return "nothing is filled: " + mark
		}
		return ""
	})
	token := strings.Fields(ask(filling))[0]
	one.kill()
	if n := ask("SELECT COUNT(*) FROM " + own + ".products"); n != "0" {
		s.t.Errorf("%s products, want what the environment had", n)
	}
	match(s.t, "200.*Hello from the branch qa/hello", s.page("app", "qa/hello"), true)
	s.eventually(func() string {
		if now := ask(filling); strings.HasPrefix(now, token) {
			return "nobody has begun it anew: " + now
		}
		return ""
	})
	do(lock, "UNLOCK TABLES")
	one.reaches("qa/hello", store.Up)
	if n := ask("SELECT COUNT(*) FROM " + own + ".products"); n != products || n == "0" {
		s.t.Errorf("%s products, want the %s that were saved", n, products)
	}
	match(s.t, "200.*Hello from the branch qa/hello", s.page("app", "qa/hello"), true)
	one.end()
}

// saidOnce wants exactly one message with these words for all to see, and no message twice.
func (s *stage) saidOnce(words string) {
	s.t.Helper()
	with, seen := 0, map[string]bool{}
	for _, m := range s.world.Slack.Messages("#qa") {
		for _, one := range append(m.Replies, m) {
			if !one.Bot || one.Ephemeral != "" {
				continue
			}
			if strings.Contains(one.Text, words) {
				with++
			}
			if seen[one.Text] {
				s.t.Errorf("said twice: %s", one.Text)
			}
			seen[one.Text] = true
		}
	}
	if with != 1 {
		s.t.Errorf("%q was said %d times, want once:\n%s", words, with, s.thread())
	}
}
