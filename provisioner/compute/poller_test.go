package compute

import (
	"strings"
	"testing"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestPollerSharesCalls(t *testing.T) {
	const span = 2 * time.Second
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	var p poller
	look := func(names ...string) string {
		known, ask := p.plan("staging", names, now, span)
		p.keep("staging", ask, map[string]ecstypes.Service{"a": {}, "c": {}}, now)
		said := strings.Join(ask, " ")
		for _, name := range names {
			if _, ok := known[name]; ok {
				said += " had:" + name
			}
		}
		return said
	}
	is := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	is(look("a", "b"), "a b")
	is(look("a", "b"), " had:a") // b is known not to be there
	now = now.Add(span)
	is(look("c"), "c a b")       // along with those that are being waited for
	is(look("a", "b"), " had:a") // and so they need not ask
	p.forget("staging", "a")
	is(look("a"), "a") // what was changed is asked for anew; the rest is fresh
	now = now.Add(hot * span)
	is(look("c"), "c") // nobody waits for the others any more
	if _, ask := p.plan("other", []string{"x"}, now, span); len(ask) != 1 {
		t.Errorf("of another cluster: %v", ask)
	}
}
