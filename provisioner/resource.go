package provisioner

import (
	"context"
	"fmt"
	"runtime/debug"

	"qabot/store"
)

// A Resource is one thing that an environment owns. Every method is safe to repeat and none waits: what takes time is
// reported by the next Observe. Methods are called concurrently, also for different environments.
type Resource interface {
	Kind() store.Kind

	// Observe reports on many environments at once, one Observation each, in the same order, and changes nothing: one
	// call per page of an API, not per environment. What cannot be told of one environment is Unknown with a Detail; the
	// error is for the call as a whole only.
	Observe(ctx context.Context, envs []store.Environment) ([]store.Observation, error)

	// Apply creates it, or brings it up to date, or moves it one step on. A *store.Problem says that trying again cannot
	// help, unless it Passes; any other error is tried again later.
	Apply(ctx context.Context, c *store.Claim, seen store.Observation) error

	// Remove takes it away, or asks for that. It is called until Observe says Absent.
	Remove(ctx context.Context, c *store.Claim, seen store.Observation) error
}

// Stages are the resources of one app: an environment is built top to bottom and taken down bottom to top; what stands on
// one line goes side by side.
type Stages [][]Resource

// Kinds gives the stages' kinds, which is what Plan and the checklist that people see are made from.
func (s Stages) Kinds() [][]store.Kind {
	kinds := make([][]store.Kind, len(s))
	for i, line := range s {
		for _, r := range line {
			kinds[i] = append(kinds[i], r.Kind())
		}
	}
	return kinds
}

// observe asks a resource, and holds it to one Observation for each environment.
func observe(ctx context.Context, r Resource, envs []store.Environment) (seen []store.Observation, err error) {
	err = caught(func() (err error) { seen, err = r.Observe(ctx, envs); return err })
	if err == nil && len(seen) != len(envs) {
		err = fmt.Errorf("observe %s: %d observations of %d environments", r.Kind(), len(seen), len(envs))
	}
	return seen, err
}

// caught makes an error of a panic: a fault in one resource must not stop the work on all environments.
func caught(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return do()
}
