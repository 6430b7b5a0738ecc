package schema

import (
	"context"
	"testing"
	"time"

	"qabot/store"
)

func TestSavesAreMadeCountedAndDropped(t *testing.T) {
	w, _ := templated(t)
	w.fills()
	w.migrates()
	var told store.ID
	saver := &Saver{Server: w.Server, Store: w.store, Told: func(id store.ID) { told = id }}
	schemas := func() int {
		return w.count("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = '" + saveName("test", "shop", "before") + "'")
	}
	t.Cleanup(func() {
		w.db.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+quote(saveName("test", "shop", "before")))
	})
	work := func() store.Save {
		t.Helper()
		if err := saver.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.jobs.Wait()
		all, err := w.store.Saves(t.Context())
		if err != nil || len(all) != 1 {
			return store.Save{}
		}
		return all[0]
	}
	wish := store.SaveWish{App: "shop", Name: "before", Environment: w.id, Branch: w.spec.Branch, By: "UANA", At: time.Unix(1000, 0)}
	if err := w.store.WantSave(t.Context(), wish); err != nil {
		t.Fatal(err)
	}
	// What a worker left that was killed before it could mark the schema.
	w.exec("CREATE DATABASE " + quote(saveName("test", "shop", "before")))
	if s := work(); s.Status.Done != store.Succeeded || s.Status.Bytes == 0 || s.Status.Commit != w.spec.Commit || told != w.id || schemas() != 1 {
		t.Fatalf("%+v, %d schemas", s, schemas())
	}

	save := quote(saveName("test", "shop", "before"))
	apart := func() store.Apart {
		t.Helper()
		env, err := w.store.Get(t.Context(), w.id)
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.Apart(t.Context(), env, "save before")
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := apart(); a.Known {
		t.Errorf("there is no ledger, and they are %+v apart", a)
	}
	for schema, versions := range map[string]string{quote(w.name()): "('1'), ('2'), ('4'), ('5')", save: "('1'), ('2'), ('3')"} {
		w.exec("CREATE TABLE " + schema + ".schema_migrations (version VARCHAR(40) PRIMARY KEY)")
		w.exec("INSERT INTO " + schema + ".schema_migrations VALUES " + versions)
	}
	if a := apart(); a != (store.Apart{Known: true, Missing: 2, Surplus: 1}) {
		t.Errorf("%+v", a)
	}

	w.exec("DELETE FROM " + quote(w.name()) + ".users")
	w.spec.Data = store.Data{Epoch: 1, From: "save before"}
	w.fills()
	if n := w.count("SELECT COUNT(*) FROM " + quote(w.name()) + ".users"); n != 2 {
		t.Errorf("%d users, want those that were saved", n)
	}
	w.claimed(true, func(c *store.Claim) {
		if done, err := w.Migrated(t.Context(), []store.Environment{c.Environment}); err != nil || !done[0] {
			t.Errorf("what ran on the saved data is forgotten: %v (%v)", done, err)
		}
	})

	if err := w.store.DropSave(t.Context(), "shop", "before"); err != nil {
		t.Fatal(err)
	}
	w.exec("UPDATE " + marksOf(saveName("test", "shop", "before")) + " SET value = 'somebody' WHERE name = 'installation'")
	if work(); schemas() != 1 {
		t.Fatal("what bears another's marks was dropped")
	}
	w.exec("UPDATE " + marksOf(saveName("test", "shop", "before")) + " SET value = 'test' WHERE name = 'installation'")
	if s := work(); s.Name != "" || schemas() != 0 {
		t.Errorf("%+v, %d schemas", s, schemas())
	}

	saver.Quota = 1
	if err := w.store.WantSave(t.Context(), wish); err != nil {
		t.Fatal(err)
	}
	if s := work(); s.Status.Done != store.Botched || s.Status.Detail.Code != store.SaveNoRoom || schemas() != 0 {
		t.Errorf("%+v, %d schemas", s, schemas())
	}

	saver.Quota = 0
	if err := w.store.DropSave(t.Context(), "shop", "before"); err != nil {
		t.Fatal(err)
	}
	work()
	w.exec("CREATE DATABASE " + save)
	w.exec("CREATE TABLE " + save + ".of_others (id INT)")
	if err := w.store.WantSave(t.Context(), wish); err != nil {
		t.Fatal(err)
	}
	if s := work(); s.Status.Done != store.Botched || s.Status.Detail.Code != store.Foreign || w.count("SELECT COUNT(*) FROM "+save+".of_others") != 0 {
		t.Errorf("in the place of another's: %+v", s)
	}
	w.mustRemove()
}
