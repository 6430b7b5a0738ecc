package compute

import (
	"context"
	"fmt"
	"maps"

	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"qabot/provisioner"
	"qabot/store"
)

// image is a commit's image in the registry. Images belong to commits, not to environments, and stay: the repository's
// lifecycle rule removes them. What an environment has of its own is the build.
type image struct {
	app      App
	runs     runner
	registry *registry
	notebook Notebook
	Options
}

var _ provisioner.Resource = (*image)(nil)

// Image gives the resource "image": Ready when the repository has the tag git-<commit>.
func Image(app App, clients *Clients, notebook Notebook, o Options) provisioner.Resource {
	var runs runner = builds{clients: clients, app: app, kind: ImageKind, project: app.ImageProject}
	if app.Pipeline != "" || app.PipelineTemplate != "" {
		runs = newExecutions(app, clients)
	}
	return &image{
		app: app, notebook: notebook, Options: o, runs: runs,
		registry: &registry{clients: clients, repository: app.Repository},
	}
}

func (m *image) Kind() store.Kind { return ImageKind }

func (m *image) Observe(ctx context.Context, envs []store.Environment) ([]store.Observation, error) {
	sight, err := m.look(ctx, envs)
	if err != nil {
		return allUnseen(len(envs), err)
	}
	seen := make([]store.Observation, len(envs))
	for i, env := range envs {
		seen[i] = m.judge(env, sight)
	}
	return seen, nil
}

// imageSight is what was seen for a number of environments.
type imageSight struct {
	there  map[string]bool // by tag
	byID   map[string]run  // those that facts name
	recent []run           // only when somebody is to be rid of

	remains map[store.ID]bool // of those that leave: what outlives their runs
}

func (m *image) look(ctx context.Context, envs []store.Environment) (s imageSight, err error) {
	now := m.now()
	var tags, believed, ids []string
	var leaving []store.ID
	for _, env := range envs {
		switch tag := imageTag(env.Spec.Commit); {
		case !env.Spec.Wants(ImageKind, now):
			leaving = append(leaving, env.ID)
		case provisioner.AtRest(ctx) && hadImage(env) && !m.registry.clients.memory.due("image/"+tag, now):
			believed = append(believed, tag)
		default:
			tags = append(tags, tag)
		}
	}
	if s.there, err = m.registry.there(ctx, tags); err != nil {
		return s, err
	}
	for _, tag := range believed {
		s.there[tag] = true
	}
	for _, env := range envs {
		f := env.Facts[ImageKind]
		settled := env.Spec.Wants(ImageKind, now) && s.there[imageTag(env.Spec.Commit)] && f.Commit == env.Spec.Commit
		if f.Ref != "" && f.Outcome == "" && !settled {
			ids = append(ids, f.Ref)
		}
	}
	if s.byID, err = m.runs.get(ctx, ids); err != nil {
		return s, err
	}
	if len(leaving) > 0 {
		if s.recent, err = m.runs.recent(ctx, leaving); err != nil {
			return s, err
		}
		if s.remains, err = m.runs.remains(ctx, leaving); err != nil {
			return s, err
		}
	}
	// A build may have ended between the two looks: what has succeeded is looked for again.
	var again []string
	for _, env := range envs {
		if b := s.byID[env.Facts[ImageKind].Ref]; b.status == cbtypes.StatusTypeSucceeded && !s.there[imageTag(env.Spec.Commit)] {
			again = append(again, imageTag(env.Spec.Commit))
		}
	}
	late, err := m.registry.there(ctx, again)
	maps.Copy(s.there, late)
	return s, err
}

// hadImage tells whether the last look found the image that is wanted.
func hadImage(env store.Environment) bool {
	o := env.Status.Seen[ImageKind]
	return o.State == store.Ready && o.Commit == env.Spec.Commit
}

func (m *image) judge(env store.Environment, s imageSight) store.Observation {
	f, spec, now := env.Facts[ImageKind], env.Spec, m.now()
	b, known := s.byID[f.Ref]
	switch {
	case !spec.Wants(ImageKind, now):
		if going := ongoing(env.ID, s.byID[f.Ref], s.recent); len(going) > 0 {
			return store.Observation{State: store.Leaving, Detail: going[0].progress(store.BuildRunning)}
		}
		if s.remains[env.ID] {
			return store.Observation{State: store.Stale}
		}
		return store.Observation{State: store.Absent}
	case s.there[imageTag(spec.Commit)]:
		o := store.Observation{State: store.Ready, Detail: store.Say(store.ImageThere), Commit: spec.Commit}
		if b.running() && f.Commit != spec.Commit {
			o.State = store.Stale
		}
		return o
	case f.Commit != spec.Commit:
		return store.Observation{State: store.Absent}
	case f.Outcome == store.Botched && f.Generation == spec.Generation:
		return store.Observation{State: store.Failed, Detail: f.Detail, URL: f.Extra}
	case b.running():
		return store.Observation{State: store.Working, Detail: b.progress(store.BuildRunning)}
	case f.Ref != "" && f.Outcome == "" && !known && now.Before(f.Began.Add(visible)):
		return store.Observation{State: store.Working, Detail: store.Say(store.BuildQueued)}
	case b.status == cbtypes.StatusTypeSucceeded && used(env):
		return store.Observation{State: store.Absent}
	case known && f.Generation == spec.Generation:
		return store.Observation{State: store.Stale, Detail: m.failure(b, spec.Commit), URL: b.url}
	}
	if d, wait := held(f, spec, now); wait {
		return store.Observation{State: store.Held, Detail: d}
	}
	return store.Observation{State: store.Absent}
}

// used tells that a migration began with the image of the newest build: the image was there, and was removed since.
func used(env store.Environment) bool {
	build, migration := env.Facts[ImageKind], env.Facts[MigrationKind]
	return migration.Commit == build.Commit && migration.Began.After(build.Began)
}

func (m *image) failure(b run, commit string) store.Detail {
	switch b.status {
	case cbtypes.StatusTypeSucceeded:
		return store.Say(store.BuildNoImage, m.registry.name(), imageTag(commit))
	case cbtypes.StatusTypeStopped:
		return store.Say(store.BuildStopped)
	case cbtypes.StatusTypeTimedOut:
		if b.phase == "QUEUED" {
			return store.Say(store.BuildUnbegun, b.phase)
		}
		return store.Say(store.BuildTimeout, b.phase)
	}
	return store.Say(store.BuildFailed, b.phase)
}

// record notes how the build failed that the fact names, so that its log is read once. It may have pushed its image in the end.
func (m *image) record(ctx context.Context, c *store.Claim, f store.Fact, b run) error {
	tag := imageTag(f.Commit)
	if there, err := m.registry.there(ctx, []string{tag}); err != nil || there[tag] {
		return fault(err)
	}
	f.Outcome, f.Detail, f.Extra, f.Ended = store.Botched, m.failure(b, f.Commit), b.url, b.ended
	if lines, _, err := m.runs.explain(ctx, b.id); err == nil { // a log that cannot be read must not keep the failure from being noted
		f.Detail = causeOf(f.Detail, lines)
	}
	if f.Ended.IsZero() {
		f.Ended = m.now()
	}
	if err := m.notebook.Note(ctx, c, ImageKind, f); err != nil {
		return fmt.Errorf("note outcome of build %s: %w", f.Ref, err)
	}
	return nil
}

// Apply stops what was superseded, notes a build that has failed, and starts one of the commit unless it is on its way.
func (m *image) Apply(ctx context.Context, c *store.Claim, seen store.Observation) error {
	if seen.State != store.Absent && seen.State != store.Stale {
		return nil
	}
	ctx = store.WithClaim(ctx, c)
	f, spec := c.Facts[ImageKind], c.Spec
	byID, err := m.runs.get(ctx, refs(f))
	if err != nil {
		return fault(err)
	}
	mine := f.Commit == spec.Commit && f.Generation == spec.Generation && f.Outcome == ""
	if b, known := byID[f.Ref]; seen.State == store.Stale && known && mine && !b.running() {
		return m.record(ctx, c, f, b)
	}
	recent, err := m.runs.recent(ctx, []store.ID{c.ID})
	if err != nil {
		return fault(err)
	}
	noted := intent(f, spec, m.now())
	token := tokenOf(c.ID, ImageKind, noted)
	adopted := run{}
	for _, b := range ongoing(c.ID, byID[f.Ref], recent) {
		if b.commit == spec.Commit && seen.State == store.Absent {
			adopted = b
		} else if err := m.runs.stop(ctx, b.id); err != nil {
			return err
		}
	}
	if seen.State == store.Stale {
		return nil
	}
	for _, b := range recent {
		if b.environment == c.ID && b.token == token {
			adopted = b
		}
	}
	if adopted.id == "" {
		if err := m.notebook.Note(ctx, c, ImageKind, noted); err != nil {
			return fmt.Errorf("note build: %w", err)
		}
		if adopted, err = m.start(ctx, c.Environment, token); err != nil {
			if full, ok := refused(err, noted, m.now()); ok {
				return m.notebook.Note(ctx, c, ImageKind, full)
			}
			return fault(err)
		}
	}
	noted.Ref = adopted.id
	if err := m.notebook.Note(ctx, c, ImageKind, noted); err != nil {
		return fmt.Errorf("note build %s: %w", adopted.id, err)
	}
	return nil
}

func (m *image) start(ctx context.Context, env store.Environment, token string) (run, error) {
	uri, err := m.registry.address(ctx)
	if err != nil {
		return run{}, err
	}
	return m.runs.start(ctx, job{env: env, token: token, source: env.Spec.Commit, plain: map[string]string{
		"BRANCH": env.Spec.Branch, "COMMIT": env.Spec.Commit,
		"IMAGE_REPOSITORY": uri, "IMAGE_TAG": imageTag(env.Spec.Commit),
	}})
}

// Remove stops builds that are on their way, and takes away what outlives them.
func (m *image) Remove(ctx context.Context, c *store.Claim, _ store.Observation) error {
	ctx = store.WithClaim(ctx, c)
	if going, err := stopAll(ctx, c, ImageKind, m.runs, m.notebook); err != nil || going > 0 {
		return err
	}
	return m.runs.clear(ctx, c)
}

// Explain gives the last lines of the build's log.
func (m *image) Explain(ctx context.Context, env store.Environment, _ store.Observation) ([]string, string, error) {
	return explainRun(ctx, m.runs, env.Facts[ImageKind])
}
