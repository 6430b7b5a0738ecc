package awssim

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Runner does the real work behind builds and tasks. Either function may be nil: then builds succeed and containers
// are imaginary, running and healthy until told otherwise. The functions are called without the region's lock, and may
// use the region.
type Runner struct {
	// Build does the work of one build and writes its log; exit 0 means SUCCEEDED. ctx ends when the build is stopped
	// or times out, or the region closes.
	Build func(ctx context.Context, b BuildJob, log io.Writer) (exit int, err error)
	// Start starts one container. Its error fails the task with CannotStartContainerError.
	Start func(t TaskJob, log io.Writer) (Process, error)
	// Check runs the command of a container's health check in it, and tells whether it passed. When nil, what runs is healthy.
	Check func(t TaskJob, command []string) bool
}

// BuildJob is one build as its container would see it.
type BuildJob struct {
	Project, ID, SourceVersion string
	Buildspec                  string            // the override, or else the project's
	Env                        map[string]string // project's and overrides, PARAMETER_STORE resolved
}

// TaskJob is one container of one task.
type TaskJob struct {
	ARN       string // of the task
	Service   string // empty for RunTask
	Family    string
	Container string
	Image     string
	Address   string            // private address of the task
	Command   []string          // the override's, or else the definition's entry point and command
	Env       map[string]string // definition's and overrides, secrets resolved
	Ports     []int             // container ports
}

// Process is a started container.
type Process interface {
	Addr(containerPort int) string // host:port that reaches the port; empty when nothing listens
	Done() <-chan struct{}         // closed when it has ended
	ExitCode() int                 // valid after Done
	Stop(grace time.Duration)      // asks it to end, and kills it after grace; returns when it has ended
}

// Outcome scripts one build. The zero value leaves it to the Runner, or lets it succeed.
type Outcome struct {
	FailIn  string        // phase in which it fails: "PROVISIONING", "DOWNLOAD_SOURCE", "PRE_BUILD", "BUILD", ...
	Message string        // the failed phase's context, e.g. "Error while executing command: docker build"
	Idle    bool          // succeeds without work: the Runner is left out
	Hang    bool          // stays in BUILD until stopped or timed out
	Queue   time.Duration // additional virtual time in QUEUED
	Log     []string      // lines written in BUILD, or in the phase that fails before
	Images  []string      // "repository:tag", pushed when the build succeeds
}

// TaskOutcome scripts one container. The zero value leaves it to the Runner, or lets it run and be healthy.
type TaskOutcome struct {
	NoCapacity bool          // the task cannot be placed
	CannotPull bool          // CannotPullContainerError
	Exits      bool          // ends by itself
	ExitCode   int           // how it ends
	After      time.Duration // virtual time in RUNNING before it ends
	NoMemory   bool          // ends as one that needed more memory than it may have: exit code 137
	Unhealthy  bool          // never passes a health check
	Status     int           // HTTP status that an unhealthy one answers health checks with; default 500, negative: no answer
	Log        []string      // lines written at its start
	Serve      http.Handler  // answers what listeners forward to it; nil: a line of text
}

// imaginary reports whether the outcome replaces the process.
func (o TaskOutcome) imaginary() bool { return o.Exits || o.NoMemory || o.Unhealthy || o.Serve != nil }

// OnBuild sets a function that is asked once for each build, when it is started, under the region's
// lock: it must not use the region. Variables whose parameter does not exist are missing from the job.
func (r *Region) OnBuild(f func(BuildJob) Outcome) {
	r.locked(func() { r.onBuild = f })
}

// OnTask sets a function that is asked once for each container of a task, when the task is placed, under the
// region's lock: it must not use the region. Secrets that do not exist are missing from the job.
func (r *Region) OnTask(f func(TaskJob) TaskOutcome) {
	r.locked(func() { r.onTask = f })
}

// PushesImage is a hook for OnBuild: a build leaves the image that its environment names in IMAGE_REPOSITORY and
// IMAGE_TAG. The repository may be given with or without the registry's host.
func PushesImage(b BuildJob) Outcome {
	return Outcome{
		Log:    []string{"building " + b.SourceVersion, "pushing " + b.Env["IMAGE_REPOSITORY"] + ":" + b.Env["IMAGE_TAG"]},
		Images: []string{b.Env["IMAGE_REPOSITORY"] + ":" + b.Env["IMAGE_TAG"]},
	}
}
