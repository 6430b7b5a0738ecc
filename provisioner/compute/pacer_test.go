package compute

import (
	"errors"
	"testing"
	"time"

	"qabot/store"
)

func TestPacerStaysWithinTheBucket(t *testing.T) {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	p := newPacer(func() time.Time { return now }, 0)
	taken := func() (n int) {
		for p.turn(t.Context(), serviceECS, "RegisterTaskDefinition") == nil {
			n++
		}
		return n
	}
	if n := taken(); n != 16 {
		t.Errorf("%d at once, want 16", n)
	}
	now = now.Add(10 * time.Second)
	if n := taken(); n != 8 {
		t.Errorf("%d after ten seconds, want 8", n)
	}
	var problem *store.Problem
	if err := p.turn(t.Context(), serviceECS, "DeregisterTaskDefinition"); !errors.As(err, &problem) || !problem.Passes() {
		t.Errorf("of the same bucket: %v, want a problem that passes", err)
	}
	if err := p.turn(t.Context(), serviceECS, "CreateService"); err != nil {
		t.Errorf("of another bucket: %v", err)
	}
	if err := (*pacer)(nil).turn(t.Context(), serviceECS, "CreateService"); err != nil {
		t.Errorf("without a pacer: %v", err)
	}
}

// What changes load balancing draws from two buckets at once, and what it cannot have from one is not taken from the other.
func TestPacerOfLoadBalancing(t *testing.T) {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	p := newPacer(func() time.Time { return now }, 0)
	taken := func(operation string) (n int) {
		for p.turn(t.Context(), serviceELB, operation) == nil {
			n++
		}
		return n
	}
	if n := taken("CreateRule"); n != 16 {
		t.Errorf("%d changes at once, want 16", n)
	}
	if n := taken("DescribeRules"); n != 16 {
		t.Errorf("%d reads beside them, want the other 16 of all 32", n)
	}
	now = now.Add(5 * time.Second)
	if changes, reads := taken("DeleteRule"), taken("DescribeTags"); changes != 12 || reads != 20 {
		t.Errorf("after five seconds %d changes and %d reads, want 12 and 20", changes, reads)
	}
	if err := p.turn(t.Context(), serviceECS, "CreateService"); err != nil {
		t.Errorf("of another service: %v", err)
	}
}
