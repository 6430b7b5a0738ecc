package provisioner_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"qabot/provisioner"
	"qabot/store"
)

// While only the image is on its way, only the image is looked at, until it moves, a wish comes, or time has passed.
func TestPassThatWaitsLooksAtWhatItWaitsFor(t *testing.T) {
	p := newPlay(t)
	now := time.Now()
	p.Now = func() time.Time { return now }
	p.Pace.Whole = time.Minute
	set := func(s store.State) { p.image.state[id], p.image.commit[id] = s, "c1" }
	looks := func() string {
		t.Helper()
		image, worker := p.image.looked, p.worker.looked
		if _, err := p.Pass(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(p.image.looked-image, p.worker.looked-worker)
	}
	is := func(what, want string) {
		t.Helper()
		if got := looks(); got != want {
			t.Errorf("%s: looked %s times at image and worker, want %s", what, got, want)
		}
	}
	p.up("c1")
	set(store.Working)
	is("the first pass", "1 1")
	is("nothing has moved", "1 0")
	is("nor then", "1 0")
	now = now.Add(2 * time.Minute)
	is("after some time", "1 1")
	is("nothing has moved", "1 0")
	p.want(func(s *store.Spec) {})
	is("a wish", "1 1")
	is("nothing has moved", "1 0")
	set(store.Ready)
	is("the image is there", "1 1")
	if p.migration.applied != 1 {
		t.Error("the migration, which was looked at long ago, was not begun")
	}
}

func TestOnceAsksOnceInALook(t *testing.T) {
	asked := 0
	ask := func(context.Context) (int, error) { asked++; return asked, nil }
	both := func(ctx context.Context) (a, b int) {
		a, _ = provisioner.Once(ctx, "k", ask)
		b, _ = provisioner.Once(ctx, "k", ask)
		return a, b
	}
	if a, b := both(provisioner.Look(t.Context())); a != 1 || b != 1 {
		t.Errorf("in one look: %d, %d", a, b)
	}
	if a, b := both(provisioner.LookAtRest(t.Context())); a != 2 || b != 2 {
		t.Errorf("in another one: %d, %d", a, b)
	}
	if a, b := both(t.Context()); a != 3 || b != 4 {
		t.Errorf("outside: %d, %d", a, b)
	}
	ctx, broke := provisioner.Look(t.Context()), errors.New("no answer")
	for range 2 {
		if _, err := provisioner.Once(ctx, "e", func(context.Context) (string, error) { return "", broke }); !errors.Is(err, broke) {
			t.Errorf("got %v", err)
		}
	}
	if provisioner.AtRest(ctx) || !provisioner.Looking(ctx) || !provisioner.AtRest(provisioner.LookAtRest(t.Context())) || provisioner.Looking(t.Context()) {
		t.Error("a look is not told from another")
	}
}
