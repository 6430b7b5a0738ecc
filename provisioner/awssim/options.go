package awssim

import (
	"fmt"
	"log/slog"
	"net"
	"time"
)

// Options sets up a Region. The zero value is a region that is stepped by hand, with AWS's quotas, without throttling.
type Options struct {
	Region  string    // default us-east-1
	Account string    // default 123456789012
	Start   time.Time // virtual time at the beginning; default: now when Speed is set, else a fixed instant
	Speed   float64   // virtual seconds per real second; zero: only Advance moves the clock

	Durations *Durations // default DefaultDurations
	Quotas    *Quotas    // default DefaultQuotas
	Throttle  bool       // enforce the request buckets of ECS and ELBv2
	// ReadLag is how long a new service, task, target group, listener, or (in lists only) task definition or build
	// stays invisible to reads. Calls that refer to it find it at once.
	ReadLag time.Duration

	Runner *Runner
	// Address gives the n-th task its private address; default: one in 10.0.0.0/8.
	Address func(n int) string
	// Listen opens a listener's port. When nil, listeners exist on paper only; see Region.ListenerHandler.
	Listen func(port int32) (net.Listener, error)
	// Arrivals is the clock by which requests at a load balancer are counted; default: the virtual one.
	Arrivals func() time.Time

	// MarkTag is the tag whose value names the environment that a resource belongs to, for Region.LateChanges.
	// Default qabot:environment.
	MarkTag string
	Log     *slog.Logger // default: discarded
}

func (o Options) withDefaults() Options {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Account == "" {
		o.Account = "123456789012"
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
		if o.Speed > 0 {
			o.Start = time.Now().UTC()
		}
	}
	d, q := DefaultDurations(), DefaultQuotas()
	if o.Durations != nil {
		d = *o.Durations // a copy: Adjust must not reach the caller's
	}
	if o.Quotas != nil {
		q = *o.Quotas
	}
	o.Durations, o.Quotas = &d, &q
	if o.Runner == nil {
		o.Runner = &Runner{}
	}
	if o.Address == nil {
		o.Address = func(n int) string { return fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255) }
	}
	if o.MarkTag == "" {
		o.MarkTag = "qabot:environment"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Durations says how long each step takes, in virtual time unless it says otherwise. What a target group, a task
// definition or a project decides for itself (health interval, deregistration delay, time-outs) is not here.
type Durations struct {
	TaskProvisioning   time.Duration // PROVISIONING: placing a task
	TaskPending        time.Duration // PENDING: pulling its images
	TaskStopping       time.Duration // STOPPING of a container without a process
	TaskDeprovisioning time.Duration // DEPROVISIONING
	TaskRetry          time.Duration // before a failed task is replaced; doubles with each failure in a row, up to 5 minutes
	StoppedTaskKept    time.Duration // how long a stopped task stays visible

	Rollback         time.Duration // least time of a rollback
	ServiceInactive  time.Duration // DRAINING to INACTIVE after the last task has stopped
	ServiceForgotten time.Duration // how long an INACTIVE service stays visible

	BuildQueued       time.Duration // QUEUED when capacity is free
	BuildProvisioning time.Duration // PROVISIONING
	BuildStep         time.Duration // each of the small phases
	BuildWork         time.Duration // least time in BUILD, unless the project has its own

	TagLag    time.Duration // before the Tagging API sees a new or changed tag
	TagLinger time.Duration // how long it lists what is deleted

	// ProcessBoot is real time: how long a started process may refuse connections before failed health checks count.
	ProcessBoot time.Duration
}

// DefaultDurations are close to those of a small Fargate service.
func DefaultDurations() Durations {
	return Durations{
		TaskProvisioning: 10 * time.Second, TaskPending: 20 * time.Second, TaskStopping: 2 * time.Second,
		TaskDeprovisioning: 5 * time.Second, TaskRetry: 5 * time.Second, StoppedTaskKept: time.Hour,
		Rollback: 30 * time.Second, ServiceInactive: 10 * time.Second, ServiceForgotten: time.Hour,
		BuildQueued: 5 * time.Second, BuildProvisioning: 20 * time.Second, BuildStep: time.Second, BuildWork: 60 * time.Second,
		TagLag: 10 * time.Second, TagLinger: 2 * time.Hour, ProcessBoot: 20 * time.Second,
	}
}

// Quotas are the limits of the account. Zero means none allowed.
type Quotas struct {
	ListenersPerBalancer    int
	RulesPerBalancer        int // without the default ones
	TargetGroupsPerBalancer int
	TargetGroups            int
	ConcurrentBuilds        int // the queue holds five times as many
	ServicesPerCluster      int
	Parameters              int
	Pipelines               int
}

// DefaultQuotas are AWS's defaults.
func DefaultQuotas() Quotas {
	return Quotas{ListenersPerBalancer: 50, RulesPerBalancer: 100, TargetGroupsPerBalancer: 100, TargetGroups: 3000, ConcurrentBuilds: 20,
		ServicesPerCluster: 5000, Parameters: 10000, Pipelines: 1000}
}
