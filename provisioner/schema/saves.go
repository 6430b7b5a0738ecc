package schema

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qabot/provisioner"
	"qabot/provisioner/schema/clone"
	"qabot/store"
)

// savePrefix begins the names of saved schemas. No environment's schema has two underscores there.
const savePrefix = store.Prefix + "_save_"

// saveName is the schema in which an app's data is kept under a name.
func saveName(installation, app, name string) string {
	return savePrefix + store.NewID(installation, app+"/save", name).Underscored()
}

// SaveStore is where saves are wished for, and where it is noted what became of them.
type SaveStore interface {
	Saves(ctx context.Context) ([]store.Save, error)
	SettleSave(ctx context.Context, c *store.Claim, w store.SaveWish, st store.SaveStatus, e store.Event) error
	ForgetSave(ctx context.Context, c *store.Claim, w store.SaveWish) error
	Get(ctx context.Context, id store.ID) (store.Environment, error)
}

// Saver makes and drops what people save. It is level-triggered as environments are: wishes and marks decide, and whoever
// claims a save goes on where another stopped.
type Saver struct {
	*Server
	Store  SaveStore
	Corner Corner // nil: no keys of Redis are kept
	Quota  int64  // bytes of all saves together; 0: no end
	Every  time.Duration
	Told   func(store.ID) // may be nil
}

// Run looks at the wishes until the context ends.
func (v *Saver) Run(ctx context.Context) error {
	return provisioner.Every(ctx, v.Every, v.o.Log, "look at saves", v.Once)
}

// Once starts the work on every save that is not as it is wished and that nobody is at.
func (v *Saver) Once(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	if err := v.tidy(ctx); err != nil {
		return err
	}
	all, err := v.Store.Saves(ctx)
	if err != nil {
		return err
	}
	var faults []error
	for _, save := range all {
		if save.Status.Done != "" && !save.Dropped {
			continue
		}
		name := saveName(v.o.Installation, save.App, save.Name)
		c, err := v.claimJob(ctx, name)
		if faults = append(faults, err); c != nil {
			v.start(c, func(ctx context.Context) error { return v.work(ctx, c, save, name) })
		}
	}
	return errors.Join(faults...)
}

func (v *Saver) work(ctx context.Context, c *store.Claim, save store.Save, name string) error {
	var status store.SaveStatus
	err := v.clear(ctx, c, save.SaveWish, name)
	switch {
	case err != nil:
		err = fmt.Errorf("make room for save %s: %w", save.Key(), err)
	case save.Dropped:
		return v.Store.ForgetSave(ctx, c, save.SaveWish)
	default:
		status, err = v.save(ctx, c, save.SaveWish, name)
	}
	if save.Dropped {
		return err // it goes on being dropped
	}
	if ctx.Err() != nil || errors.Is(err, store.ErrFenced) || errors.Is(err, errEnded) || err != nil && (away(err) || passes(err)) {
		return err // it is begun anew
	}
	e := store.Event{Key: fmt.Sprintf("saved/%s/%d", save.Name, save.At.UnixMilli()), Code: store.EventSaved, By: save.By, At: v.o.Now(),
		Detail: store.Say("", save.Name, status.Bytes), Answer: status.Keyless}
	if status.Keys > 0 {
		e.Answer = store.Say(store.KeysKept, status.Keys)
	}
	if err != nil {
		problem := stays(explainCopy(err, &origin{Source: store.Source{Sort: store.FromEnvironment, Name: save.Branch}}))
		status = store.SaveStatus{Done: store.Botched, Detail: problem.Detail}
		e.Code, e.Answer, e.Detail = store.EventUnsaved, problem.Detail, store.Say("", save.Name)
		if left := v.clear(ctx, c, save.SaveWish, name); left != nil {
			err = errors.Join(err, left)
		}
	}
	if told := v.Store.SettleSave(ctx, c, save.SaveWish, status, e); told != nil {
		return errors.Join(err, told)
	}
	if v.Told != nil {
		v.Told(save.Environment)
	}
	return err
}

// clear drops what is there of a save.
func (v *Saver) clear(ctx context.Context, c *store.Claim, w store.SaveWish, name string) error {
	if v.o.Depot != nil {
		if err := v.o.Depot.Drop(ctx, c, w.App, w.Name); err != nil {
			return err
		}
	}
	return v.clearOurs(ctx, c, name, markSave, w.Key())
}

func (v *Saver) save(ctx context.Context, c *store.Claim, w store.SaveWish, name string) (store.SaveStatus, error) {
	env, err := v.Store.Get(ctx, w.Environment)
	if err != nil {
		return store.SaveStatus{}, err
	}
	o := &origin{Source: store.Source{Sort: store.FromEnvironment, Name: w.Branch}, schema: Name(w.App, w.Environment), ours: true}
	if err := v.examine(ctx, o); err != nil {
		return store.SaveStatus{}, err
	}
	if v.o.Depot != nil {
		return v.file(ctx, c, w, env, o)
	}
	size, err := v.size(ctx, o.schema)
	if err != nil {
		return store.SaveStatus{}, err
	}
	keys, n, keyless, err := v.gather(ctx, env)
	if err != nil {
		return store.SaveStatus{}, err
	}
	size += int64(len(keys))
	if err := v.room(ctx, w, size); err != nil {
		return store.SaveStatus{}, err
	}
	marks := []string{markSave, w.Key()}
	if keyless.Code != "" {
		text, err := json.Marshal(keyless)
		if err != nil {
			return store.SaveStatus{}, err
		}
		marks = append(marks, markKeyless, string(text))
	}
	token, err := v.makeFilling(ctx, c, name, marks...)
	if err != nil {
		return store.SaveStatus{}, err
	}
	if err := v.putKeys(ctx, c, name, keys); err != nil {
		return store.SaveStatus{}, err
	}
	if err := v.keep(ctx, c, o, name, token); err != nil {
		return store.SaveStatus{}, err
	}
	return store.SaveStatus{Done: store.Succeeded, Bytes: size, Keys: n, Keyless: keyless, Commit: env.Spec.Commit}, nil
}

// keep copies a schema into one that is being filled, with what is known of its data.
func (v *Saver) keep(ctx context.Context, c *store.Claim, o *origin, name, token string) error {
	work := clone.Copy{Source: o.schema, Target: name, Skip: ownTables(), Written: always, Check: c.Check, Enter: enter(name, token)}
	if _, err := v.copyOurs(ctx, work); err != nil {
		return fmt.Errorf("copy %s: %w", o.schema, err)
	}
	if err := v.takeStory(ctx, c, o.schema, name); err != nil {
		return fmt.Errorf("take over what is known of the data: %w", err)
	}
	return v.filled(ctx, c, name, token)
}

// room tells whether a save of that size may be made.
func (v *Saver) room(ctx context.Context, w store.SaveWish, size int64) error {
	if v.Quota <= 0 {
		return nil
	}
	all, err := v.Store.Saves(ctx)
	if err != nil {
		return err
	}
	used := int64(0)
	for _, save := range all {
		if save.Key() != w.Key() {
			used += save.Status.Bytes
		}
	}
	if used+size > v.Quota {
		return store.NewProblem(nil, store.SaveNoRoom, w.Name, size, used, v.Quota)
	}
	return nil
}

// size is what the server estimates that a schema takes.
func (s *Server) size(ctx context.Context, schema string) (int64, error) {
	found, err := column(ctx, s.db, "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = ?", schema)
	if err != nil {
		return 0, fmt.Errorf("ask for the size of %s: %w", schema, err)
	}
	whole, _, _ := strings.Cut(found[0], ".")
	return strconv.ParseInt(whole, 10, 64)
}
