package compute

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"qabot/provisioner"
	"qabot/provisioner/awssim"
	"qabot/store"
)

func TestCommitIn(t *testing.T) {
	for body, want := range map[string]string{
		first:                               first,
		" 4f2c1a9\n":                        "4f2c1a9",
		"4F2C1A9":                           "4f2c1a9",
		`"4f2c1a9"`:                         "4f2c1a9",
		`{"commit":"4f2c1a9","branch":"x"}`: "4f2c1a9",
		`{"sha":"4f2c1a9"}`:                 "4f2c1a9",
		`{"version":"1.2.3","revision":"abcdef0"}`: "abcdef0",
		`{"version":"4f2c1a9"}`:                    "4f2c1a9",
		"4f2c1a":                                   "", // six digits are too few to mean one commit
		"v1.2.3":                                   "",
		"":                                         "",
		`{"version":"1.2.3"}`:                      "",
		`{"commit":{"id":"4f2c1a9"}}`:              "",
		`["4f2c1a9"]`:                              "",
		"<html>4f2c1a9</html>":                     "",
		"null":                                     "",
		strings.Repeat("a", 65):                    "",
	} {
		if got := commitIn(body); got != want {
			t.Errorf("%q says %q, want %q", body, got, want)
		}
	}
}

func FuzzCommitIn(f *testing.F) {
	for _, seed := range []string{first, `{"commit":"4f2c1a9"}`, "<html>", `{"sha":null}`, "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if got := commitIn(body); got != "" && (!commitShape.MatchString(got) || !strings.Contains(strings.ToLower(body), got)) {
			// A JSON string may write its letters as escapes.
			if !strings.Contains(body, `\u`) {
				t.Fatalf("%q says %q", body, got)
			}
		}
	})
}

// versions lets the app of a world answer on its version path, and its roles be asked.
type versions struct {
	mu      sync.Mutex
	answer  func(commit string) http.Handler
	dialled map[string]bool
}

func (v *versions) set(answer func(commit string) http.Handler) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answer = answer
}

func (v *versions) serve(commit string) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		answer := v.answer
		v.mu.Unlock()
		if r.URL.Path != "/version" {
			http.NotFound(rw, r)
			return
		}
		answer(commit).ServeHTTP(rw, r)
	})
}

func says(format string, args ...any) func(string) http.Handler {
	return func(commit string) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(rw, strings.ReplaceAll(format, "COMMIT", commit), args...)
		})
	}
}

const impatient = 30 * time.Second

// proving makes the app of the world answer, by a load balancer that is dialled by its own name.
func proving(w *world) *versions {
	v := &versions{answer: says(`{"commit":"COMMIT"}`), dialled: map[string]bool{}}
	w.region.OnTask(func(job awssim.TaskJob) awssim.TaskOutcome {
		return awssim.TaskOutcome{Serve: v.serve(strings.TrimPrefix(job.Image[strings.LastIndex(job.Image, ":")+1:], "git-"))}
	})
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, port, _ := net.SplitHostPort(r.Host)
		n, err := strconv.Atoi(port)
		if err != nil {
			n = 80 // the usual one is not named
		}
		w.region.ListenerHandler("qa", int32(n)).ServeHTTP(rw, r)
	}))
	w.Cleanup(front.Close)
	w.app.Roles[0].Version = "/version"
	w.options.Patience = impatient
	w.options.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		v.mu.Lock()
		v.dialled[address] = true
		v.mu.Unlock()
		return (&net.Dialer{}).DialContext(ctx, network, front.Listener.Addr().String())
	}
	w.build()
	return v
}

func (w *world) proof(env store.Environment) store.Detail {
	return env.Status.Seen["service/app"].Proof
}

func TestProofOfWhatIsServed(t *testing.T) {
	w := newWorld(t)
	v := proving(w)
	w.push(first)
	env := w.untilPhase(store.Up)
	if p := w.proof(env); p.Code != store.ProofGiven || p.Args[0] != first || env.Status.Serving != first {
		t.Errorf("proof %+v, serving %q", p, env.Status.Serving)
	}
	if len(v.dialled) != 1 || !v.dialled["qa.localhost:6664"] {
		t.Errorf("dialled %v, want the load balancer's own name", v.dialled)
	}
	v.set(says("%s", second[:7]+"\n")) // whoever runs, from now on: the new one, shortened
	w.push(second)
	env = w.untilState(ImageKind, store.Working)
	if env.Status.Serving != first {
		t.Errorf("while the new one builds, %q is proven, want the old one as before", env.Status.Serving)
	}
	if env = w.untilPhase(store.Up); env.Status.Serving != second {
		t.Errorf("serving %q after the push, proof %+v", env.Status.Serving, w.proof(env))
	}
}

func TestAnotherCommitIsToldAfterPatience(t *testing.T) {
	w := newWorld(t)
	v := proving(w)
	v.set(says(first))
	w.push(second)
	asking := w.until("asks for a while", func(e store.Environment) bool {
		return w.proof(e).Code == store.ProofAsking && len(w.proof(e).Args) > 0
	})
	if o := asking.Status.Seen["service/app"]; o.State != store.Working || asking.Phase(w.region.Now()) != store.Deploying || asking.Status.Serving != "" {
		t.Errorf("while it is asked again it is %s, serving %q", o.State, asking.Status.Serving)
	}
	since := w.region.Now()
	env := w.untilPhase(store.Up)
	if p := w.proof(env); p.Code != store.ProofOther || p.Args[0] != first || p.Args[1] != second {
		t.Errorf("proof %+v", p)
	}
	if env.Status.Serving != "" {
		t.Errorf("%q counts as proven", env.Status.Serving)
	}
	if waited := w.region.Now().Sub(since); waited < impatient-step || waited > impatient+2*step {
		t.Errorf("told after %s, want %s", waited, impatient)
	}

	sweeper := provisioner.Sweeper{Store: w.store, Apps: w.rec.Apps, Owner: "sweep", Now: w.region.Now, Log: slog.New(slog.DiscardHandler)}
	sweep := func() (woken bool) {
		sweeper.Woken = func(store.ID) { woken = true }
		if err := sweeper.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		return woken
	}
	if sweep() {
		t.Error("the same answer again woke it")
	}
	v.set(says("COMMIT"))
	if !sweep() {
		t.Error("the right answer did not wake it")
	}
	if env = w.untilPhase(store.Up); env.Status.Serving != second || w.proof(env).Code != store.ProofGiven {
		t.Errorf("serving %q, proof %+v", env.Status.Serving, w.proof(env))
	}
}

func TestARolloutThatStillDrainsIsNoAlarm(t *testing.T) {
	w := newWorld(t)
	v := proving(w)
	w.push(first)
	w.untilPhase(store.Up)
	v.set(says(first)) // the old one, through connections that it still has
	w.push(second)
	w.until("asks", func(e store.Environment) bool {
		return len(w.proof(e).Args) > 0 && w.proof(e).Code == store.ProofAsking
	})
	v.set(says("COMMIT"))
	if env := w.untilPhase(store.Up); env.Status.Serving != second {
		t.Errorf("serving %q, proof %+v", env.Status.Serving, w.proof(env))
	}
}

func TestWhatCannotBeTold(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(string) http.Handler
		want   store.Detail
	}{
		"a page":      {says("<html>COMMIT</html>"), store.Say(store.ProofText, "/version")},
		"no such":     {func(string) http.Handler { return http.NotFoundHandler() }, store.Say(store.ProofStatus, "/version", 404)},
		"a redirect":  {func(string) http.Handler { return http.RedirectHandler("/login", http.StatusFound) }, store.Say(store.ProofStatus, "/version", 302)},
		"no answer":   {func(string) http.Handler { panic(http.ErrAbortHandler) }, store.Say(store.ProofSilent, "/version")},
		"only a name": {says(`{"version":"1.2.3"}`), store.Say(store.ProofText, "/version")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			v := proving(w)
			v.set(c.answer)
			w.push(first)
			env := w.untilPhase(store.Up)
			if p := w.proof(env); fmt.Sprint(p) != fmt.Sprint(c.want) || env.Status.Serving != "" {
				t.Errorf("proof %+v, want %+v; serving %q", p, c.want, env.Status.Serving)
			}
		})
	}
}

func TestWhoSleepsIsNotAsked(t *testing.T) {
	w := newWorld(t)
	v := proving(w)
	w.push(first)
	w.untilPhase(store.Up)
	w.want(func(s *store.Spec) { s.Asleep = true })
	env := w.untilPhase(store.Asleep)
	if env.Status.Serving != first {
		t.Errorf("asleep it serves %q, proof %+v", env.Status.Serving, w.proof(env))
	}
	v.set(func(string) http.Handler { t.Error("asked in its sleep"); return http.NotFoundHandler() })
	for range 3 {
		w.region.Advance(time.Minute)
		if err := w.store.Wake(t.Context(), w.id); err != nil {
			t.Fatal(err)
		}
		w.pass()
	}
}
