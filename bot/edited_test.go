package bot

import (
	"fmt"
	"testing"

	"qabot/store"
)

func TestEdits(t *testing.T) {
	ran := map[string]string{
		"db/migrate/1_users.rb": "a", "db/migrate/2_orders.rb": "b", "db/migrate/3_items.rb": "c", "shop/migrations/0001_initial.py": "d",
		"app/models/user.rb": "m", "shop/migrations/__init__.py": "", "README.md": "r", "prisma/migrations/1_init/migration.sql": "p",
	}
	head := map[string]string{
		"db/migrate/1_users.rb": "a", "db/migrate/2_orders.rb": "B", "db/migrate/4_items.rb": "c", "db/migrate/5_new.rb": "n",
		"app/models/user.rb": "M", "shop/migrations/__init__.py": "x", "README.md": "R", "prisma/migrations/1_init/migration.sql": "p",
	}
	want := "[{edit.changed [db/migrate/2_orders.rb]} {edit.moved [db/migrate/4_items.rb db/migrate/3_items.rb]} {edit.removed [shop/migrations/0001_initial.py]}]"
	if got := fmt.Sprint(edits(ran, head)); got != want {
		t.Errorf("edits: %s\nwant: %s", got, want)
	}
	if got := edits(ran, ran); got != nil {
		t.Errorf("nothing was edited, and it says %v", got)
	}
}

// Nothing of an edited migration runs before somebody has decided; a decision counts for that commit alone.
func TestADecisionAboutEditedMigrations(t *testing.T) {
	up := environments()["up"]
	up.Facts = map[store.Kind]store.Fact{"migration": {Passed: commit1}}
	edits := []store.Detail{store.Say(store.EditChanged, "db/migrate/1.rb"), store.Say(store.EditMoved, "b", "a")}
	pushed := decide(up, asking{Verb: verbPush, App: testApp(), Branch: "qa/x", Commit: commit2, Edits: edits, At: noon}, noon)
	if got := fmt.Sprint(pushed.Next.Edits()); got != fmt.Sprint(edits) {
		t.Fatalf("the wish has %s", got)
	}
	held := up
	held.Spec = *pushed.Next
	held.Spec.Version++
	answer := func(verb string) store.Spec {
		d := decide(held, asking{Verb: verb, App: testApp(), Branch: "qa/x", By: "UANA", Back: commit1, At: noon}, noon)
		if d.Next == nil || len(d.Next.Edits()) > 0 || d.Next.Generation == held.Spec.Generation {
			t.Fatalf("%s: %+v", verb, d)
		}
		return *d.Next
	}
	if s := answer(verbKeepOn); s.Commit != commit2 || s.Data != held.Spec.Data {
		t.Errorf("to go on wishes for %+v", s)
	}
	if s := answer(verbAnew); s.Commit != commit2 || s.Data.Epoch != held.Spec.Data.Epoch+1 || s.Edited.Past != commit1 {
		t.Errorf("to reset wishes for %+v", s)
	}
	if s := answer(verbCancel); s.Commit != commit1 || s.Declined != commit2 {
		t.Errorf("to cancel wishes for %+v", s)
	}
	if d := decide(up, asking{Verb: verbKeepOn, App: testApp(), Branch: "qa/x", At: noon}, noon); d.Next != nil {
		t.Errorf("there is nothing to decide, and it wishes for %+v", d.Next)
	}
	next := decide(held, asking{Verb: verbPush, App: testApp(), Branch: "qa/x", Commit: "3333333333333333333333333333333333333333", At: noon}, noon)
	if len(next.Next.Edits()) > 0 {
		t.Error("a newer commit that edits nothing waits, too")
	}
}
