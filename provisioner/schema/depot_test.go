package schema

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"
	"testing"
	"time"

	"qabot/store"
)

// shed is a Depot in memory.
type shed struct {
	mu    sync.Mutex
	files map[string][]byte
	cut   int   // bytes of a file that are given before it ends; 0: all
	fails error // of the next Keep
}

func (d *shed) Keep(_ context.Context, c *store.Claim, w store.SaveWish, from io.Reader) (int64, error) {
	text, err := io.ReadAll(from)
	if err := errors.Join(err, c.Check()); err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.fails; err != nil {
		d.fails = nil
		return 0, err
	}
	d.files[w.Key()] = text
	return int64(len(text)), nil
}

func (d *shed) There(_ context.Context, app, name string) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.files[app+"/"+name] != nil, nil
}

func (d *shed) Open(_ context.Context, app, name string) (io.ReadCloser, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := d.files[app+"/"+name]
	if text == nil {
		return nil, fs.ErrNotExist
	}
	if d.cut > 0 {
		text = text[:d.cut]
	}
	return io.NopCloser(bytes.NewReader(text)), nil
}

func (d *shed) Drop(_ context.Context, _ *store.Claim, app, name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.files, app+"/"+name)
	return nil
}

func (d *shed) Where() string { return "s3://qa-saves" }

func TestSavesInFiles(t *testing.T) {
	depot := &shed{files: map[string][]byte{}}
	w, _ := templated(t)
	w.o.Depot = depot
	w.fills()
	w.migrates()
	w.exec("CREATE TABLE " + quote(w.name()) + ".schema_migrations (version VARCHAR(40) PRIMARY KEY)")
	w.exec("INSERT INTO " + quote(w.name()) + ".schema_migrations VALUES ('1'), ('2')")
	saver := &Saver{Server: w.Server, Store: w.store, Corner: corner{keys: []store.Key{{Name: []byte("a"), Payload: []byte("x")}}}}
	wish := store.SaveWish{App: "shop", Name: "before", Environment: w.id, Branch: w.spec.Branch, By: "UANA", At: time.Unix(1000, 0)}
	work := func() store.Save {
		t.Helper()
		if err := saver.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.jobs.Wait()
		all, err := w.store.Saves(t.Context())
		if err != nil || len(all) > 1 {
			t.Fatalf("%+v (%v)", all, err)
		}
		return append(all, store.Save{})[0]
	}
	name := saveName("test", "shop", "before")
	schemas := func() int {
		return w.count("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?", name)
	}
	t.Cleanup(func() { w.db.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+quote(name)) })
	if err := w.store.WantSave(t.Context(), wish); err != nil {
		t.Fatal(err)
	}
	depot.fails = store.NewProblem(nil, store.Unreachable, "AWS")
	if s := work(); s.Status.Done != "" {
		t.Fatalf("%+v although the depot does not answer", s)
	}
	s := work()
	if s.Status.Done != store.Succeeded || s.Status.Bytes != int64(len(depot.files["shop/before"])) || s.Status.Keys != 1 || s.Status.Where != "s3://qa-saves" || s.Status.Commit != w.spec.Commit || schemas() != 0 {
		t.Fatalf("%+v, %d schemas", s, schemas())
	}

	w.exec("DELETE FROM " + quote(w.name()) + ".users")
	w.exec("INSERT INTO " + quote(w.name()) + ".schema_migrations VALUES ('3')")
	env := store.Environment{ID: w.id, Spec: w.spec}
	if a, err := w.Apart(t.Context(), env, "save before"); err != nil || a != (store.Apart{Known: true, Missing: 1}) {
		t.Errorf("%+v apart (%v)", a, err)
	}
	env.Spec.Data.From = "save before"
	if keys, _, err := w.Keys(t.Context(), env); err != nil || len(keys) != 1 || string(keys[0].Payload) != "x" {
		t.Errorf("%d keys (%v)", len(keys), err)
	}

	// A file that ends too soon fills nothing, and leaves nothing beside it.
	depot.cut = len(depot.files["shop/before"]) / 2
	w.spec.Data = store.Data{Epoch: 1, From: "save before"}
	if err := w.apply(); err != nil {
		t.Fatal(err)
	}
	w.jobs.Wait()
	failed, err := w.store.Get(t.Context(), w.id) // every claim of a test is a new generation, which would try again
	if err != nil {
		t.Fatal(err)
	}
	if o := w.observe(failed); o.State != store.Failed || o.Detail.Code != store.SchemaNotCopiedKept || schemas() != 0 {
		t.Errorf("it is %s (%+v), %d schemas", o.State, o.Detail, schemas())
	}
	depot.cut = 0

	// What somebody left who was cut off is no obstacle.
	w.exec("CREATE DATABASE " + quote(name))
	w.spec.Data.Epoch++
	w.fills()
	if n := w.count("SELECT COUNT(*) FROM " + quote(w.name()) + ".users"); n != 2 || schemas() != 0 {
		t.Errorf("%d users, want those that were saved; %d schemas", n, schemas())
	}
	if by := w.text("SELECT definer FROM information_schema.views WHERE table_schema = '" + w.name() + "'"); by[:len(Account(w.id))] != Account(w.id) {
		t.Errorf("the view runs with the rights of %s", by)
	}
	w.claimed(true, func(c *store.Claim) {
		if done, err := w.Migrated(t.Context(), []store.Environment{c.Environment}); err != nil || !done[0] {
			t.Errorf("what ran on the saved data is forgotten: %v (%v)", done, err)
		}
	})

	w.claimed(true, func(c *store.Claim) {
		w.exec("CREATE DATABASE " + quote(name))
		if err := w.markAs(t.Context(), c, name, markInstallation, "test", markSave, "shop/before", markUnfiled, "yes"); err != nil {
			t.Fatal(err)
		}
	})
	if work(); schemas() != 0 {
		t.Error("what was taken out of a file stayed")
	}

	if err := w.store.DropSave(t.Context(), "shop", "before"); err != nil {
		t.Fatal(err)
	}
	if s := work(); s.Name != "" || len(depot.files) != 0 {
		t.Errorf("%+v, %d files", s, len(depot.files))
	}
	saver.Quota = 1
	if err := w.store.WantSave(t.Context(), wish); err != nil {
		t.Fatal(err)
	}
	if s := work(); s.Status.Done != store.Botched || s.Status.Detail.Code != store.SaveNoRoom || len(depot.files) != 0 {
		t.Errorf("%+v, %d files", s, len(depot.files))
	}
	saver.Quota, depot.fails = 0, errors.New("there is no such bucket")
	if err := w.store.DropSave(t.Context(), "shop", "before"); err != nil {
		t.Fatal(err)
	}
	work()
	if err := w.store.WantSave(t.Context(), wish); err != nil {
		t.Fatal(err)
	}
	if s := work(); s.Status.Done != store.Botched || s.Status.Detail.Code != store.SchemaNotCopiedKept {
		t.Errorf("%+v: the environment has its data still", s)
	}
	w.mustRemove()
}
