package bot

import (
	"fmt"
	"testing"
	"time"

	"qabot/store"
)

// Who answers in an older thread of a branch still speaks of that branch: also when its story began anew elsewhere.
func TestFormerThreadsAreKnown(t *testing.T) {
	w := newWorld(t, nil)
	w.commit("feature/login", "first")
	w.run()
	w.type_("ana", "qa", "up feature/login")
	w.await("parent", func() bool { return w.env("feature/login").Thread.TS != "" })
	old := w.env("feature/login").Thread
	w.provision("feature/login", serve(w.env("feature/login").Spec.Commit))
	w.type_("ana", "qa", "down feature/login")
	w.await("released", func() bool { return w.env("feature/login").Spec.Released })
	w.provision("feature/login", all(store.Absent), store.Event{Key: "removed/2", Code: store.EventRemoved, At: time.Now()})
	w.await("told", func() bool { return w.heard("qa", "nothing of it is left") })
	w.type_("ana", "qa", "up feature/login")
	w.await("new parent", func() bool { now := w.env("feature/login").Thread; return now.TS != "" && now.TS != old.TS })
	if _, err := w.slack.Message(t.Context(), "ben", "qa", "@qabot status", old.TS); err != nil {
		t.Fatal(err)
	}
	w.await("status in the old thread", func() bool {
		return w.whisper("ben", "qa").ThreadTS == old.TS && w.heard("qa", "Build the image", "Start admin")
	})
}

func TestFormerThreadsAreFew(t *testing.T) {
	var th store.Thread
	for n := range 50 {
		th = th.Left()
		th.Channel, th.TS = "C1", fmt.Sprint(n)
	}
	if len(th.Former) != 20 || !th.Told("C1", "49") || !th.Told("C1", "29") || th.Told("C1", "28") || th.Told("C2", "49") || th.Told("C1", "") {
		t.Errorf("%+v", th)
	}
}
