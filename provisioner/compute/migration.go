package compute

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"qabot/provisioner"
	"qabot/store"
)

// migration runs a commit's migrations once for each incarnation of the environment's data, in a CodeBuild project. It is
// the gate: what its Fact has as Passed is what services may run.
type migration struct {
	app      App
	runs     runs
	registry *registry
	notebook Notebook
	ledger   Ledger
	sources  []Source
	Options
}

var _ provisioner.Resource = (*migration)(nil)

// Migration gives the resource "migration".
func Migration(app App, clients *Clients, notebook Notebook, o Options, ledger Ledger, sources ...Source) provisioner.Resource {
	return &migration{
		app: app, notebook: notebook, ledger: ledger, sources: sources, Options: o,
		runs:     runs{clients: clients, app: app, kind: MigrationKind, project: app.MigrateProject},
		registry: &registry{clients: clients, repository: app.Repository},
	}
}

func (m *migration) Kind() store.Kind { return MigrationKind }

func (m *migration) Observe(ctx context.Context, envs []store.Environment) ([]store.Observation, error) {
	now := m.now()
	var ids []string
	var wanted []store.Environment
	for _, env := range envs {
		if f := env.Facts[MigrationKind]; f.Outcome == "" {
			ids = append(ids, refs(f)...)
		}
		if env.Spec.Wants(MigrationKind, now) {
			wanted = append(wanted, env)
		}
	}
	byID, err := m.runs.get(ctx, ids)
	if err != nil {
		return allUnseen(len(envs), err)
	}
	var recent []run
	if len(wanted) < len(envs) {
		if recent, err = m.runs.recent(ctx); err != nil {
			return allUnseen(len(envs), err)
		}
	}
	migrated, err := m.migrated(ctx, wanted)
	if err != nil {
		return nil, err
	}
	seen := make([]store.Observation, len(envs))
	for i, env := range envs {
		b, known := byID[env.Facts[MigrationKind].Ref]
		if !env.Spec.Wants(MigrationKind, now) {
			seen[i] = m.leaving(env.Facts[MigrationKind], ongoing(env.ID, b, recent))
			continue
		}
		seen[i] = m.judge(env, b, known, migrated[env.ID])
	}
	return seen, nil
}

func (m *migration) migrated(ctx context.Context, envs []store.Environment) (map[store.ID]bool, error) {
	byID := map[store.ID]bool{}
	if len(envs) == 0 {
		return byID, nil
	}
	migrated, err := m.ledger.Migrated(ctx, envs)
	if err != nil {
		return nil, fmt.Errorf("read which commits have migrated: %w", err)
	}
	for i, env := range envs {
		byID[env.ID] = migrated[i]
	}
	return byID, nil
}

// leaving tells how an unwanted migration stands. It is not gone before its fact is closed: the data may be dropped next,
// and then nobody could tell what the run did to it.
func (m *migration) leaving(f store.Fact, going []run) store.Observation {
	switch {
	case len(going) > 0:
		return store.Observation{State: store.Leaving, Detail: store.Say(store.MigrationRunning, going[0].phase)}
	case open(f):
		return store.Observation{State: store.Stale}
	}
	return store.Observation{State: store.Absent}
}

// open tells that a run was meant to start whose outcome is not noted.
func open(f store.Fact) bool { return f.Commit != "" && f.Outcome == "" }

// epoch names the incarnation of the data that a run works on; a fact keeps it as Extra until the run has ended.
func epoch(spec store.Spec) string { return strconv.FormatInt(spec.Data.Epoch, 10) }

// current tells whether the run works on the data that is wanted. An older commit's does too, and goes on to its end: a
// migration cut in half leaves a schema that no migration was written for.
func current(f store.Fact, spec store.Spec) bool { return f.Extra == epoch(spec) }

// judge tells how a wanted migration stands. b is the run that the fact names, while its outcome is not noted.
func (m *migration) judge(env store.Environment, b run, known, migrated bool) store.Observation {
	f, spec := env.Facts[MigrationKind], env.Spec
	pending := f.Ref != "" && f.Outcome == ""
	switch {
	case pending && !known && m.now().Before(f.Began.Add(visible)):
		return store.Observation{State: store.Working, Detail: store.Say(store.MigrationRunning, "SUBMITTED")}
	case pending && b.running() && current(f, spec):
		return store.Observation{State: store.Working, Detail: store.Say(store.MigrationRunning, b.phase)}
	case pending && b.running():
		return store.Observation{State: store.Stale, Detail: store.Say(store.MigrationRunning, b.phase)}
	case pending:
		return store.Observation{State: store.Stale, Detail: store.Say(store.MigrationRunning, b.phase), Free: true}
	case migrated && f.Passed == spec.Commit:
		return store.Observation{State: store.Ready, Detail: store.Say(store.MigrationDone), Commit: spec.Commit}
	case migrated:
		return store.Observation{State: store.Stale}
	case f.Outcome == store.Botched && f.Commit == spec.Commit && f.Generation == spec.Generation:
		return store.Observation{State: store.Failed, Detail: f.Detail, URL: f.Extra}
	}
	if d, wait := held(f, spec, m.now()); wait {
		return store.Observation{State: store.Held, Detail: d}
	}
	return store.Observation{State: store.Absent}
}

// Apply moves the migration one step on: it records a run that has ended, stops one on data that nobody wants any more,
// or starts the one that is due.
func (m *migration) Apply(ctx context.Context, c *store.Claim, seen store.Observation) error {
	if seen.State != store.Absent && seen.State != store.Stale {
		return nil
	}
	ctx = store.WithClaim(ctx, c)
	f, spec := c.Facts[MigrationKind], c.Spec
	if f.Ref != "" && f.Outcome == "" {
		byID, err := m.runs.get(ctx, refs(f))
		if err != nil {
			return fault(err)
		}
		switch b := byID[f.Ref]; {
		case !b.running():
			return m.record(ctx, c, f, b)
		case !current(f, spec):
			return m.runs.stop(ctx, b.id)
		}
		return nil
	}
	migrated, err := m.migrated(ctx, []store.Environment{c.Environment})
	if err != nil {
		return err
	}
	if migrated[c.ID] {
		return m.pass(ctx, c, f)
	}
	return m.start(ctx, c, f)
}

// pass notes a commit whose migrations have run before: a rollback.
func (m *migration) pass(ctx context.Context, c *store.Claim, f store.Fact) error {
	if f.Passed == c.Spec.Commit {
		return nil
	}
	f.Passed = c.Spec.Commit
	if err := m.notebook.Note(ctx, c, MigrationKind, f); err != nil {
		return fmt.Errorf("note that %s has migrated: %w", c.Spec.Commit, err)
	}
	return nil
}

// start starts the run that is due, unless the answer to its start was lost: then it is adopted. Any other run of the
// environment is stopped first, and its end waited for: two must never work on the same data.
func (m *migration) start(ctx context.Context, c *store.Claim, f store.Fact) error {
	recent, err := m.runs.recent(ctx)
	if err != nil {
		return fault(err)
	}
	noted := intent(f, c.Spec, m.now())
	noted.Extra = epoch(c.Spec)
	token := m.runs.token(c.ID, noted)
	for _, b := range recent {
		if b.environment == c.ID && b.token == token {
			return m.noteRun(ctx, c, noted, b)
		}
	}
	going := ongoing(c.ID, run{}, recent)
	for _, b := range going {
		if err := m.runs.stop(ctx, b.id); err != nil {
			return err
		}
	}
	if len(going) > 0 {
		return nil // its end is waited for
	}
	seed, err := m.ledger.Begin(ctx, c)
	if err != nil {
		return fmt.Errorf("begin migration of %s: %w", c.Spec.Commit, err)
	}
	if err := m.notebook.Note(ctx, c, MigrationKind, noted); err != nil {
		return fmt.Errorf("note migration: %w", err)
	}
	uri, err := m.registry.address(ctx)
	if err != nil {
		return fault(err)
	}
	plain, secret := m.app.environ(c.Environment, c.Spec.Commit, m.sources)
	names := slices.Sorted(maps.Keys(plain))
	names = append(names, slices.Sorted(maps.Keys(secret))...)
	maps.Copy(plain, map[string]string{
		"VARIABLES": strings.Join(names, " "), // those meant for the container, as the buildspec hands them on
		"IMAGE":     uri + ":" + imageTag(c.Spec.Commit), "MIGRATE_COMMAND": m.app.MigrateCommand,
		"SEED_COMMAND": m.app.SeedCommand, "SEED": fmt.Sprint(seed && m.app.SeedCommand != ""),
	})
	b, err := m.runs.start(ctx, c.ID, "", token, plain, secret)
	if fact, ok := quota(err, noted, m.now()); ok {
		return m.notebook.Note(ctx, c, MigrationKind, fact)
	}
	if err != nil {
		return fault(err)
	}
	return m.noteRun(ctx, c, noted, b)
}

func (m *migration) noteRun(ctx context.Context, c *store.Claim, noted store.Fact, b run) error {
	noted.Ref = b.id
	if err := m.notebook.Note(ctx, c, MigrationKind, noted); err != nil {
		return fmt.Errorf("note migration %s: %w", b.id, err)
	}
	return nil
}

// record writes down how a run ended: in the data itself, in the journal, and last in the fact, so that what a crash cuts
// off is done again. A run that is not known any more counts as failed.
func (m *migration) record(ctx context.Context, c *store.Claim, f store.Fact, b run) error {
	passed := b.status == cbtypes.StatusTypeSucceeded
	if f.Extra != epoch(c.Spec) {
		return m.withdraw(ctx, c, f) // the data that it worked on is gone
	}
	changes, err := m.ledger.Finish(ctx, c, passed)
	if err != nil {
		return fmt.Errorf("finish migration of %s: %w", f.Commit, err)
	}
	f.Ended, f.Extra = b.ended, b.url
	if f.Ended.IsZero() {
		f.Ended = m.now()
	}
	f.Outcome, f.Detail = store.Botched, store.Say(store.MigrationFailed, where(b))
	if passed {
		f.Outcome, f.Passed, f.Detail = store.Succeeded, f.Commit, store.Say(store.MigrationDone)
		if err := m.notebook.Tell(ctx, c, m.story(c.ID, f, b, changes)); err != nil {
			return fmt.Errorf("tell migration of %s: %w", f.Commit, err)
		}
	}
	if err := m.notebook.Note(ctx, c, MigrationKind, f); err != nil {
		return fmt.Errorf("note outcome of migration %s: %w", f.Ref, err)
	}
	return nil
}

// story is the journal's event of a migration that passed.
func (m *migration) story(id store.ID, f store.Fact, b run, changes []store.Change) store.Event {
	e := store.Event{Environment: id, Key: fmt.Sprintf("migrated/%d/%s", f.Generation, f.Commit), Code: store.EventMigrated,
		At: m.now(), Kind: MigrationKind, Commit: f.Commit, Generation: f.Generation, Changes: changes,
		Detail: store.Say(store.MigrationDone), URL: b.url}
	if b.seeded {
		e.Detail = store.Say(store.MigrationDone, "seeded")
	}
	e.Took = max(m.now().Sub(f.Began), 0)
	if took := b.ended.Sub(b.began); !b.began.IsZero() && took > 0 {
		e.Took = min(e.Took, took) // ours may count a time in which nobody looked
	}
	return e
}

// withdraw closes a fact that nobody will ask the outcome of.
func (m *migration) withdraw(ctx context.Context, c *store.Claim, f store.Fact) error {
	f.Outcome, f.Generation, f.Ended = store.Botched, withdrawn, m.now()
	if err := m.notebook.Note(ctx, c, MigrationKind, f); err != nil {
		return fmt.Errorf("note that migration %s is withdrawn: %w", f.Ref, err)
	}
	return nil
}

// where names what a failed run failed in.
func where(b run) string {
	if b.status == cbtypes.StatusTypeFailed || b.status == cbtypes.StatusTypeFault {
		return b.phase
	}
	if b.status == "" {
		return "UNKNOWN"
	}
	return string(b.status)
}

// Remove stops a run that is on its way, and closes its fact when it has ended.
func (m *migration) Remove(ctx context.Context, c *store.Claim, _ store.Observation) error {
	ctx = store.WithClaim(ctx, c)
	going, err := stopAll(ctx, c, m.runs, m.notebook)
	if f := c.Facts[MigrationKind]; err == nil && going == 0 && open(f) {
		return m.withdraw(ctx, c, f)
	}
	return err
}

// Explain gives the last lines of the run's log.
func (m *migration) Explain(ctx context.Context, env store.Environment, _ store.Observation) ([]string, string, error) {
	return explainRun(ctx, m.runs, env.Facts[MigrationKind].Ref)
}
