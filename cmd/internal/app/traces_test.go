package app_test

import (
	"database/sql"
	"fmt"
	"regexp"
	"strings"

	_ "github.com/go-sql-driver/mysql"
	"github.com/redis/go-redis/v9"

	"qabot/bot/slacksim"
	"qabot/provisioner/awssim"
	"qabot/store"
)

// reply says something in the thread of qabot's newest message.
func (s *stage) reply(user, text string) {
	s.t.Helper()
	reply := func(w *slacksim.Workspace) error {
		_, err := w.Message(s.t.Context(), user, "#qa", text, s.parent(w).TS)
		return err
	}
	if s.echo != nil {
		s.echo.hear(strings.Count(text, "@qabot"), func() error { return reply(s.echo.slack) })
	}
	if err := reply(s.world.Slack); err != nil {
		s.t.Fatalf("%s replies %q: %v", user, text, err)
	}
}

// click presses the newest button of that label, in threads too.
func (s *stage) click(user, label string) {
	s.t.Helper()
	var found struct{ ts, action, value string }
	eachButton(s.world.Slack.Messages("#qa"), func(ts, is, action, value string) {
		if is == label {
			found.ts, found.action, found.value = ts, action, value
		}
	})
	if found.ts == "" {
		s.t.Fatalf("no button %q:\n%s", label, s.thread())
	}
	if s.echo != nil {
		s.echo.click(user, found.action, found.value, repliesTo(s.world.Slack, found.ts))
	}
	if err := s.world.Slack.Click(s.t.Context(), user, "#qa", found.ts, found.action); err != nil {
		s.t.Fatalf("%s clicks %q: %v", user, label, err)
	}
}

func (s *stage) until(pattern string) {
	s.t.Helper()
	re := regexp.MustCompile("(?s)" + pattern)
	s.eventually(func() string {
		if re.MatchString(s.thread()) {
			return ""
		}
		return fmt.Sprintf("the channel does not match %q", pattern)
	})
}

func (s *stage) mysql() *sql.DB {
	s.t.Helper()
	db, err := sql.Open("mysql", s.world.MySQLDSN)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { db.Close() })
	return db
}

func (s *stage) redis() *redis.Client {
	s.t.Helper()
	o, err := redis.ParseURL(s.world.RedisURL)
	if err != nil {
		s.t.Fatal(err)
	}
	c := redis.NewClient(o)
	s.t.Cleanup(func() { c.Close() })
	return c
}

// Things of other people: a schema and keys whose names begin as ours do.
func (s *stage) foreignNames() (schema, key string) {
	id := store.NewID(s.world.Config.Installation, "shop", "qa/hello").Underscored()
	return "qa_shop_" + id + "_old", "qa_" + id + "x:cart"
}

func (s *stage) putForeign() {
	s.t.Helper()
	schema, key := s.foreignNames()
	db := s.mysql()
	for _, q := range []string{"DROP DATABASE IF EXISTS `" + schema + "`", "CREATE DATABASE `" + schema + "`", "CREATE TABLE `" + schema + "`.t (id INT PRIMARY KEY)", "INSERT INTO `" + schema + "`.t VALUES (42)"} {
		if _, err := db.ExecContext(s.t.Context(), q); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := s.redis().Set(s.t.Context(), key, "42", 0).Err(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) foreignStays() {
	s.t.Helper()
	schema, key := s.foreignNames()
	var n int
	if err := s.mysql().QueryRowContext(s.t.Context(), "SELECT id FROM `"+schema+"`.t").Scan(&n); err != nil || n != 42 {
		s.t.Errorf("the foreign schema was touched: %d, %v", n, err)
	}
	if v, err := s.redis().Get(s.t.Context(), key).Result(); err != nil || v != "42" {
		s.t.Errorf("the foreign key was touched: %q, %v", v, err)
	}
}

// nothingLeft asks every server itself for marks of the branch's environment.
func (s *stage) nothingLeft(branch string) {
	s.t.Helper()
	for _, trace := range s.traces(store.NewID(s.world.Config.Installation, "shop", branch)) {
		s.t.Errorf("left of %s: %s", branch, trace)
	}
}

// traces lists all that bears the environment's marks now.
func (s *stage) traces(id store.ID) (found []string) {
	s.t.Helper()
	found = append(found, s.regionTraces(id)...)
	rows := func(query string, args ...any) {
		r, err := s.mysql().QueryContext(s.t.Context(), query, args...)
		if err != nil {
			s.t.Fatal(err)
		}
		defer r.Close()
		for r.Next() {
			var name string
			if err := r.Scan(&name); err != nil {
				s.t.Fatal(err)
			}
			found = append(found, "MySQL "+name)
		}
	}
	rows("SELECT schema_name FROM information_schema.schemata WHERE schema_name = ?", "qa_shop_"+id.Underscored())
	rows("SELECT CONCAT('account ', user) FROM mysql.user WHERE user = ?", "qa_"+id.Underscored())
	keys := s.redis().Scan(s.t.Context(), 0, "qa_"+id.Underscored()+":*", 1000).Iterator()
	for keys.Next(s.t.Context()) {
		found = append(found, "Redis "+keys.Val())
	}
	if err := keys.Err(); err != nil {
		s.t.Fatal(err)
	}
	if account, err := s.redis().Do(s.t.Context(), "ACL", "GETUSER", "qa_"+id.Underscored()).Result(); err == nil && account != nil {
		found = append(found, "account of Redis")
	}
	return found
}

// regionTraces gives what is alive in the Region and names the environment. Images and the history of builds stay.
func (s *stage) regionTraces(id store.ID) (found []string) {
	state := s.world.AWS.State()
	for sort, things := range map[string][]awssim.Resource{
		"service": state.Services, "task": state.Tasks, "listener": state.Listeners, "rule": state.Rules, "target group": state.TargetGroups,
		"task definition": state.TaskDefinitions, "parameter": state.Parameters, "pipeline": state.Pipelines,
	} {
		for _, thing := range things {
			if strings.Contains(fmt.Sprintf("%+v", thing), string(id)) {
				found = append(found, sort+" "+thing.Name)
			}
		}
	}
	for _, b := range state.Builds {
		if b.Status == "IN_PROGRESS" && strings.Contains(fmt.Sprintf("%+v", b), string(id)) {
			found = append(found, "running build "+b.Name)
		}
	}
	return found
}

// asleep waits until the Region has no task of the branch's environment.
func (s *stage) asleep(branch string) {
	s.t.Helper()
	id := string(store.NewID(s.world.Config.Installation, "shop", branch))
	s.eventually(func() string {
		for _, task := range s.world.AWS.State().Tasks {
			if strings.Contains(fmt.Sprintf("%+v", task), id) {
				return fmt.Sprintf("asleep, but a task is there: %+v", task)
			}
		}
		return ""
	})
}

// madeOnce proves by the Region's own record that nothing was made twice.
func (s *stage) madeOnce(branch string) {
	s.t.Helper()
	id := string(store.NewID(s.world.Config.Installation, "shop", branch))
	made := map[string]int{}
	for _, c := range s.world.AWS.Calls() {
		if c.Took && strings.Contains(string(c.Input), id) {
			made[c.Service+"."+c.Action]++
		}
	}
	for action, want := range map[string]int{"codebuild.StartBuild": 2, "ecs.CreateService": 3, "elasticloadbalancing.CreateListener": 2} {
		if made[action] != want {
			s.t.Errorf("%s took effect %d times, want %d; all: %v", action, made[action], want, made)
		}
	}
	state := s.world.AWS.State()
	if len(state.TargetGroups) != 2 || len(state.Listeners) != 2 {
		s.t.Errorf("%d target groups and %d listeners, want two of each", len(state.TargetGroups), len(state.Listeners))
	}
}
