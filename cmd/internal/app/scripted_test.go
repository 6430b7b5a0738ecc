package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"qabot/bot/githubsim"
	"qabot/bot/slacksim"
	"qabot/provisioner/awssim"
	"qabot/store"
)

// runs says how the runs of a CodeBuild project go from now on.
func (s *stage) runs(project, how string) {
	s.t.Helper()
	outcomes := map[string]awssim.Outcome{
		"work":  {},
		"fail":  {FailIn: "BUILD", Message: "Error while executing command: docker build. Reason: exit status 1", Log: []string{"Step 4/9 : RUN bundle install", "Could not find gem 'rails (~> 9)'"}},
		"hang":  {Hang: true},
		"queue": {Queue: 9 * time.Hour},
		"limited": {FailIn: "BUILD", Message: "Error while executing command: docker build. Reason: exit status 1", Log: []string{"#2 [internal] load metadata for docker.io/library/ruby:3.4",
			"ERROR: failed to solve: ruby:3.4: failed to resolve source metadata for docker.io/library/ruby:3.4: toomanyrequests: You have reached your unauthenticated pull rate limit."}},
		"no-file":      {FailIn: "BUILD", Message: "Error while executing command: docker build. Reason: exit status 1", Log: []string{"ERROR: failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory"}},
		"push-nothing": {Idle: true, Log: []string{"all is well"}},
	}
	outcome, ok := outcomes[how]
	if !ok {
		s.t.Fatalf("runs of %s cannot %s", project, how)
	}
	if s.outcomes == nil {
		s.outcomes = map[string]awssim.Outcome{}
	}
	s.outcomes[project] = outcome
	all := maps.Clone(s.outcomes)
	s.world.AWS.OnBuild(func(b awssim.BuildJob) awssim.Outcome {
		if b.Env[crowded] != "" {
			return awssim.Outcome{Hang: true}
		}
		return all[b.Project]
	})
}

// crowded is the variable by which builds of the crowd are known.
const crowded = "CROWD"

// crowd are builds of others that do not end.
func (s *stage) crowd(n string) {
	s.t.Helper()
	count, err := strconv.Atoi(n)
	if err != nil {
		s.t.Fatal(err)
	}
	for range count {
		if err := s.aws("CodeBuild_20161006.StartBuild", map[string]any{"projectName": "shop-image",
			"environmentVariablesOverride": []any{map[string]any{"name": crowded, "value": "1", "type": "PLAINTEXT"}}}); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, b := range s.world.AWS.State().Builds {
		if count == 0 && b.Status == "IN_PROGRESS" {
			if err := s.aws("CodeBuild_20161006.StopBuild", map[string]any{"id": b.Name}); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// tasks says how the containers of the role app end from now on.
func (s *stage) tasks(how, code string) {
	s.t.Helper()
	exit, err := strconv.Atoi(code)
	if err != nil {
		s.t.Fatal(err)
	}
	outcomes := map[string]awssim.TaskOutcome{
		"well":    {},
		"exit":    {Exits: true, ExitCode: exit, After: time.Second, Log: []string{"about to end"}},
		"pull":    {CannotPull: true},
		"sick":    {Unhealthy: true},
		"silent":  {Unhealthy: true, Status: -1},
		"memory":  {NoMemory: true, After: time.Second},
		"no-room": {NoCapacity: true},
	}
	outcome, ok := outcomes[how]
	if !ok {
		s.t.Fatalf("no task is %s", how)
	}
	s.world.AWS.OnTask(func(t awssim.TaskJob) awssim.TaskOutcome {
		if strings.HasSuffix(t.Service, "-app") && t.Service != "shop-app" {
			return outcome
		}
		return awssim.TaskOutcome{}
	})
}

// stopBuild is somebody with the console open.
func (s *stage) stopBuild() {
	s.t.Helper()
	s.eventually(func() string {
		for _, b := range s.world.AWS.State().Builds {
			if b.Status == "IN_PROGRESS" && strings.HasPrefix(b.Name, "shop-image:") {
				if err := s.aws("CodeBuild_20161006.StopBuild", map[string]any{"id": b.Name}); err != nil {
					return err.Error()
				}
				return ""
			}
		}
		return "no build runs"
	})
}

// aws makes a call that is not qabot's.
func (s *stage) aws(target string, input any) error {
	body, err := json.Marshal(input)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.world.AWSURL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	answer, err := s.world.AWS.RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%s: %s", target, said)
	}
	return nil
}

// quota changes a limit of the account.
func (s *stage) quota(name, n string) {
	s.t.Helper()
	value, err := strconv.Atoi(n)
	if err != nil {
		s.t.Fatal(err)
	}
	s.world.AWS.Adjust(func(q *awssim.Quotas, _ *awssim.Durations) {
		switch name {
		case "builds":
			q.ConcurrentBuilds = value
		case "listeners":
			q.ListenersPerBalancer = value
		default:
			s.t.Errorf("no quota %q", name)
		}
	})
}

// setting changes the configuration, from qabot's next start on.
func (s *stage) setting(name, value string) {
	s.t.Helper()
	config := s.world.Config
	app := &config.Apps[0]
	switch name {
	case "ttl":
		d, err := time.ParseDuration(value)
		if err != nil {
			s.t.Fatal(err)
		}
		app.TTL = d
	case "data_grace":
		d, err := time.ParseDuration(value)
		if err != nil {
			s.t.Fatal(err)
		}
		app.Grace = d
	case "ports": // so many
		n, err := strconv.Atoi(value)
		if err != nil {
			s.t.Fatal(err)
		}
		app.Balancer.Ports = []int{app.Balancer.Ports[0], app.Balancer.Ports[0] + n - 1}
	case "numbers": // so many of Redis, for environments
		n, err := strconv.Atoi(value)
		if err != nil {
			s.t.Fatal(err)
		}
		config.Redis.Databases = []int{60, 60 + n - 1}
	case "room": // so many of the database's connections are for environments
		n, err := strconv.Atoi(value)
		if err != nil {
			s.t.Fatal(err)
		}
		limit := 0
		if err := s.mysql().QueryRowContext(s.t.Context(), "SELECT @@max_connections").Scan(&limit); err != nil {
			s.t.Fatal(err)
		}
		config.Database.Reserve = strconv.Itoa(limit - n)
	case "usage":
		d, err := time.ParseDuration(value)
		if err != nil {
			s.t.Fatal(err)
		}
		config.Pace.Usage = d
	case "redis": // mode
		config.Redis.Mode = value
	case "app":
		app.Name = value
	case "second-app":
		second := *app
		second.Name = value
		config.Apps = append(slices.Clone(config.Apps), second)
	case "by": // host: the roles enter the load balancer there
		s.byHost()
	case "migration": // via
		app.Migration.Via, app.Migration.Project = value, ""
	case "pipeline": // template
		app.Image.Project, app.Image.Pipeline.Template = "", value
	case "staging-service":
		app.Roles = slices.Clone(app.Roles)
		app.Roles[0].Service = value
	default:
		s.t.Fatalf("no setting %q", name)
	}
}

// squat makes a schema of somebody else's under the name that a branch's would have.
func (s *stage) squat(branch string) {
	s.t.Helper()
	name := "qa_shop_" + store.NewID(s.world.Config.Installation, "shop", branch).Underscored()
	db := s.mysql()
	if _, err := db.ExecContext(s.t.Context(), "CREATE DATABASE `"+name+"`"); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if _, err := s.mysql().Exec("DROP DATABASE IF EXISTS `" + name + "`"); err != nil {
			s.t.Error(err)
		}
	})
}

// hold opens a transaction in a branch's schema, and leaves it open until letGo.
func (s *stage) hold(branch string) {
	s.t.Helper()
	schema := "qa_shop_" + s.environment(branch).ID.Underscored()
	conn, err := s.mysql().Conn(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, statement := range []string{"USE `" + schema + "`", "START TRANSACTION", "SELECT COUNT(*) FROM products"} {
		if _, err := conn.ExecContext(s.t.Context(), statement); err != nil {
			s.t.Fatal(err)
		}
	}
	s.letGo = func() {
		if _, err := conn.ExecContext(s.t.Context(), "ROLLBACK"); err != nil {
			s.t.Error(err)
		}
		conn.Close()
	}
}

// nearEnd lets time go by for an environment: it was asked for days ago, and ends soon.
func (s *stage) nearEnd(branch string) {
	s.t.Helper()
	id := s.environment(branch).ID
	_, err := s.store.Want(s.t.Context(), id, func(spec *store.Spec) ([]store.Event, error) {
		spec.Asked.At, spec.ExpiresAt = spec.Asked.At.Add(-70*time.Hour), time.Now().Add(100*time.Minute)
		return nil, nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.eventually(func() string {
		if err := s.store.Wake(s.t.Context(), id); err != nil {
			return err.Error()
		}
		if e := s.environment(branch); e.Status.Version != e.Spec.Version {
			return "nobody has seen that the end is near"
		}
		return ""
	})
}

// refuse lets AWS refuse an action from now on.
func (s *stage) refuse(action string) {
	service, name, _ := strings.Cut(action, ":")
	s.world.AWS.Fault(func(c awssim.Call) awssim.Fault {
		if c.Action != name {
			return awssim.Fault{}
		}
		return awssim.Fault{Kind: awssim.Refuse, Code: "AccessDeniedException", Message: "User: arn:aws:sts::123456789012:assumed-role/qabot/1 is not authorized to perform: " +
			service + ":" + name + " on resource: arn:aws:" + service + ":us-east-1:123456789012:service/staging/x because no identity-based policy allows the " + service + ":" + name + " action"}
	})
}

// sayIn is say in another channel.
func (s *stage) sayIn(channel, user, text string) {
	s.t.Helper()
	s.both(0, func(w *slacksim.Workspace) error {
		_, err := w.Command(s.t.Context(), user, channel, text)
		return err
	})
}

// replyTo says something in the thread of what a person said last.
func (s *stage) replyTo(user, text string) {
	s.t.Helper()
	s.both(strings.Count(text, "@qabot"), func(w *slacksim.Workspace) error {
		last := ""
		for _, m := range w.Messages("#qa") {
			if !m.Bot {
				last = m.TS
			}
		}
		_, err := w.Message(s.t.Context(), user, "#qa", text, last)
		return err
	})
}

// forkPull opens a pull request from a fork.
func (s *stage) forkPull(person, branch, title string) error {
	_, err := s.world.GitHub.OpenPull(s.t.Context(), "acme", "shop", githubsim.NewPull{Author: person, Branch: branch, Title: title, Fork: true})
	return err
}

// both does something in Slack, first in the echo's.
func (s *stage) both(letters int, what func(*slacksim.Workspace) error) {
	s.t.Helper()
	if s.echo != nil {
		s.echo.hear(letters, func() error { return what(s.echo.slack) })
	}
	if err := what(s.world.Slack); err != nil {
		s.t.Fatal(err)
	}
}
