package schema

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qabot/store"
)

func TestPrice(t *testing.T) {
	app := store.Load{Role: "app", Tasks: 1, Processes: 2, Pool: 5}
	worker := store.Load{Role: "worker", Tasks: 1, Processes: 1, Pool: 4}
	replaced := func(l store.Load) store.Load { l.Replace = true; return l }
	for _, c := range []struct {
		name        string
		loads       []store.Load
		usual, most int
	}{
		{"nothing", nil, 0, spare},
		{"one role, twice while versions change", []store.Load{app}, 10, 20},
		{"all roles", []store.Load{app, worker}, 14, 28},
		{"one that is replaced is never there twice", []store.Load{app, replaced(worker)}, 14, 24},
		{"all replaced: room for the migration", []store.Load{replaced(app), replaced(worker)}, 14, 16},
		{"several tasks", []store.Load{{Tasks: 3, Processes: 1, Pool: 2}}, 6, 12},
	} {
		if usual, most := Price(c.loads); usual != c.usual || most != c.most {
			t.Errorf("%s: %d, at most %d; want %d, %d", c.name, usual, most, c.usual, c.most)
		}
	}
}

func TestAdmit(t *testing.T) {
	for _, c := range []struct {
		name                            string
		limit, reserve, promised, asked int
		queue                           []int
		want                            Verdict
	}{
		{"empty server", 90, 36, 0, 24, nil, Verdict{Admitted: true, Place: 1, Free: 54}},
		{"the last that fits", 90, 36, 30, 24, nil, Verdict{Admitted: true, Place: 1, Free: 24}},
		{"one too many", 90, 36, 31, 24, nil, Verdict{Place: 1, Free: 23, Missing: 1}},
		{"fits, but others came before", 90, 36, 30, 4, []int{30}, Verdict{Place: 2, Free: 24, Missing: 10}},
		{"fits even behind them, and waits for its turn", 90, 36, 0, 4, []int{30}, Verdict{Place: 2, Free: 54}},
		{"staging needs it all", 90, 120, 10, 1, nil, Verdict{Place: 1, Missing: 11}},
		{"more was promised than there is now", 90, 60, 48, 8, nil, Verdict{Place: 1, Missing: 26}},
	} {
		if diff := cmp.Diff(c.want, Admit(c.limit, c.reserve, c.promised, c.asked, c.queue)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// Whatever comes in whatever order, what was promised never exceeds the room, and nobody is overtaken.
func TestAdmitNeverOvershoots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit, reserve := rapid.IntRange(1, 200).Draw(t, "limit"), rapid.IntRange(0, 100).Draw(t, "reserve")
		room := max(limit-reserve, 0)
		promised := 0
		var queue, has []int
		for _, asked := range rapid.SliceOf(rapid.IntRange(-1, 40)).Draw(t, "asked") {
			if asked < 0 && len(has) > 0 { // the first that has something rests
				promised, has = promised-has[0], has[1:]
			} else if asked >= 0 {
				queue = append(queue, asked)
			}
			for i := 0; i < len(queue); i++ {
				v := Admit(limit, reserve, promised, queue[i], queue[:i])
				if v.Admitted && i > 0 {
					t.Fatalf("number %d of %v overtakes", i, queue)
				}
				if v.Admitted {
					promised, has, queue = promised+queue[0], append(has, queue[0]), queue[1:]
					i = -1
				}
			}
			if promised > room {
				t.Fatalf("%d promised of %d", promised, room)
			}
			if len(queue) > 0 && promised+queue[0] <= room {
				t.Fatalf("%d waits although %d of %d are free", queue[0], room-promised, room)
			}
		}
	})
}

func TestReserve(t *testing.T) {
	for _, c := range []struct{ set, used, want int }{{36, 0, 36}, {36, 20, 36}, {36, 40, 50}, {0, 8, 10}} {
		if got := Reserve(c.set, c.used); got != c.want {
			t.Errorf("set %d, in use %d: %d, want %d", c.set, c.used, got, c.want)
		}
	}
	if got := (Share{Percent: 40}).of(151); got != 60 {
		t.Errorf("40%% of 151 is %d", got)
	}
}

func TestOffers(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	has := func(branch string, idle time.Duration, n int) store.Promised {
		return store.Promised{ID: store.ID(branch), Promise: store.Promise{N: 1, Connections: n, Granted: true},
			Spec: store.Spec{Version: 7, App: "shop", Branch: branch, Owner: "U1", Asked: store.Asked{At: now.Add(-idle)}}}
	}
	asleep, waits := has("asleep", 9*time.Hour, 40), has("waits", 9*time.Hour, 40)
	asleep.Spec.Asleep, waits.Granted = true, false
	all := []store.Promised{has("fresh", time.Minute, 24), has("cart", 3*time.Hour, 24), has("small", 8*time.Hour, 6), asleep, waits}
	used := func(p store.Promised, ago time.Duration) store.Promised { p.Used = now.Add(-ago); return p }
	names := func(choices []store.Choice) (out []string) {
		for _, c := range choices {
			word := ""
			if c.InUse {
				word = ", in use"
			}
			out = append(out, fmt.Sprintf("%s frees %d%s", c.Branch, c.Frees, word))
		}
		return out
	}
	for _, c := range []struct {
		missing int
		want    []string
	}{
		{5, []string{"small frees 6", "cart frees 24", "fresh frees 24"}},
		{18, []string{"cart frees 24", "fresh frees 24"}},
		{30, []string{"small frees 6", "cart frees 24"}},
		{54, []string{"small frees 6", "cart frees 24", "fresh frees 24"}},
		{55, nil},
	} {
		if diff := cmp.Diff(c.want, names(offers(c.missing, all, now))); diff != "" {
			t.Errorf("%d missing (-want +got):\n%s", c.missing, diff)
		}
	}

	// Somebody has clicked in cart all day, and in small two hours ago; fresh is asked for only.
	all = []store.Promised{has("fresh", time.Minute, 24), used(has("cart", 3*time.Hour, 24), 5*time.Minute), used(has("small", 8*time.Hour, 24), 2*time.Hour)}
	found := offers(10, all, now)
	if diff := cmp.Diff([]string{"small frees 24", "fresh frees 24", "cart frees 24, in use"}, names(found)); diff != "" {
		t.Errorf("where requests are known (-want +got):\n%s", diff)
	}
	if want := now.Add(-2 * time.Hour); !found[0].Since.Equal(want) {
		t.Errorf("idle since %s, want %s", found[0].Since, want)
	}
}
