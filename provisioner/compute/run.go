package compute

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"qabot/store"
)

const (
	// withdrawn is the generation of a run that we stopped ourselves: no generation of a wish counts it as its failure.
	withdrawn = -1
	// visible is how long a run that was just started may be missing from answers.
	visible = time.Minute
	// quotaPause is how long a full queue is left alone.
	quotaPause = time.Minute
)

// A runner starts, finds and stops the runs of one kind: builds of a CodeBuild project, tasks of ECS, executions of a
// pipeline.
type runner interface {
	// get gives the runs of those IDs that are there. IDs of another sort of runner are not.
	get(ctx context.Context, ids []string) (map[string]run, error)
	// recent gives our newest runs, the newest first: of these environments all that go on.
	recent(ctx context.Context, ids []store.ID) ([]run, error)
	// start starts a run. The same job, token and all, starts nothing new for a while. A *fullError says that nothing was
	// started for want of capacity.
	start(ctx context.Context, j job) (run, error)
	// stop asks a run to end.
	stop(ctx context.Context, id string) error
	// explain gives the last lines of a run's log, and where to read all of it.
	explain(ctx context.Context, id string) (lines []string, url string, err error)
	// remains tells which of these environments have something of ours that outlives runs, and clear takes it away, at each
	// call a part.
	remains(ctx context.Context, ids []store.ID) (map[store.ID]bool, error)
	clear(ctx context.Context, c *store.Claim) error
}

// job is what a run is to do.
type job struct {
	env           store.Environment
	token         string            // names the attempt
	plain, secret map[string]string // variables; secrets are references
	source        string            // commit to build; empty: nothing is
	image         string            // to run commands in; empty: there are none
	command       string
	seed          string // command that follows it; empty: none
}

// run is one of them, as far as we care. Its status is in the words of CodeBuild.
type run struct {
	id, token, commit string
	environment       store.ID // empty: not ours
	status            cbtypes.StatusType
	phase             string       // the present one, or the one that failed
	why               store.Detail // of its failure, where there is more to say than the phase
	said              string       // by AWS of the phase that failed
	seeded            bool
	url               string // of the log
	group, stream     string // of the log in CloudWatch
	began, ended      time.Time
}

func (r run) running() bool { return r.status == cbtypes.StatusTypeInProgress }

// progress says how far a running build is.
func (r run) progress(running string) store.Detail {
	if r.phase == "QUEUED" || r.phase == "SUBMITTED" {
		return store.Say(store.BuildQueued)
	}
	return store.Say(running, r.phase)
}

// intent is the fact to note before a run is started: the one that is noted already where the answer was lost, so that
// both have one token.
func intent(noted store.Fact, spec store.Spec, now time.Time) store.Fact {
	if noted.Commit == spec.Commit && noted.Generation == spec.Generation && noted.Ref == "" && noted.Outcome == "" && !noted.Began.IsZero() {
		noted.Detail, noted.Ended = store.Detail{}, time.Time{}
		return noted
	}
	return store.Fact{Commit: spec.Commit, Generation: spec.Generation, Passed: noted.Passed, Began: now.Truncate(time.Millisecond)}
}

// tokenOf names the attempt that the intent is for.
func tokenOf(id store.ID, kind store.Kind, f store.Fact) string {
	return digest(string(id), string(kind), f.Commit, strconv.FormatInt(f.Generation, 10), strconv.FormatInt(f.Began.UnixMilli(), 10))
}

// fullError says that nothing was started for want of capacity, and may be asked for again.
type fullError struct {
	detail store.Detail
	err    error
}

func (e *fullError) Error() string { return e.err.Error() }
func (e *fullError) Unwrap() error { return e.err }

// held says that an intent waits for capacity, and until when it is left alone.
func held(f store.Fact, spec store.Spec, now time.Time) (store.Detail, bool) {
	waits := f.Detail.Code != "" && f.Ref == "" && f.Outcome == ""
	mine := f.Commit == spec.Commit && f.Generation == spec.Generation && waits
	return f.Detail, mine && now.Before(f.Ended.Add(quotaPause))
}

// refused turns a refusal for want of capacity into the fact that says so. The next attempt has a token of its own: what
// a used one would start is not for us to guess.
func refused(err error, f store.Fact, now time.Time) (store.Fact, bool) {
	var full *fullError
	if !errors.As(err, &full) {
		return f, false
	}
	f.Detail, f.Began, f.Ended = full.detail, now.Truncate(time.Millisecond), now
	return f, true
}

// ongoing gives the environment's running runs.
func ongoing(id store.ID, noted run, recent []run) (going []run) {
	if noted.running() {
		going = append(going, noted)
	}
	for _, b := range recent {
		if b.environment == id && b.running() && b.id != noted.id {
			going = append(going, b)
		}
	}
	return going
}

// stopAll stops all runs of the environment, notes that it was us, and tells how many there were.
func stopAll(ctx context.Context, c *store.Claim, kind store.Kind, r runner, notebook Notebook) (int, error) {
	f := c.Facts[kind]
	byID, err := r.get(ctx, refs(f))
	if err != nil {
		return 0, fault(err)
	}
	recent, err := r.recent(ctx, []store.ID{c.ID})
	if err != nil {
		return 0, fault(err)
	}
	going := ongoing(c.ID, byID[f.Ref], recent)
	if len(going) > 0 && f.Outcome == "" && f.Generation != withdrawn {
		f.Generation = withdrawn
		if err := notebook.Note(ctx, c, kind, f); err != nil {
			return 0, fmt.Errorf("note that %s is stopped: %w", kind, err)
		}
	}
	for _, b := range going {
		if err := r.stop(ctx, b.id); err != nil {
			return 0, err
		}
	}
	return len(going), nil
}

func refs(f store.Fact) []string {
	if f.Ref == "" {
		return nil
	}
	return []string{f.Ref}
}
