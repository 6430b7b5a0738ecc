package compute

import (
	"context"
	"fmt"

	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"qabot/store"
)

// record writes down how a run ended: in the data itself, in the journal, and last in the fact, so that what a crash cuts
// off is done again. A run that is not known any more counts as failed.
func (m *migration) record(ctx context.Context, c *store.Claim, f store.Fact, b run) error {
	passed := b.status == cbtypes.StatusTypeSucceeded
	if f.Extra != epoch(c.Spec) {
		return m.withdraw(ctx, c, f) // the data that it worked on is gone
	}
	did, err := m.ledger.Finish(ctx, c, passed)
	if err != nil {
		return fmt.Errorf("finish migration of %s: %w", f.Commit, err)
	}
	f.Ended, f.Extra = b.ended, b.url
	if f.Ended.IsZero() {
		f.Ended = m.now()
	}
	f.Outcome, f.Detail = store.Botched, store.Say(store.MigrationFailed, where(b))
	if b.why.Code != "" {
		f.Detail = b.why
	}
	if passed {
		f.Outcome, f.Detail, f.Epoch = store.Succeeded, store.Say(store.MigrationDone), c.Spec.Data.Epoch
		if f.Passed, err = m.mayRun(ctx, c.Environment, f.Commit); err != nil {
			return err
		}
		if err := m.notebook.Tell(ctx, c, m.story(c.ID, f, b, did)); err != nil {
			return fmt.Errorf("tell migration of %s: %w", f.Commit, err)
		}
	}
	if err := m.notebook.Note(ctx, c, MigrationKind, f); err != nil {
		return fmt.Errorf("note outcome of migration %s: %w", f.Ref, err)
	}
	return nil
}

// mayRun is the commit that services may run once another one has migrated: the wanted one, if it has migrated before. A
// deployment that was given up meanwhile must not be rolled out for a moment.
func (m *migration) mayRun(ctx context.Context, env store.Environment, commit string) (string, error) {
	if env.Spec.Commit == commit {
		return commit, nil
	}
	migrated, err := m.migrated(ctx, []store.Environment{env})
	if err != nil {
		return "", err
	}
	if migrated[env.ID] {
		return env.Spec.Commit, nil
	}
	return commit, nil
}

// story is the journal's event of a migration that passed.
func (m *migration) story(id store.ID, f store.Fact, b run, did store.Migrated) store.Event {
	e := store.Event{Environment: id, Key: fmt.Sprintf("migrated/%d/%s", f.Generation, f.Commit), Code: store.EventMigrated,
		At: m.now(), Kind: MigrationKind, Commit: f.Commit, Generation: f.Generation, Ran: did.Ran, Changes: did.Changes, Warnings: did.Warnings,
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
