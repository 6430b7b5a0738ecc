package app_test

import (
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"qabot/cmd/internal/app"
	"qabot/provisioner/keyspace"
	"qabot/provisioner/schema"
	"qabot/store"
)

// TestPlanMakesNothing: before and after a plan, of a branch without an environment and of one with, every table of the
// store, every schema, account and row of MySQL, every key of Redis and everything in the Region is the same, and AWS was
// only asked.
func TestPlanMakesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, "plan-nothing")
	s.begin()
	s.say("ana", "/qa up qa/hello")
	s.settled()
	s.stop()
	before := s.everything()
	calls := len(s.world.AWS.Calls())
	for branch, wants := range map[string][]string{
		"qa/hello": {"= Build the image  (stays as it is)", "= Start worker  (stays as it is)", "Nothing would change"},
		"feature/login": {
			"+ Build the image  image shop:git-", "built by shop-image", "+ Create the database  schema qa_shop_ID", "account qa_ID", "/qabot/plan-nothing/ID/DATABASE_URL",
			"keys qa_ID:… in database 9", "target group ID-app, port ", "target group ID-admin, port ", "http://ID.qa.localhost:", "+ Run migrations  shop migrate in shop-migration",
			"+ Start app  service ID-app, tasks: 1", "+ Start worker  service ID-worker", "database: at most 6; while one version follows another, 12.", "Nothing was made",
		},
	} {
		got, err := app.Plan(t.Context(), app.Options{Config: s.world.Config, Secrets: s.world.Secrets, Log: s.log}, "shop", branch)
		if err != nil {
			t.Fatal(err)
		}
		id := store.NewID(s.world.Config.Installation, "shop", branch)
		got = strings.NewReplacer(string(id), "ID", id.Underscored(), "ID").Replace(got)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("the plan of %s lacks %q:\n%s", branch, want, got)
			}
		}
		ports := map[string]bool{}
		for _, part := range strings.Split(got, "port ")[1:] {
			ports[strings.Fields(part)[0]] = true
		}
		if len(ports) != 2 {
			t.Errorf("the plan of %s has the ports %v, want one for each of two roles", branch, ports)
		}
	}
	if asked := s.world.AWS.Calls()[calls:]; len(asked) < 20 {
		t.Errorf("AWS was asked %d times: the plan looks at nothing", len(asked))
	} else {
		for _, c := range asked {
			if c.Changes {
				t.Errorf("AWS was changed: %s.%s %s", c.Service, c.Action, c.Input)
			}
		}
	}
	after := s.everything()
	for place, was := range before {
		if len(was) < 2 {
			t.Errorf("%s has %d things: the test looks at nothing", place, len(was))
		}
		if diff := cmp.Diff(was, after[place]); diff != "" {
			t.Errorf("%s was changed:\n%s", place, diff)
		}
	}
}

func TestPlanOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := newStage(t, "plan-none")
	for _, c := range []struct{ app, branch, want string }{
		{"pay", "qa/hello", "There is no app pay here."}, {"shop", "nowhere", "There is no branch nowhere in acme/shop."},
	} {
		_, err := app.Plan(t.Context(), app.Options{Config: s.world.Config, Secrets: s.world.Secrets, Log: s.log}, c.app, c.branch)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("plan of %s %s: %v, want %q", c.app, c.branch, err, c.want)
		}
	}
}

// everything that qabot could change, by place; qabot itself is not running.
func (s *stage) everything() map[string][]string {
	s.t.Helper()
	lite, err := sql.Open("sqlite", strings.TrimPrefix(s.world.Config.Store, "sqlite:"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer lite.Close()
	all := map[string][]string{"the store": nil, "MySQL": nil, "Redis": nil, "the Region": nil}
	for _, table := range s.rows(lite, "SELECT name FROM sqlite_master WHERE type='table'") {
		all["the store"] = append(all["the store"], table)
		for _, row := range s.rows(lite, "SELECT * FROM "+table) {
			all["the store"] = append(all["the store"], table+": "+row)
		}
	}
	db, redis := s.mysql(), s.redis()
	for _, branch := range []string{"qa/hello", "feature/login"} { // the servers are other tests' too
		id := store.NewID(s.world.Config.Installation, "shop", branch)
		name := schema.Name("shop", id)
		all["MySQL"] = append(all["MySQL"], s.rows(db, "SELECT user, authentication_string FROM mysql.user WHERE user = '"+schema.Account(id)+"'")...)
		all["MySQL"] = append(all["MySQL"], s.rows(db, "SELECT schema_name FROM information_schema.schemata WHERE schema_name = '"+name+"'")...)
		for _, table := range s.rows(db, "SELECT table_name FROM information_schema.tables WHERE table_schema = '"+name+"'") {
			all["MySQL"] = append(all["MySQL"], s.rows(db, "CHECKSUM TABLE `"+name+"`.`"+table+"`")...)
		}
		keys := redis.Scan(s.t.Context(), 0, keyspace.Name(id)+":*", 1000).Iterator()
		for keys.Next(s.t.Context()) {
			all["Redis"] = append(all["Redis"], keys.Val(), redis.Dump(s.t.Context(), keys.Val()).Val())
		}
		if err := keys.Err(); err != nil {
			s.t.Fatal(err)
		}
	}
	state := s.world.AWS.State()
	for sort, things := range map[string]any{"services": state.Services, "listeners": state.Listeners, "groups": state.TargetGroups,
		"definitions": state.TaskDefinitions, "parameters": state.Parameters, "images": state.Images, "builds": state.Builds} {
		text, err := json.Marshal(things)
		if err != nil {
			s.t.Fatal(err)
		}
		all["the Region"] = append(all["the Region"], sort+": "+string(text))
	}
	for _, things := range all {
		slices.Sort(things)
	}
	return all
}

// rows reads a query as texts.
func (s *stage) rows(db *sql.DB, query string) (all []string) {
	s.t.Helper()
	r, err := db.QueryContext(s.t.Context(), query)
	if err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	defer r.Close()
	columns, err := r.Columns()
	if err != nil {
		s.t.Fatal(err)
	}
	for r.Next() {
		cells, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := r.Scan(into...); err != nil {
			s.t.Fatal(err)
		}
		var texts []string
		for _, c := range cells {
			texts = append(texts, c.String)
		}
		all = append(all, strings.Join(texts, " | "))
	}
	if err := r.Err(); err != nil {
		s.t.Fatal(err)
	}
	return all
}
