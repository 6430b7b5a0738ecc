package app_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"qabot/bot/slacksim"
	"qabot/store"
)

// form waits for the form that somebody has on the screen, complete.
func (s *stage) form(user string) slacksim.View {
	s.t.Helper()
	var top slacksim.View
	s.eventually(func() string {
		all := s.world.Slack.Views(user)
		if len(all) == 0 || len(all[len(all)-1].Submit) == 0 {
			return user + " has no form on the screen"
		}
		top = all[len(all)-1]
		return ""
	})
	return top
}

// search types into a form's search, and picks the first that it offers.
func (s *stage) search(user, text string) {
	s.t.Helper()
	s.eventually(func() string { // a list that is a little old may be offered first
		view, block := s.searchOf(user)
		at := slacksim.Action{User: user, ViewID: view.ID, BlockID: block, ActionID: "qa_form_branch"}
		offered, err := s.world.Slack.Suggest(s.t.Context(), at, text)
		if err != nil || len(offered) == 0 || strings.HasPrefix(offered[0].Hint, "As typed") {
			return fmt.Sprintf("%q offers %+v, %v", text, offered, err)
		}
		at.Value = offered[0].Value
		if err := s.world.Slack.Act(s.t.Context(), at); err != nil {
			return err.Error()
		}
		return ""
	})
}

// searchOf is a form with the block of its search.
func (s *stage) searchOf(user string) (slacksim.View, string) {
	s.t.Helper()
	view := s.form(user)
	block := regexp.MustCompile(`"branch:[a-z0-9-]+"`).FindString(string(view.Blocks))
	if block == "" {
		s.t.Fatalf("no search in %s", view.Blocks)
	}
	return view, strings.Trim(block, `"`)
}

// send sends the form on the screen. faults are what is shown in it then, and it stays.
func (s *stage) send(user string) (faults string) {
	s.t.Helper()
	found, err := s.world.Slack.Submit(s.t.Context(), user, s.form(user).ID, nil)
	if err != nil {
		s.t.Fatalf("%s sends a form: %v", user, err)
	}
	var lines []string
	for _, text := range found {
		lines = append(lines, text+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// shortcut starts the global shortcut, or with a pattern that of the newest message that it matches.
func (s *stage) shortcut(user, pattern string) {
	s.t.Helper()
	callback, channel, ts := "qa_new", "", ""
	if pattern != "" {
		re := regexp.MustCompile(pattern)
		callback, channel = "qa_message", "#qa"
		for _, m := range s.world.Slack.Messages("#qa") {
			if re.MatchString(m.Text) {
				ts = m.TS
			}
		}
		if ts == "" {
			s.t.Fatalf("no message matches %q:\n%s", pattern, s.thread())
		}
	}
	if err := s.world.Slack.Shortcut(s.t.Context(), user, callback, channel, ts); err != nil {
		s.t.Fatal(err)
	}
}

// visit opens the App Home.
func (s *stage) visit(user string) {
	s.t.Helper()
	before, _ := s.world.Slack.Home(user)
	if err := s.world.Slack.OpenHome(user, ""); err != nil {
		s.t.Fatal(err)
	}
	s.eventually(func() string {
		if now, ok := s.world.Slack.Home(user); !ok || now.Hash == before.Hash {
			return user + " sees no fresh App Home"
		}
		return ""
	})
}

// menu chooses from an environment's menu in the App Home, once it is there as it is now.
func (s *stage) menu(user, branch, verb string) {
	s.t.Helper()
	s.eventually(func() string {
		home, _ := s.world.Slack.Home(user)
		e := s.environment(branch)
		value := fmt.Sprintf("%s:%d", e.ID, e.Spec.Version)
		block := regexp.MustCompile(`"row:[0-9]+:` + value + `"`).FindString(string(home.Blocks))
		if block == "" {
			return fmt.Sprintf("no row of %s in %s", value, home.Blocks)
		}
		err := s.world.Slack.Act(s.t.Context(), slacksim.Action{
			User: user, ViewID: home.ID, BlockID: strings.Trim(block, `"`), ActionID: "qa_menu", Value: verb + "|" + value,
		})
		if err != nil {
			return err.Error()
		}
		return ""
	})
}

// seen is what a view shows to a person.
func (s *stage) seen(blocks json.RawMessage) string {
	s.t.Helper()
	var all []map[string]any
	if err := json.Unmarshal(blocks, &all); err != nil {
		s.t.Fatal(err)
	}
	t := &teller{name: func(id string) string { return nameIn(s.world.Slack, id) }}
	var lines []string
	for _, b := range all {
		lines = append(lines, t.block(b)...)
	}
	return steady(t.people(strings.Join(lines, "\n") + "\n"))
}

// formShows waits until the form on the screen shows what the pattern says.
func (s *stage) formShows(user, pattern string) {
	s.t.Helper()
	re := regexp.MustCompile("(?s)" + pattern)
	s.eventually(func() string {
		if shown := s.seen(s.form(user).Blocks); !re.MatchString(shown) {
			return fmt.Sprintf("the form does not match %q:\n%s", pattern, shown)
		}
		return ""
	})
}

// homeShows waits until the App Home shows what the pattern says.
func (s *stage) homeShows(user, pattern string) {
	s.t.Helper()
	re := regexp.MustCompile("(?s)" + pattern)
	s.eventually(func() string {
		home, _ := s.world.Slack.Home(user)
		if shown := s.seen(home.Blocks); !re.MatchString(shown) {
			return fmt.Sprintf("App Home does not match %q:\n%s", pattern, shown)
		}
		return ""
	})
}

// running are the tasks of an environment.
func (s *stage) running(branch string) (tasks []string) {
	id := string(store.NewID(s.world.Config.Installation, "shop", branch))
	for _, task := range s.world.AWS.State().Tasks {
		if strings.Contains(fmt.Sprintf("%+v", task), id) {
			tasks = append(tasks, task.ARN)
		}
	}
	return tasks
}

// builtSoFar counts the builds that were started.
func (s *stage) builtSoFar() (n int) {
	for _, c := range s.world.AWS.Calls() {
		if c.Took && c.Action == "StartBuild" {
			n++
		}
	}
	return n
}

// anew proves that all tasks are others than those that ran before, and that nothing was built or migrated for it.
func (s *stage) anew(branch string, before []string, builds int) {
	s.t.Helper()
	s.eventually(func() string {
		now := s.running(branch)
		if len(now) != len(before) {
			return fmt.Sprintf("%d tasks run, %d did before", len(now), len(before))
		}
		for _, task := range now {
			if slices.Contains(before, task) {
				return task + " ran before"
			}
		}
		return ""
	})
	if n := s.builtSoFar() - builds; n != 0 {
		s.t.Errorf("%d builds were started for it", n)
	}
}
