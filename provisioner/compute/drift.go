package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qabot/store"
)

// driftQuiet is how long the same change from outside is told only once: whoever makes it again and again knows.
const driftQuiet = time.Hour

// tellDrift tells the thread what somebody changed from outside, before it is put right: a note that is there already is
// no second one.
func tellDrift(ctx context.Context, n Notebook, c *store.Claim, kind store.Kind, now time.Time, changed []string) error {
	if len(changed) == 0 {
		return nil
	}
	key := fmt.Sprintf("drift/%s/%s/%d", kind, digest(strings.Join(changed, " ")), now.UnixNano()/int64(driftQuiet))
	e := store.Event{Key: key, Code: store.EventDrift, Kind: kind, Generation: c.Spec.Generation, Detail: store.Detail{Args: changed}}
	if err := n.Tell(ctx, c, e); err != nil {
		return fmt.Errorf("tell of a change to %s of %s: %w", kind, c.ID, err)
	}
	return nil
}

// rested tells whether the resource was seen as wanted under the very wish that there is now: what differs since then was
// not wished for.
func rested(env store.Environment, kind store.Kind) bool {
	return env.Status.Version == env.Spec.Version && env.Status.Seen[kind].State == store.Ready
}

// drift gives what somebody changed about a service from outside. A service that is as it was left differs because of
// what is wished for, or because staging changed: that is no drift.
func (s *service) drift(env store.Environment, v serviceSight, due todo) ([]string, error) {
	f := env.Facts[s.Kind()]
	switch {
	case due == create && f.Ref != "" && rested(env, s.Kind()):
		return []string{store.DriftGone}, nil
	case due == roll && f.Outcome == store.Succeeded && f.Commit == env.Facts[MigrationKind].Passed && f.Ref != deref(v.primary().TaskDefinition):
		return []string{store.DriftVersion}, nil
	case due != adjust || f.Left == "" || f.Outcome == store.Botched || v.staging == nil:
		return nil, nil
	}
	is := settingsOfService(*v.service)
	if is.digest() == f.Left {
		return nil, nil
	}
	want, err := s.plan(env, v)
	if err != nil {
		return nil, err
	}
	return settingsOfInput(want.service).changes(is), nil
}

// digest names settings, but for what not every endpoint tells.
func (s settings) digest() string {
	s.Failures = ""
	return digest(fmt.Sprintf("%+v", s))
}

// changes gives the Drift codes of what is different.
func (s settings) changes(is settings) (codes []string) {
	add := func(code string, differs bool) {
		if differs && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	add(store.DriftCount, s.Desired != is.Desired)
	add(store.DriftCapacity, s.Capacity != is.Capacity)
	add(store.DriftNetwork, s.Subnets != is.Subnets || s.SecurityGroups != is.SecurityGroups || s.PublicIP != is.PublicIP)
	add(store.DriftHealth, s.Grace != is.Grace)
	add(store.DriftRouting, s.Target != is.Target)
	add(store.DriftRollout, s.Breaker != is.Breaker || s.Rebalancing != is.Rebalancing)
	add(store.DriftSettings, s.Platform != is.Platform || s.Propagate != is.Propagate || s.Managed != is.Managed || s.Exec != is.Exec)
	return codes
}

// drift gives what somebody changed about a route from outside, or what the configuration now wants otherwise.
func (r *route) drift(env store.Environment, w way) (codes []string) {
	if !rested(env, r.Kind()) {
		return nil
	}
	switch {
	case w.group == nil && len(w.doors) == 0:
		return []string{store.DriftGone}
	case w.group != nil && (!w.attuned || !r.healthFits(*w.group)):
		codes = append(codes, store.DriftHealth)
	}
	if w.group == nil || len(w.doors) != 1 || !r.fits(env, w.doors[0], env.Allotted[r.Kind()], *w.group) {
		codes = append(codes, store.DriftRouting)
	}
	return codes
}
