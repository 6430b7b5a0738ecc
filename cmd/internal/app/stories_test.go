package app_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"qabot/store"
)

// TestStories plays conversations against the real bot and provisioner: each script in testdata/stories says what people
// do, and has the threads that they must see. Commands:
//
//	say PERSON TEXT              a slash command or a message in #qa; in a thread: reply PERSON TEXT
//	click PERSON LABEL           the newest button of that label
//	settle                       until nobody has anything to do
//	until PATTERN                until the channel matches
//	[!] page ROLE BRANCH PATTERN what the URL shows
//	add BRANCH NAME PRICE        adds a product by the admin's form
//	edit BRANCH FILE OLD NEW     changes the working copy; commit PERSON BRANCH SUBJECT commits and pushes it
//	delete BRANCH                on GitHub
//	deliver                      until GitHub has sent its webhooks, or lost them
//	branch NEW FROM              a new branch on GitHub, at another's head
//	behind SERVICE               from qabot's next start on: break, freeze and mend SERVICE work
//	foreign, foreign-stays       things of other people that look like ours
//	asleep BRANCH                none of its tasks runs
//	made-once BRANCH             the Region's own record says so
//	apart BRANCH...              they share nothing
//	harmless                     no message calls anybody who was not meant
//	phase BRANCH PHASE           until the environment is there
//	nothing-left BRANCH          no mark of the environment is anywhere
//	end, begin                   qabot itself (stop is a word of testscript, and ends a script)
//	thread                       prints the channel, for cmp
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/stories",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			t := env.T().(testing.TB)
			name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(env.WorkDir), "script-"), ".txtar")
			s := newStage(t, name)
			s.begin()
			env.Values["stage"] = s
			env.Values["copy"] = &workingCopy{dir: filepath.Join(env.WorkDir, "shop"), remote: s.world.Remote}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"say":    on(2, func(s *stage, _ *testscript.TestScript, a []string) { s.say(a[0], a[1]) }),
			"reply":  on(2, func(s *stage, _ *testscript.TestScript, a []string) { s.reply(a[0], a[1]) }),
			"click":  on(2, func(s *stage, _ *testscript.TestScript, a []string) { s.click(a[0], a[1]) }),
			"settle": on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.settled() }),
			"until":  on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.until(a[0]) }),
			"thread": on(0, func(s *stage, ts *testscript.TestScript, _ []string) { fmt.Fprint(ts.Stdout(), s.thread()) }),
			"page": func(ts *testscript.TestScript, neg bool, a []string) {
				s := stageOf(ts)
				match(s.t, a[2], s.page(a[0], a[1]), !neg)
			},
			"add": on(3, func(s *stage, _ *testscript.TestScript, a []string) {
				s.submit("admin", a[0], "/products", url.Values{"name": {a[1]}, "price": {a[2]}})
			}),
			"edit": on(4, func(_ *stage, ts *testscript.TestScript, a []string) {
				ts.Check(copyOf(ts).edit(a[0], a[1], a[2], a[3]))
			}),
			"write": on(3, func(_ *stage, ts *testscript.TestScript, a []string) {
				text, err := os.ReadFile(ts.MkAbs(a[2]))
				ts.Check(err)
				ts.Check(copyOf(ts).write(a[0], a[1], text))
			}),
			"commit":        on(3, func(_ *stage, ts *testscript.TestScript, a []string) { ts.Check(copyOf(ts).commit(a[0], a[1], a[2])) }),
			"delete":        on(1, func(_ *stage, ts *testscript.TestScript, a []string) { ts.Check(copyOf(ts).delete(a[0])) }),
			"foreign":       on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.putForeign() }),
			"foreign-stays": on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.foreignStays() }),
			"deliver":       on(0, func(s *stage, ts *testscript.TestScript, _ []string) { ts.Check(s.world.GitHub.Settle(s.t.Context())) }),
			"branch":        on(2, func(_ *stage, ts *testscript.TestScript, a []string) { ts.Check(copyOf(ts).branch(a[0], a[1])) }),
			"behind":        on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.behind(a[0]) }),
			"break":         on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.weather[a[0]].Break() }),
			"freeze":        on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.weather[a[0]].Freeze() }),
			"mend":          on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.weather[a[0]].Mend() }),
			"made-once":     on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.madeOnce(a[0]) }),
			"phase":         on(2, func(s *stage, _ *testscript.TestScript, a []string) { s.reaches(a[0], store.Phase(a[1])) }),
			"harmless":      on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.harmless() }),
			"apart":         func(ts *testscript.TestScript, _ bool, a []string) { stageOf(ts).apart(a...) },
			"nothing-left":  on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.nothingLeft(a[0]) }),
			"asleep":        on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.asleep(a[0]) }),
			"end":           on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.stop() }),
			"begin":         on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.begin() }),
		},
	})
}

func stageOf(ts *testscript.TestScript) *stage      { return ts.Value("stage").(*stage) }
func copyOf(ts *testscript.TestScript) *workingCopy { return ts.Value("copy").(*workingCopy) }

// on makes a command with a fixed number of words.
func on(words int, f func(*stage, *testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != words {
			ts.Fatalf("takes %d words and no !", words)
		}
		f(stageOf(ts), ts, args)
	}
}
