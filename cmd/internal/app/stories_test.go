package app_test

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"qabot/bot"
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
//	order BRANCH                 somebody buys, and the worker hears of it
//	redis-dies BRANCH            the task of its own Redis is stopped
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
//	pull PERSON BRANCH TITLE     opens a pull request; from a fork with fork:BRANCH
//	pull-does PERSON BRANCH WHAT label NAME, unlabel NAME, close, reopen or merge
//	labels NAME, as-app          from qabot's next start on: pull requests with that label; it speaks as a GitHub App
//	shared                       #qa is shared with another organisation
//	group HANDLE PEOPLE          a user group in Slack, people with commas between them
//	rules FILE                   from qabot's next start on: who may do what
//	audit                        prints the audit journal, for cmp
//	away TIME                    from qabot's next start on it is so much later
//	builds HOW                   work, fail, hang, queue, push-nothing, limited or no-file; stop-build stops the one that runs
//	migrations HOW               work or hang
//	crowd N                      so many builds of others run and do not end; with 0 they are stopped
//	tasks HOW N                  of the role app: well, exit (with code N), pull, sick, silent, memory, no-room
//	quota NAME N                 of AWS: builds, listeners
//	refuse SERVICE:ACTION        AWS refuses it; allow ends that
//	advance DURATION             AWS's clock
//	setting NAME VALUE           of the configuration, from qabot's next start on
//	near-end BRANCH              days go by, until shortly before its end
//	opens BRANCH                 each address of qabot's newest message opens, one for each role
//	listener-stays               with the setting by host: the listener that all share is as it was made, without rules
//	squat BRANCH                 somebody else's schema has the name that the branch's would have
//	hold BRANCH                  somebody has a transaction open in its schema; let-go ends it
//	say-in CHANNEL PERSON TEXT   say in another channel; reply-to PERSON TEXT answers what a person said last
//	fork-pull PERSON BRANCH TITLE  opens a pull request from a fork
//	hours FROM UNTIL ZONE        from qabot's next start on: on working days the app's environments are awake from then until then
//	clock 'DAY TIME' ZONE        it is the next such time for qabot, from now on
//	variable NAME VALUE          from qabot's next start on: a variable of the app's tasks; an empty value: none
//	end, begin                   qabot itself (stop is a word of testscript, and ends a script)
//	shown BRANCH                 prints what GitHub shows of it, for cmp
//	shortcut PERSON [PATTERN]    the global one, or that of the newest message that matches
//	form PERSON                  prints the form on somebody's screen; form-shows PERSON PATTERN waits; search PERSON TEXT picks the first that it offers
//	send PERSON                  sends the form, and prints what is shown in it where it stays
//	home PERSON                  opens the App Home and prints it; home-shows PERSON PATTERN waits until it shows that
//	menu PERSON BRANCH VERB      chooses from an environment's menu there
//	remember, anew BRANCH        all tasks are others than those that were remembered, and nothing was built since
//	thread [ja]                  prints the channel, for cmp: as it is, or as it would be in Japanese (see echo)
//
// What all of them asked of AWS is what the policy in manifests allows.
func TestStories(t *testing.T) {
	asked := &callBook{actions: map[string]bool{}}
	t.Cleanup(func() { asked.check(t) })
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/stories",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			t := env.T().(testing.TB)
			name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(env.WorkDir), "script-"), ".txtar")
			s := newStage(t, name)
			env.Defer(func() { asked.add(s.world.AWS.Actions()) })
			script, err := os.ReadFile(filepath.Join("testdata/stories", name+".txtar"))
			if err != nil {
				return err
			}
			if bytes.Contains(script, []byte("\nthread ja\n")) {
				s.echo = newEcho(s, bot.Japanese)
			}
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
			"thread": func(ts *testscript.TestScript, _ bool, a []string) {
				if s := stageOf(ts); len(a) == 0 {
					fmt.Fprint(ts.Stdout(), s.thread())
				} else {
					s.eventually(s.echo.settled)
					fmt.Fprint(ts.Stdout(), s.echo.thread())
				}
			},
			"page": func(ts *testscript.TestScript, neg bool, a []string) {
				s := stageOf(ts)
				match(s.t, a[2], s.page(a[0], a[1]), !neg)
			},
			"add": on(3, func(s *stage, _ *testscript.TestScript, a []string) {
				s.submit("admin", a[0], "/products", url.Values{"name": {a[1]}, "price": {a[2]}})
			}),
			"order":      on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.order(a[0]) }),
			"redis-dies": on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.redisDies(a[0]) }),
			"edit": on(4, func(_ *stage, ts *testscript.TestScript, a []string) {
				ts.Check(copyOf(ts).edit(a[0], a[1], a[2], a[3]))
			}),
			"write": on(3, func(_ *stage, ts *testscript.TestScript, a []string) {
				text, err := os.ReadFile(ts.MkAbs(a[2]))
				ts.Check(err)
				ts.Check(copyOf(ts).write(a[0], a[1], text))
			}),
			"commit":     on(3, func(_ *stage, ts *testscript.TestScript, a []string) { ts.Check(copyOf(ts).commit(a[0], a[1], a[2])) }),
			"delete":     on(1, func(_ *stage, ts *testscript.TestScript, a []string) { ts.Check(copyOf(ts).delete(a[0])) }),
			"builds":     on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.runs("shop-image", a[0]) }),
			"migrations": on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.runs("shop-migration", a[0]) }),
			"crowd":      on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.crowd(a[0]) }),
			"tasks":      on(2, func(s *stage, _ *testscript.TestScript, a []string) { s.tasks(a[0], a[1]) }),
			"stop-build": on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.stopBuild() }),
			"quota":      on(2, func(s *stage, _ *testscript.TestScript, a []string) { s.quota(a[0], a[1]) }),
			"refuse":     on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.refuse(a[0]) }),
			"allow":      on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.world.AWS.Fault(nil) }),
			"advance": on(1, func(s *stage, ts *testscript.TestScript, a []string) {
				d, err := time.ParseDuration(a[0])
				ts.Check(err)
				s.world.AWS.Advance(d)
			}),
			"fork-pull":      on(3, func(s *stage, ts *testscript.TestScript, a []string) { ts.Check(s.forkPull(a[0], a[1], a[2])) }),
			"setting":        on(2, func(s *stage, _ *testscript.TestScript, a []string) { s.setting(a[0], a[1]) }),
			"opens":          on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.opens(a[0]) }),
			"listener-stays": on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.listenerStays() }),
			"squat":          on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.squat(a[0]) }),
			"hold":           on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.hold(a[0]) }),
			"let-go":         on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.letGo() }),
			"near-end":       on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.nearEnd(a[0]) }),
			"reply-to":       on(2, func(s *stage, _ *testscript.TestScript, a []string) { s.replyTo(a[0], a[1]) }),
			"say-in":         on(3, func(s *stage, _ *testscript.TestScript, a []string) { s.sayIn(a[0], a[1], a[2]) }),
			"foreign":        on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.putForeign() }),
			"foreign-stays":  on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.foreignStays() }),
			"deliver":        on(0, func(s *stage, ts *testscript.TestScript, _ []string) { ts.Check(s.world.GitHub.Settle(s.t.Context())) }),
			"branch":         on(2, func(_ *stage, ts *testscript.TestScript, a []string) { ts.Check(copyOf(ts).branch(a[0], a[1])) }),
			"shown":          on(1, func(s *stage, ts *testscript.TestScript, a []string) { fmt.Fprint(ts.Stdout(), s.shown(a[0])) }),
			"behind":         on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.behind(a[0]) }),
			"break":          on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.weather[a[0]].Break() }),
			"freeze":         on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.weather[a[0]].Freeze() }),
			"mend":           on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.weather[a[0]].Mend() }),
			"made-once":      on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.madeOnce(a[0]) }),
			"phase":          on(2, func(s *stage, _ *testscript.TestScript, a []string) { s.reaches(a[0], store.Phase(a[1])) }),
			"harmless":       on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.harmless() }),
			"apart":          func(ts *testscript.TestScript, _ bool, a []string) { stageOf(ts).apart(a...) },
			"nothing-left":   on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.nothingLeft(a[0]) }),
			"asleep":         on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.asleep(a[0]) }),
			"search":         on(2, func(s *stage, _ *testscript.TestScript, a []string) { s.search(a[0], a[1]) }),
			"form": on(1, func(s *stage, ts *testscript.TestScript, a []string) {
				fmt.Fprint(ts.Stdout(), s.seen(s.form(a[0]).Blocks))
			}),
			"send": on(1, func(s *stage, ts *testscript.TestScript, a []string) { fmt.Fprint(ts.Stdout(), s.send(a[0])) }),
			"shortcut": func(ts *testscript.TestScript, _ bool, a []string) {
				stageOf(ts).shortcut(a[0], strings.Join(a[1:], " "))
			},
			"home": on(1, func(s *stage, ts *testscript.TestScript, a []string) {
				s.visit(a[0])
				view, _ := s.world.Slack.Home(a[0])
				fmt.Fprint(ts.Stdout(), s.seen(view.Blocks))
			}),
			"form-shows": on(2, func(s *stage, _ *testscript.TestScript, a []string) { s.formShows(a[0], a[1]) }),
			"home-shows": on(2, func(s *stage, _ *testscript.TestScript, a []string) { s.homeShows(a[0], a[1]) }),
			"menu":       on(3, func(s *stage, _ *testscript.TestScript, a []string) { s.menu(a[0], a[1], a[2]) }),
			"remember": on(1, func(s *stage, _ *testscript.TestScript, a []string) {
				s.before, s.built0 = s.running(a[0]), s.builtSoFar()
			}),
			"anew":      on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.anew(a[0], s.before, s.built0) }),
			"labels":    on(1, func(s *stage, _ *testscript.TestScript, a []string) { s.labels(a[0]) }),
			"as-app":    on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.asApp() }),
			"away":      on(1, func(s *stage, ts *testscript.TestScript, a []string) { ts.Check(s.away(a[0])) }),
			"pull":      on(3, func(s *stage, ts *testscript.TestScript, a []string) { ts.Check(s.pull(a[0], a[1], a[2])) }),
			"pull-does": on(3, func(s *stage, ts *testscript.TestScript, a []string) { ts.Check(s.pullDoes(a[0], a[1], a[2])) }),
			"shared":    on(0, func(s *stage, ts *testscript.TestScript, _ []string) { ts.Check(s.shared()) }),
			"group":     on(2, func(s *stage, ts *testscript.TestScript, a []string) { ts.Check(s.group(a[0], a[1])) }),
			"rules":     on(1, func(s *stage, ts *testscript.TestScript, a []string) { ts.Check(s.rules(ts.ReadFile(a[0]))) }),
			"hours":     on(3, func(s *stage, _ *testscript.TestScript, a []string) { s.hours(a[0], a[1], a[2]) }),
			"clock":     on(2, func(s *stage, ts *testscript.TestScript, a []string) { ts.Check(s.clock(a[0], a[1])) }),
			"variable":  on(2, func(s *stage, _ *testscript.TestScript, a []string) { s.variable(a[0], a[1]) }),
			"audit": on(0, func(s *stage, ts *testscript.TestScript, _ []string) {
				text, err := s.journal()
				ts.Check(err)
				fmt.Fprint(ts.Stdout(), text)
			}),
			"end":   on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.end() }),
			"begin": on(0, func(s *stage, _ *testscript.TestScript, _ []string) { s.begin() }),
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
