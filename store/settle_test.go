package store

import (
	"fmt"
	"testing"
	"time"
)

func TestWishDuringAPassIsFollowedUp(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		bot, worker := d.open(t, Options{}), d.open(t, Options{})
		want(t, bot, "a", up("c0"))
		c := claim(t, worker, "a")
		for i := range 20 {
			want(t, bot, "a", up(fmt.Sprintf("c%d", i+1)))
		}
		ok(t, worker.Settle(t.Context(), c, Status{Version: c.Spec.Version}, time.Hour))
		follow := claim(t, worker, "a")
		if follow.Spec.Commit != "c20" {
			t.Errorf("the pass that follows sees %s", follow.Spec.Commit)
		}
		ok(t, worker.Settle(t.Context(), follow, Status{Version: follow.Spec.Version}, time.Hour))
		if isDue(t, worker, "a") {
			t.Error("twenty wishes made more than one pass")
		}
	})
}

func TestReleaseBetweenLastLookAndSettleIsFollowedUp(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		want(t, s, "a", up("c1"))
		c := claim(t, s, "a")
		ok(t, s.Renew(t.Context(), c)) // the last look
		want(t, s, "a", down)          // the generation stays
		ok(t, s.Settle(t.Context(), c, Status{Version: 1, Generation: 1}, time.Hour))
		if next := claim(t, s, "a"); !next.Spec.Released {
			t.Error("the release is not seen")
		}
	})
}

func TestSettleSaysWhenToLookAgain(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		want(t, s, "a", up("c1"))
		ok(t, s.Settle(t.Context(), claim(t, s, "a"), Status{Attempts: 3, Seen: seen(Working)}, time.Hour))
		if in := dueIn(t, s, "a"); in < 59*time.Minute || in > time.Hour {
			t.Errorf("due in %v", in)
		}
		env := must[Environment](t)(s.Get(t.Context(), "a"))
		if env.Status.Attempts != 3 || env.Status.Seen["service/a"].State != Working {
			t.Errorf("status %+v", env.Status)
		}
		ok(t, s.Wake(t.Context(), "a"))
		ok(t, s.Settle(t.Context(), claim(t, s, "a"), Status{}, 0))
		if !isDue(t, s, "a") {
			t.Error("not due now")
		}
		ok(t, s.Settle(t.Context(), claim(t, s, "a"), Status{}, -time.Hour))
		if in := dueIn(t, s, "a"); in < -time.Minute {
			t.Errorf("due %v ago: it would be the first in every queue", -in)
		}
	})
}

func TestLifetimeBoundsTheNextLook(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		settle := func(change func(*Spec), st Status) time.Duration {
			t.Helper()
			want(t, s, "a", func(spec *Spec) ([]Event, error) { change(spec); return nil, nil })
			ok(t, s.Settle(t.Context(), claim(t, s, "a"), st, 24*time.Hour))
			return dueIn(t, s, "a")
		}
		around := func(what string, got, want time.Duration) {
			t.Helper()
			if got > want+time.Second || got < want-30*time.Second {
				t.Errorf("%s: due in %v, want %v", what, got, want)
			}
		}
		at := clock(t, s)
		around("expiry ahead", settle(func(spec *Spec) { spec.ExpiresAt = at.Add(time.Hour) }, Status{}), time.Hour)
		around("extended", settle(func(spec *Spec) { spec.ExpiresAt = at.Add(48 * time.Hour) }, Status{}), 24*time.Hour)
		around("released", settle(func(spec *Spec) { spec.Released, spec.ExpiresAt = true, time.Time{} }, Status{Seen: seen(Leaving)}), removalPace)
		around("gone", settle(func(spec *Spec) {}, Status{Seen: seen(Absent)}), 24*time.Hour)
		around("data kept", settle(func(spec *Spec) { spec.KeepDataUntil = at.Add(30 * time.Second) }, Status{Seen: seen(Absent, Ready)}), 30*time.Second)
	})
}

func TestNextLook(t *testing.T) {
	const claimed, now = 1_000_000, 1_005_000
	at := func(ms int64) time.Time { return time.UnixMilli(ms) }
	const hour = int64(time.Hour / time.Millisecond)
	gone, some := seen(Absent, Absent), seen(Absent, Ready)
	data := map[Kind]Observation{"service/app": {State: Absent}, "schema": {State: Ready}}
	for _, c := range []struct {
		why  string
		spec Spec
		seen map[Kind]Observation
		want int64
	}{
		{"no limit", Spec{}, some, now + hour},
		{"ends before the next look", Spec{ExpiresAt: at(now + 60_000)}, some, now + 60_001},
		{"ends after the next look", Spec{ExpiresAt: at(now + 2*hour)}, some, now + hour},
		{"ended while the pass was looking, which may have missed it", Spec{ExpiresAt: at(claimed + 1)}, some, claimed + 2},
		{"ended before the claim, and a worker whose clock is behind kept it up", Spec{ExpiresAt: at(claimed - 1000)}, some, now + removalPace.Milliseconds()},
		{"ended, and nothing was seen", Spec{ExpiresAt: at(claimed - 1000)}, nil, now + removalPace.Milliseconds()},
		{"ended and gone", Spec{ExpiresAt: at(claimed - 1000)}, gone, now + hour},
		{"released, data kept for longer than the next look", Spec{Released: true, KeepDataUntil: at(now + 2*hour)}, data, now + hour},
		{"released, data kept on", Spec{Released: true, KeepDataUntil: at(now + 10_000)}, data, now + 10_001},
		{"released, data no longer kept", Spec{Released: true, KeepDataUntil: at(claimed - 1)}, data, now + removalPace.Milliseconds()},
		{"data kept until a moment in the pass", Spec{Released: true, KeepDataUntil: at(claimed + 1)}, data, claimed + 2},
		{"still wanted: the end of the data does not matter yet", Spec{KeepDataUntil: at(now + 10_000)}, data, now + hour},
	} {
		if got := nextLook(c.spec, c.seen, claimed, now, time.Hour); got != c.want {
			t.Errorf("%s: in %d ms, want %d", c.why, got-now, c.want-now)
		}
	}
}

func TestExpiryIsNoticedWithoutAWish(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		expires := clock(t, s).Add(150 * time.Millisecond)
		want(t, s, "a", func(spec *Spec) ([]Event, error) { spec.ExpiresAt = expires; return nil, nil })
		ok(t, s.Settle(t.Context(), claim(t, s, "a"), Status{Seen: seen(Ready)}, 24*time.Hour))
		c := eventually(t, func() *Claim { return must[*Claim](t)(s.Claim(t.Context(), "a", "w")) })
		if !c.Spec.Gone(clock(t, s)) {
			t.Error("looked at before its time is over")
		}
	})
}

func TestChangedRisesWithWhatAReaderCouldNotice(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		last := want(t, s, "a", up("c1")).Changed
		c := claim(t, s, "a")
		status := Status{Version: 1, Seen: map[Kind]Observation{"image": {State: Working, Detail: Say(BuildRunning, "BUILD"), Began: clock(t, s)}}}
		fact := Fact{Ref: "build:1", Began: time.Now()}
		expect := func(what string, rises bool, err error) {
			t.Helper()
			ok(t, err)
			got := must[Environment](t)(s.Get(t.Context(), "a")).Changed
			if (got > last) != rises {
				t.Errorf("%s: changed went from %d to %d", what, last, got)
			}
			last = got
		}
		settle := func(st Status) error {
			err := s.Settle(t.Context(), c, st, 0)
			c = claim(t, s, "a")
			return err
		}
		expect("the claim", false, nil)
		expect("a note", true, s.Note(t.Context(), c, "image", fact))
		expect("the same note", false, s.Note(t.Context(), c, "image", fact))
		fact.Outcome = Succeeded
		expect("another note", true, s.Note(t.Context(), c, "image", fact))
		expect("a renewal", false, s.Renew(t.Context(), c))
		expect("an event", true, s.Tell(t.Context(), c, Event{Key: "x"}))
		expect("its repetition", false, s.Tell(t.Context(), c, Event{Key: "x"}))
		expect("a status", true, settle(status))
		expect("the same status", false, settle(status))
		status.Attempts++
		expect("another status", true, settle(status))
		expect("forgetting", true, s.Forget(t.Context(), c, "image"))
		expect("forgetting again", false, s.Forget(t.Context(), c, "image"))
		expect("a wake", false, s.Wake(t.Context(), "a"))
		want(t, s, "a", func(*Spec) ([]Event, error) { return nil, nil })
		expect("a wish", true, nil)
	})
}
