package compute

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"qabot/provisioner"
	"qabot/store"
)

// migration runs a commit's migrations once for each incarnation of the environment's data, in a CodeBuild project or
// as an ECS task. It is the gate: what its Fact has as Passed is what services may run.
type migration struct {
	app      App
	runs     runner
	registry *registry
	notebook Notebook
	ledger   Ledger
	sources  []Source
	Options
}

var _ provisioner.Resource = (*migration)(nil)

// Migration gives the resource "migration".
func Migration(app App, clients *Clients, notebook Notebook, o Options, ledger Ledger, sources ...Source) provisioner.Resource {
	var runs runner = builds{clients: clients, app: app, kind: MigrationKind, project: app.MigrateProject}
	if app.MigrateRole != "" {
		runs = newTasks(app, clients)
	}
	return &migration{
		app: app, notebook: notebook, ledger: ledger, sources: sources, Options: o, runs: runs,
		registry: &registry{clients: clients, repository: app.Repository},
	}
}

func (m *migration) Kind() store.Kind { return MigrationKind }

func (m *migration) Observe(ctx context.Context, envs []store.Environment) ([]store.Observation, error) {
	now := m.now()
	var ids []string
	var wanted []store.Environment
	var unwanted []store.ID
	for _, env := range envs {
		if f := env.Facts[MigrationKind]; f.Outcome == "" {
			ids = append(ids, refs(f)...)
		}
		if env.Spec.Wants(MigrationKind, now) {
			wanted = append(wanted, env)
		} else {
			unwanted = append(unwanted, env.ID)
		}
	}
	byID, err := m.runs.get(ctx, ids)
	if err != nil {
		return allUnseen(len(envs), err)
	}
	var recent []run
	var remains map[store.ID]bool
	if len(unwanted) > 0 {
		if recent, err = m.runs.recent(ctx, unwanted); err != nil {
			return allUnseen(len(envs), err)
		}
		if remains, err = m.runs.remains(ctx, unwanted); err != nil {
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
			seen[i] = m.leaving(env.Facts[MigrationKind], ongoing(env.ID, b, recent), remains[env.ID])
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
func (m *migration) leaving(f store.Fact, going []run, remains bool) store.Observation {
	switch {
	case len(going) > 0:
		return store.Observation{State: store.Leaving, Detail: store.Say(store.MigrationRunning, going[0].phase)}
	case open(f), remains:
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
	case migrated && f.Passed == spec.Commit && f.Epoch == spec.Data.Epoch:
		return store.Observation{State: store.Ready, Detail: store.Say(store.MigrationDone), Commit: spec.Commit}
	case migrated:
		return store.Observation{State: store.Stale}
	case f.Outcome == store.Botched && f.Commit == spec.Commit && f.Generation == spec.Generation:
		return store.Observation{State: store.Failed, Detail: f.Detail, URL: f.Extra}
	}
	if edits := spec.Edits(); len(edits) > 0 {
		return store.Observation{State: store.Held, Detail: store.Say(store.MigrationEdited, len(edits))}
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

// pass notes a commit whose migrations have run before: a rollback, or data that brought their story along.
func (m *migration) pass(ctx context.Context, c *store.Claim, f store.Fact) error {
	if f.Passed == c.Spec.Commit && f.Epoch == c.Spec.Data.Epoch {
		return nil
	}
	f.Passed, f.Epoch = c.Spec.Commit, c.Spec.Data.Epoch
	if err := m.notebook.Note(ctx, c, MigrationKind, f); err != nil {
		return fmt.Errorf("note that %s has migrated: %w", c.Spec.Commit, err)
	}
	return nil
}

// start starts the run that is due, unless the answer to its start was lost: then it is adopted. Any other run of the
// environment is stopped first, and its end waited for: two must never work on the same data.
func (m *migration) start(ctx context.Context, c *store.Claim, f store.Fact) error {
	recent, err := m.runs.recent(ctx, []store.ID{c.ID})
	if err != nil {
		return fault(err)
	}
	noted := intent(f, c.Spec, m.now())
	noted.Extra = epoch(c.Spec)
	token := tokenOf(c.ID, MigrationKind, noted)
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
	fresh, err := m.ledger.Begin(ctx, c)
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
	todo := job{env: c.Environment, token: token, image: uri + ":" + imageTag(c.Spec.Commit), command: m.app.MigrateCommand}
	todo.plain, todo.secret = m.app.environ(c.Environment, c.Spec.Commit, m.sources)
	if fresh {
		todo.command, todo.seed = cmp.Or(m.app.CreateCommand, todo.command), m.app.SeedCommand
	}
	b, err := m.runs.start(ctx, todo)
	if fact, ok := refused(err, noted, m.now()); ok {
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

// Remove stops a run that is on its way, closes its fact when it has ended, and takes away what outlives it.
func (m *migration) Remove(ctx context.Context, c *store.Claim, _ store.Observation) error {
	ctx = store.WithClaim(ctx, c)
	going, err := stopAll(ctx, c, MigrationKind, m.runs, m.notebook)
	if err != nil || going > 0 {
		return err
	}
	if f := c.Facts[MigrationKind]; open(f) {
		return m.withdraw(ctx, c, f)
	}
	return m.runs.clear(ctx, c)
}

// Explain gives the last lines of the run's log.
func (m *migration) Explain(ctx context.Context, env store.Environment, _ store.Observation) ([]string, string, error) {
	return explainRun(ctx, m.runs, env.Facts[MigrationKind])
}
