package bot

import (
	"sync"
	"testing"
	"time"

	"qabot/bot/slacksim"
	"qabot/store"
)

// watch is a clock that is set.
type watch struct {
	mu sync.Mutex
	at time.Time
}

func (w *watch) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *watch) set(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = at
}

// inTokyo is a time of the week of Monday 2026-11-23, there.
func inTokyo(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("Mon 15:04", text, office(t).Zone)
	if err != nil {
		t.Fatal(err)
	}
	day := map[string]int{"Mon": 23, "Tue": 24, "Wed": 25, "Thu": 26, "Fri": 27, "Sat": 28, "Sun": 29}[text[:3]]
	return time.Date(2026, 11, day, at.Hour(), at.Minute(), 0, 0, at.Location())
}

func TestWhatTheHoursAsk(t *testing.T) {
	for _, c := range []struct {
		reason, now, asked string
		phase              store.State
		asleep, dozing     bool
		want               string
	}{
		{"it is day", "Mon 12:00", "Mon 09:00", store.Ready, false, false, ""},
		{"the day is over", "Mon 20:00", "Mon 09:00", store.Ready, false, false, verbDoze},
		{"what failed sleeps too", "Mon 20:00", "Mon 09:00", store.Failed, false, false, verbDoze},
		{"what is being deployed comes to its end first", "Mon 20:01", "Mon 19:58", store.Working, false, false, ""},
		{"and sleeps then", "Mon 20:05", "Mon 19:58", store.Ready, false, false, verbDoze},
		{"who needs it in the evening keeps it awake", "Mon 22:00", "Mon 20:30", store.Ready, false, false, ""},
		{"through the night", "Tue 07:00", "Mon 20:30", store.Ready, false, false, ""},
		{"until the next end", "Tue 20:00", "Mon 20:30", store.Ready, false, false, verbDoze},
		{"over a weekend too", "Sun 12:00", "Fri 21:00", store.Ready, false, false, ""},
		{"who needed it on Friday does not on Saturday", "Sat 12:00", "Fri 19:00", store.Ready, false, false, verbDoze},
		{"what sleeps sleeps on", "Mon 23:00", "Mon 20:00", store.Ready, true, true, ""},
		{"in the morning it wakes", "Tue 08:00", "Mon 20:00", store.Ready, true, true, verbRise},
		{"or later, when nobody looked", "Tue 11:00", "Mon 20:00", store.Ready, true, true, verbRise},
		{"whom a person put to sleep nobody wakes", "Tue 08:00", "Mon 17:00", store.Ready, true, false, ""},
	} {
		e := environments()["up"]
		e.Spec.Asleep, e.Spec.Dozing, e.Spec.Asked.At, e.Spec.ExpiresAt = c.asleep, c.dozing, inTokyo(t, c.asked), time.Time{}
		for k := range e.Status.Seen {
			e.Status.Seen[k] = store.Observation{State: c.phase}
		}
		now := inTokyo(t, c.now)
		got, at := due(e, office(t), now)
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.reason, got, c.want)
		}
		if got != "" && (at.After(now) || now.Sub(at) > 3*24*time.Hour) {
			t.Errorf("%s: asked for at %s", c.reason, at)
		}
		if got == verbDoze {
			e.Used = now.Add(-store.Quiet + time.Second)
			if got, _ := due(e, office(t), now); got != "" {
				t.Errorf("%s, but somebody uses it: %q", c.reason, got)
			}
			e.Used = now.Add(-store.Quiet)
			if got, _ := due(e, office(t), now); got != verbDoze {
				t.Errorf("%s, and it has grown quiet: %q", c.reason, got)
			}
		}
		if got, _ := due(e, Hours{}, now); got != "" {
			t.Errorf("%s: without hours it is %q", c.reason, got)
		}
	}
}

func TestDecideHours(t *testing.T) {
	app := testApp()
	app.Awake = office(t)
	night, morning := inTokyo(t, "Mon 21:00"), inTokyo(t, "Tue 08:00")
	e := environments()["up"]
	e.Spec.Asked.At, e.Spec.ExpiresAt = inTokyo(t, "Mon 09:00"), inTokyo(t, "Fri 09:00")
	do := func(verb string, now time.Time, change func(*asking)) decision {
		a := asking{Verb: verb, App: app, Branch: "qa/x", Key: verb, At: now}
		if change != nil {
			change(&a)
		}
		return decide(e, a, now)
	}
	d := do(verbDoze, night, nil)
	if d.Next == nil || !d.Next.Asleep || !d.Next.Dozing || d.Next.Generation != e.Spec.Generation || d.Next.Asked.By != "" {
		t.Fatalf("at night: %+v", d.Next)
	}
	e.Spec = *d.Next
	e.Status.Asleep = true
	rise := do(verbRise, morning, nil)
	if rise.Next == nil || rise.Next.Asleep || rise.Next.Dozing || rise.Next.Generation != e.Spec.Generation+1 || !rise.Next.ExpiresAt.Equal(e.Spec.ExpiresAt) {
		t.Errorf("in the morning: %+v", rise.Next)
	}
	for reason, d := range map[string]decision{
		"wake":  do(verbWake, night, nil),
		"up":    do(verbUp, night, func(a *asking) { a.Commit = commit1 }),
		"newer": do(verbUp, night, func(a *asking) { a.Commit = commit2 }),
		"push":  do(verbPush, night, func(a *asking) { a.Commit = commit2 }),
	} {
		if d.Next == nil || d.Next.Asleep || d.Next.Dozing {
			t.Errorf("%s at night does not wake it: %+v", reason, d.Next)
		} else if verb, _ := due(store.Environment{ID: "x", Spec: *d.Next, Status: e.Status}, app.Awake, inTokyo(t, "Mon 23:00")); verb != "" {
			t.Errorf("%s at night: later the hours ask for %s", reason, verb)
		}
	}
	if d := do(verbWake, night, nil); d.Answer.Code != answerWakingUntil || d.Answer.Args[1] != stamp(inTokyo(t, "Tue 20:00")) {
		t.Errorf("who wakes it hears %+v", d.Answer)
	}
	// Whoever says sleep to what the hours have put to sleep wants it to stay asleep in the morning.
	d = do(verbSleep, night, nil)
	if d.Next == nil || !d.Next.Asleep || d.Next.Dozing || d.Answer.Code != answerAsleep {
		t.Errorf("sleep at night: %+v, %+v", d.Answer, d.Next)
	}
	e.Spec = *d.Next
	if d := do(verbRise, morning, nil); d.Next != nil {
		t.Errorf("in the morning it is woken all the same: %+v", d.Next)
	}
	if d := do(verbPush, night, func(a *asking) { a.Commit = commit2 }); d.Next == nil || !d.Next.Asleep {
		t.Errorf("a push wakes what a person put to sleep: %+v", d.Next)
	}
}

// A day and a night of one environment, with a clock that is set.
func TestHoursInAThread(t *testing.T) {
	wall := &watch{at: inTokyo(t, "Mon 18:00")}
	w := newWorld(t, func(o *Options, _ *slacksim.Options) {
		o.Now, o.Beat = wall.now, time.Hour // the test looks itself
		o.Apps[0].Awake, o.Apps[0].TTL = office(t), 14*24*time.Hour
	})
	at := func(now time.Time) {
		t.Helper()
		wall.set(now)
		if err := (clock{w.bot}).look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	c1 := w.commit("feature/login", "first")
	w.run()
	w.type_("ana", "qa", "up feature/login")
	w.await("parent", func() bool { return len(w.parents("qa")) == 1 })
	w.provision("feature/login", serve(c1))
	w.await("up", func() bool { return w.heard("qa", "Up") })
	at(inTokyo(t, "Mon 19:59"))
	if w.env("feature/login").Spec.Asleep {
		t.Fatal("it sleeps by day")
	}

	at(inTokyo(t, "Mon 20:01"))
	w.await("put to sleep", func() bool { s := w.env("feature/login").Spec; return s.Asleep && s.Dozing })
	rest := func(st *store.Status) { serve(c1)(st); st.Asleep = true }
	w.provision("feature/login", rest, store.Event{Key: "asleep/1", Code: store.EventAsleep, At: wall.now(), Verb: verbDoze})
	w.await("told calmly", func() bool { return w.heard("qa", "sleeps, for its hours are over; it wakes") })
	w.await("parent says when", func() bool { return w.heard("qa", "Asleep", "It wakes by itself") })
	if w.heard("qa", "<@"+w.slack.UserID("ana")+">", "sleeps") {
		t.Error("somebody is called because the day is over")
	}

	at(inTokyo(t, "Mon 23:00"))
	w.type_("ben", "qa", "wake feature/login")
	w.await("woken by a person", func() bool { return w.heard("qa", "only", "stays awake until") && !w.env("feature/login").Spec.Asleep })
	awake := func(st *store.Status) { serve(c1)(st); st.Asleep = false }
	w.provision("feature/login", awake)
	version := w.env("feature/login").Spec.Version
	at(inTokyo(t, "Tue 03:00"))
	if v := w.env("feature/login").Spec.Version; v != version {
		t.Errorf("the hours took it from whoever woke it: %+v", w.env("feature/login").Spec)
	}

	at(inTokyo(t, "Tue 20:00"))
	w.await("asleep at the next end", func() bool { return w.env("feature/login").Spec.Asleep })
	w.provision("feature/login", rest)
	at(inTokyo(t, "Wed 08:00"))
	w.await("woken by the hours", func() bool { return !w.env("feature/login").Spec.Asleep })
	w.provision("feature/login", awake, store.Event{Key: "ready/9", Code: store.EventReady, At: wall.now(), Commit: c1, Verb: verbRise})
	w.await("told", func() bool { return w.heard("qa", "is awake again, at", c1[:7]) })
}
